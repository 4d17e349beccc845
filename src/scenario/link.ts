/**
 * Scenario <-> link. `#/run?v=1&p=long-prompt-stall&max-num-batched-tokens=512&t=412&sel=r17&eng=1&fp=9k2f`
 *
 * `v` codec version, `p` preset, then the knobs that differ from the preset in the registry's order, then what is shown:
 * `t` step, `sel` selected request; `eng` version of the simulation and `fp` fingerprint of the results seen by the sender.
 * Where two runs are compared these are the knobs of A, and `b.NAME` those in which B differs; `b.from` is the step at which B leaves A, and
 * what is shown is B. The keys of a lecture come next; `lecture-link.ts` reads and writes them.
 * Equal states give equal links. Reading never fails: what cannot be read is reported and the preset's value used; unknown
 * keys are kept and written again.
 */

import type { Knobs } from './knobs.ts';
import { isLectureKey } from './lecture.ts';
import { defaultPreset, findPreset, presetOf, presetOfKnobs } from './presets.ts';
import { type Problem, type ProblemCode, shownText } from './problem.ts';
import { findKnob, knobEntry, knobValue } from './registry.ts';
import { differences, parseValue, withValue, writeValue } from './value.ts';
import { scenarioVersion, simulatorVersion } from './version.ts';

/** A key and its value, percent-decoded. */
export type Pair = readonly [key: string, value: string];

/** What a link says beside the scenario. */
export interface LinkView {
  /** Number of the shown step, from 0. */
  readonly step?: number;
  /** Id of the selected request. */
  readonly selected?: number;
  /** `RunResult.fingerprint` of what the sender saw. */
  readonly fingerprint?: string;
  /** Version of the simulation that gave it; a link being written gets the present one. */
  readonly simulator?: number;
  /** The other scenario of a comparison, and the step at which its knobs change; null = they hold from the beginning. */
  readonly compared?: { readonly knobs: Knobs; readonly fromStep: number | null };
  /** Pairs of a lecture, as `lecture-link.ts` writes them: few links have any, so that they are read later. */
  readonly lecture?: readonly Pair[];
  /** Keys this version does not know, in the order found. */
  readonly unknown?: readonly Pair[];
}

export interface Decoded {
  readonly knobs: Knobs;
  readonly view: LinkView;
  readonly problems: readonly Problem[];
}

/** Turns pairs of one version into pairs of the next. */
export type Upgrade = (pairs: readonly Pair[]) => readonly Pair[];

/** `upgrades[i]` goes from version i + 1 to i + 2. */
const upgrades: readonly Upgrade[] = [];

/** Applies the upgrades that lead from version `from` to the last one. */
export function upgradePairs(
  pairs: readonly Pair[],
  from: number,
  chain: readonly Upgrade[] = upgrades,
): readonly Pair[] {
  return chain.slice(Math.max(0, from - 1)).reduce((now, upgrade) => upgrade(now), pairs);
}

/** The link of a scenario, from the `#` on. */
export function encode(knobs: Knobs, view: LinkView = {}): string {
  const preset = presetOfKnobs(knobs);
  const pairs: Pair[] = [
    ['v', String(scenarioVersion)],
    ['p', preset.id],
    ...differences(knobs, preset.knobs).map((name): Pair => [name, writeValue(knobValue(knobs, knobEntry(name)))]),
    ...comparedPairs(knobs, view),
    ...(view.lecture ?? []),
    ...(view.unknown ?? []),
  ];
  if (view.step !== undefined && view.step >= 0) pairs.push(['t', String(view.step)]);
  if (view.selected !== undefined && view.selected >= 0) pairs.push(['sel', `r${view.selected}`]);
  pairs.push(['eng', String(simulatorVersion)]);
  if (view.fingerprint) pairs.push(['fp', view.fingerprint]);
  return `#/run?${pairs.map(([key, value]) => `${escapeText(key)}=${escapeText(value)}`).join('&')}`;
}

