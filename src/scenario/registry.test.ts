import { describe, expect, it } from 'vitest';
import { knobs as messages } from '../i18n/messages/knobs.ts';
import { presetSentences } from '../i18n/messages/preset-sentences.ts';
import { problems } from '../i18n/messages/problems.ts';
import { knobs as chinese } from '../i18n/messages/zh/knobs.ts';
import { engines } from './engines/engines.ts';
import { fleetWords } from './fleet/knobs.ts';
import type { KnobText } from './knob-entry.ts';
import type { SharedKnobs } from './knobs.ts';
import { presetKey, presetOf, presets } from './presets.ts';
import {
  choiceKey,
  hasKnob,
  helpKey,
  isRead,
  isShared,
  knobEntry,
  knobValue,
  labelKey,
  registry,
  zeroKey,
  zeroMeanings,
} from './registry.ts';
import { defaultSeats, defaultTokenBudget, sharedKnobs } from './shared-knobs.ts';
import { checkValue, clampValue, differences, parseValue, withChoice, withValue, writeValue } from './value.ts';

const text = messages.en as Readonly<Record<string, string>>;
const gib = 2 ** 30;

/** Words of all knobs that engines bring along. */
async function ownWords(): Promise<Readonly<Record<string, KnobText>>> {
  return Object.assign({}, ...(await Promise.all([fleetWords(), ...engines().map((engine) => engine.words?.())])));
}

describe('registry', () => {
  it('has no scenario read a knob that its engine does not have', () => {
    for (const engine of engines())
      for (const { knobs } of presets)
        for (const entry of registry())
          if (isRead(entry, { ...knobs, engine: engine.id }))
            expect(hasKnob(engine, entry), `${engine.id} ${entry.name}`).toBe(true);
  });

  it('has one entry for each knob of a preset', () => {
    const names = sharedKnobs.map((entry) => entry.name);
    expect(new Set(names).size).toBe(names.length);
    expect([...names, 'preset'].toSorted()).toEqual(Object.keys(presets[0].knobs).toSorted());
  });

  it('has a label, a help, a unit and a name of every choice', async () => {
    const loaded = await ownWords();
    for (const entry of registry()) {
      expect(text[`unit.${entry.unit}`] ?? text[`unit.${entry.unit}.other`], entry.name).toBeDefined();
      // Engines and models bring their names along.
      const isNamed = entry.name === 'engine' || entry.name === 'model';
      const choices = entry.type === 'choice' && !isNamed ? entry.choices : [];
      const own: KnobText | undefined = entry.text ?? loaded[entry.name];
      if (isShared(entry)) {
        expect(text[labelKey(entry.name)], entry.name).toBeTruthy();
        expect(text[helpKey(entry.name)], entry.name).toMatch(/[.]$/);
        for (const choice of choices) expect(text[choiceKey(entry.name, choice)], choice).toBeTruthy();
      } else if (own === undefined) expect.fail(`${entry.name} has no words`);
      else {
        for (const words of [own.label, own.help]) expect(words.en && words.zh, entry.name).toBeTruthy();
        expect(own.help.en, entry.name).toMatch(/[.]$/);
        for (const choice of choices) {
          const name = own.choices?.[choice];
          const as = entry.type === 'choice' && entry.namedAs !== undefined ? choiceKey(entry.namedAs, choice) : '';
          expect(name === undefined ? text[as] : name.en && name.zh, `${entry.name} ${choice}`).toBeTruthy();
        }
      }
    }
    for (const name of zeroMeanings) expect(text[`knob.${name}.zero`], name).toBeTruthy();
  });

  it('says what 0 means wherever 0 lies below the range', async () => {
    const loaded = await ownWords();
    for (const entry of registry()) {
      if ((entry.type !== 'integer' && entry.type !== 'number') || !entry.zero || entry.min <= 0) continue;
      const own = entry.text ?? loaded[entry.name];
      const says = isShared(entry) ? zeroKey(entry.name) !== null : own?.zero !== undefined;
      expect(says, entry.name).toBe(true);
    }
  });

  it('has allowed defaults, and values of presets that are allowed', () => {
    for (const entry of registry()) {
      expect(checkValue(entry, entry.default), entry.name).toEqual({ ok: true, value: entry.default });
      for (const { id, knobs } of presets)
        expect(checkValue(entry, knobValue(knobs, entry)), `${id} ${entry.name}`).toMatchObject({ ok: true });
    }
  });

  it('has the texts of every preset in both languages', () => {
    for (const { id } of presets) {
      expect(messages.en[presetKey(id, 'name')]).toBeTruthy();
      expect(chinese[presetKey(id, 'name')]).toBeTruthy();
      for (const part of ['see', 'try'] as const) {
        expect(presetSentences.en[presetKey(id, part)]).toBeTruthy();
        expect(presetSentences.zh[presetKey(id, part)]).toBeTruthy();
      }
    }
  });

  it('has equal keys and placeholders in both languages', () => {
    const holes = (s: string) => [...s.matchAll(/\{\w+\}/g)].map(String).toSorted();
    const both: readonly (readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>])[] = [
      [messages.en, chinese],
      [problems.en, problems.zh],
      [presetSentences.en, presetSentences.zh],
    ];
    for (const [english, other] of both) {
      expect(Object.keys(other)).toEqual(Object.keys(english));
      for (const [key, en] of Object.entries(english)) expect(holes(other[key]), key).toEqual(holes(en));
    }
  });

  it('knows which knobs a scenario reads', () => {
    const chat = presetOf('azure-chat').knobs;
    const isReadIn = (name: string, change: Partial<SharedKnobs> = {}) =>
      isRead(knobEntry(name), { ...chat, ...change });
    expect(isReadIn('rate')).toBe(true);
    expect(isReadIn('rate', { clients: 4 })).toBe(false);
    expect(isReadIn('rate', { workload: 'tiny' })).toBe(false);
    expect(isReadIn('batch-size')).toBe(false);
    expect(isReadIn('batch-size', { engine: 'static' })).toBe(true);
    expect(isReadIn('max-num-seqs', { engine: 'static' })).toBe(false);
    expect(isReadIn('enable-prefix-caching', { memory: 'contiguous' })).toBe(false);
    expect(isReadIn('seed')).toBe(true);
  });

  it('follows vLLM in the defaults that depend on the device', () => {
    expect(defaultTokenBudget({ name: 'NVIDIA H200', memoryBytes: 140 * gib })).toBe(8192);
    expect(defaultTokenBudget({ name: 'NVIDIA B200', memoryBytes: 180 * gib })).toBe(16384);
    expect(defaultTokenBudget({ name: 'NVIDIA A100', memoryBytes: 79 * gib })).toBe(2048);
    expect(defaultTokenBudget({ name: 'RTX 4090', memoryBytes: 24 * gib })).toBe(2048);
    expect(defaultSeats({ name: 'NVIDIA H200', memoryBytes: 140 * gib })).toBe(1024);
    expect(defaultSeats({ name: 'NVIDIA A100', memoryBytes: 79 * gib })).toBe(256);
  });
});