function comparedPairs(knobs: Knobs, { compared }: LinkView): readonly Pair[] {
  if (compared === undefined) return [];
  const { knobs: other, fromStep } = compared;
  const pairs = differences(other, knobs).map(
    (name): Pair => [`b.${name}`, writeValue(knobValue(other, knobEntry(name)))],
  );
  // A comparison of equal scenarios is one, too.
  return [...pairs, ['b.from', fromStep === null ? 'start' : String(fromStep)]];
}

const loneSurrogate = /[\ud800-\udfff]/gu;

/** Percent-escapes what would end a value, and nothing else that is readable. A lone half of a surrogate pair becomes U+FFFD. */
function escapeText(text: string): string {
  return encodeURIComponent(text.replace(loneSurrogate, '\ufffd')).replace(/%(2C|3A|2F)/g, (code) =>
    decodeURIComponent(code),
  );
}

/** Reads a link: a whole address, or what follows its `#`. Never throws. */
export function decode(link: string): Decoded {
  const problems: Problem[] = [];
  const report = (code: ProblemCode, field: string, found?: string, expected?: string, used?: string) =>
    problems.push({ code, where: 'link', field, found, expected, used });

  const raw = split(link, report);
  const version = readVersion(raw, report);
  const pairs = upgradePairs(raw, Math.min(version, scenarioVersion));

  const presetName = pairs.find(([key]) => key === 'p')?.[1];
  const preset = findPreset(presetName ?? defaultPreset) ?? presetOf(defaultPreset);
  if (presetName !== undefined && presetName !== preset.id)
    report(presetName === '' ? 'truncated-link' : 'invalid-value', 'p', presetName, 'name of a preset', preset.id);

  let knobs = preset.knobs;
  const view: { -readonly [K in keyof LinkView]: LinkView[K] } = {};
  const unknown: Pair[] = [];
  const others: Pair[] = [];
  const lecture: Pair[] = [];
  const seen = new Set<string>();
  for (const [key, value] of pairs) {
    if (seen.has(key)) {
      report('invalid-value', key, value, 'given once');
      continue;
    }
    seen.add(key);
    const entry = findKnob(key);
    if (key.startsWith('b.') && (key === 'b.from' || findKnob(key.slice(2)) !== undefined)) others.push([key, value]);
    else if (entry !== undefined) {
      const parsed = parseValue(entry, value);
      if (parsed.ok) knobs = withValue(knobs, entry.name, parsed.value);
      else report(parsed.code, key, shownText(value), parsed.expected, writeValue(knobValue(preset.knobs, entry)));
    } else if (key in viewReaders) {
      readView(key as ViewKey, value, view, report);
    } else if (isLectureKey(key)) lecture.push([key, value]);
    else if (key !== 'v' && key !== 'p') {
      unknown.push([key, value]);
      report('unknown-key', key, value);
    }
  }
  if (others.length > 0) view.compared = readCompared(knobs, others, report);
  if (lecture.length > 0) view.lecture = lecture;
  if (unknown.length > 0) view.unknown = unknown;
  if (lostItsEnd(pairs) && !problems.some((p) => p.code === 'truncated-link')) {
    const [key, value] = pairs[pairs.length - 1];
    report('truncated-link', key, value, 'a link that ends with eng=');
  }
  return { knobs, view, problems };
}

/** The other scenario: that of the link with its own differences. */
function readCompared(base: Knobs, pairs: readonly Pair[], report: Report): LinkView['compared'] {
  let knobs = base;
  let fromStep: number | null = null;
  for (const [key, value] of pairs) {
    if (key === 'b.from') {
      const step = readCount(value);
      if (step !== undefined) fromStep = step;
      else if (value !== 'start')
        report(
          value === '' ? 'truncated-link' : 'invalid-value',
          key,
          value,
          'step number, 0 or more, or start',
          'start',
        );
      continue;
    }
    const entry = knobEntry(key.slice(2));
    const parsed = parseValue(entry, value);
    if (parsed.ok) knobs = withValue(knobs, entry.name, parsed.value);
    else report(parsed.code, key, value, parsed.expected, writeValue(knobValue(base, entry)));
  }
  return { knobs, fromStep };
}

type Report = (code: ProblemCode, field: string, found?: string, expected?: string, used?: string) => void;

/** The pairs after the `?`. A cut escape or a key without value is reported; what is before it stays. */
function split(link: string, report: Report): readonly Pair[] {
  const hash = link.slice(link.indexOf('#') + 1);
  const question = hash.indexOf('?');
  if (question < 0) return [];
  const pairs: Pair[] = [];
  for (const piece of hash.slice(question + 1).split('&')) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const key = unescapeText(equals < 0 ? piece : piece.slice(0, equals));
    const value = equals < 0 ? undefined : unescapeText(piece.slice(equals + 1));
    if (key === undefined || value === undefined || key === '')
      report('truncated-link', key || piece, piece, 'key=value');
    else pairs.push([key, value]);
  }
  return pairs;
}

/** Text of an address without its percent-escapes; undefined where they are broken. */
export function unescapeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    // A `%` without its two digits, or bytes that are no UTF-8.
    return undefined;
  }
}

function readVersion(pairs: readonly Pair[], report: Report): number {
  const text = pairs.find(([key]) => key === 'v')?.[1];
  if (text === undefined) return scenarioVersion;
  const version = readCount(text);
  if (version === undefined || version === 0) {
    report(
      text === '' ? 'truncated-link' : 'invalid-value',
      'v',
      text,
      `1..${scenarioVersion}`,
      String(scenarioVersion),
    );
    return scenarioVersion;
  }
  if (version > scenarioVersion) report('newer-version', 'v', text, `1..${scenarioVersion}`);
  return version;
}

/** A whole number from 0 on, as the view keys have it. */
function readCount(text: string): number | undefined {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

type ViewKey = 't' | 'sel' | 'eng' | 'fp';

/** What each view key holds, and its form in words. */
const viewReaders: Readonly<
  Record<ViewKey, { readonly read: (text: string) => LinkView | undefined; readonly expected: string }>
> = {
  t: { read: (text) => asView('step', readCount(text)), expected: 'step number, 0 or more' },
  sel: {
    read: (text) => asView('selected', text.startsWith('r') ? readCount(text.slice(1)) : undefined),
    expected: 'request such as r17',
  },
  eng: { read: (text) => asView('simulator', readCount(text)), expected: 'version of the simulation' },
  fp: {
    read: (text) => asView('fingerprint', /^[\w-]{1,64}$/.test(text) ? text : undefined),
    expected: 'fingerprint: letters and digits',
  },
};

function asView<K extends keyof LinkView>(name: K, value: LinkView[K]): LinkView | undefined {
  return value === undefined ? undefined : { [name]: value };
}

function readView(key: ViewKey, value: string, view: LinkView, report: Report): void {
  const read = viewReaders[key].read(value);
  if (read !== undefined) Object.assign(view, read);
  else
    report(value === '' || value === 'r' ? 'truncated-link' : 'invalid-value', key, value, viewReaders[key].expected);
}

/**
 * Whether a link that we wrote was cut within the digits of its last knob, or within a lecture: 512 may have become 51,
 * which nothing else would tell. Links that we write have `v` in front and `eng` near the end; links written by hand leave out both.
 */
function lostItsEnd(pairs: readonly Pair[]): boolean {
  const last = pairs.at(-1);
  if (last === undefined || !pairs.some(([key]) => key === 'v') || pairs.some(([key]) => key === 'eng')) return false;
  if (isLectureKey(last[0])) return true;
  const entry = findKnob(last[0]);
  return entry !== undefined && (entry.type === 'integer' || entry.type === 'number') && parseValue(entry, last[1]).ok;
}