describe('values', () => {
  const budget = knobEntry('max-num-batched-tokens');
  const share = knobEntry('gpu-memory-utilization');

  it('reads what it writes', () => {
    for (const entry of registry())
      expect(parseValue(entry, writeValue(entry.default))).toEqual({ ok: true, value: entry.default });
  });

  it.each([
    [budget, '512x', 'invalid-value'],
    [budget, '0x200', 'invalid-value'],
    [budget, '1e9', 'out-of-range'],
    [budget, '15', 'out-of-range'],
    [budget, '0', 'out-of-range'],
    [budget, '512.5', 'invalid-value'],
    [budget, 'NaN', 'invalid-value'],
    [budget, '', 'truncated-link'],
    [share, '0.', 'truncated-link'],
    [share, '1e-', 'truncated-link'],
    [share, '1.5', 'out-of-range'],
    [knobEntry('engine'), 'vll', 'invalid-value'],
    [knobEntry('engine'), 'toString', 'invalid-value'],
    [knobEntry('async-scheduling'), 'maybe', 'invalid-value'],
    [knobEntry('async-scheduling'), 'constructor', 'invalid-value'],
  ] as const)('refuses a wrong text: %#', (entry, wrong, code) => {
    expect(parseValue(entry, wrong)).toMatchObject({ ok: false, code });
  });

  it('keeps a control on its grid and inside its range', () => {
    if (share.type !== 'number' || budget.type !== 'integer') throw new Error('types changed');
    expect(clampValue(share, 0.5049)).toBe(0.5);
    expect(clampValue(share, 7)).toBe(1);
    expect(clampValue(budget, 3)).toBe(16);
    expect(clampValue(budget, 300.4)).toBe(300);
  });

  it('takes limits at their default along to another engine and back, and leaves those that were set', () => {
    const from = withValue(presetOf('azure-chat').knobs, 'max-num-seqs', 64);
    const old = withChoice(from, 'engine', 'vllm-2023');
    expect(old).toEqual({ ...from, engine: 'vllm-2023', 'max-num-batched-tokens': 2560, watermark: 0.01 });
    expect(withChoice(old, 'engine', 'vllm')).toEqual(from);
    expect(withChoice(from, 'engine', 'static')).toEqual({ ...from, engine: 'static' });
  });

  it('lists differences in the order of the registry', () => {
    const from = presets[0].knobs;
    const changed = withValue(withValue(from, 'seed', 8), 'rate', 3);
    expect(differences(changed, from)).toEqual(['rate', 'seed']);
  });
});
