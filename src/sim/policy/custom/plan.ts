import { foundText, IllegalSchedule } from './illegal.ts';
import { RequestView } from './requests.ts';

/** An answer in a form that nobody but us can change any more. */
export interface ReadPlan {
  readonly requests: readonly number[];
  readonly tokens: readonly number[];
  readonly preempt: readonly number[];
  /** Infinity = only an arrival helps. */
  readonly wakeUs: number;
}

/** Takes in what a policy answered. Getters and proxies in it are its own code, and each is asked once. */
export function readPlan(answer: unknown, nowUs: number): ReadPlan {
  if (Array.isArray(answer)) return { ...readEntries(answer), preempt: [], wakeUs: Number.POSITIVE_INFINITY };
  if (typeof answer !== 'object' || answer === null) throw new IllegalSchedule('no-plan', { found: foundText(answer) });
  const { run, preempt, wakeUs, then } = answer as Readonly<Record<string, unknown>>;
  if (typeof then === 'function') throw new IllegalSchedule('promise');
  if (run === undefined && preempt === undefined && wakeUs === undefined) {
    throw new IllegalSchedule('no-plan', { found: foundText(answer) });
  }
  for (const list of [run, preempt]) {
    if (list !== undefined && !Array.isArray(list)) throw new IllegalSchedule('no-plan', { found: foundText(list) });
  }
  return {
    ...readEntries((run ?? []) as readonly unknown[]),
    preempt: Array.from((preempt ?? []) as readonly unknown[], (named) => RequestView.idOf(named)),
    wakeUs: readWake(wakeUs, nowUs),
  };
}

function readEntries(entries: readonly unknown[]): Pick<ReadPlan, 'requests' | 'tokens'> {
  const requests: number[] = [];
  const tokens: number[] = [];
  for (let at = 0; at < entries.length; at++) {
    const entry = entries[at];
    if (typeof entry !== 'object' || entry === null) {
      throw new IllegalSchedule('no-entry', { have: at, found: foundText(entry) });
    }
    const { request, tokens: wanted } = entry as Readonly<Record<string, unknown>>;
    const id = RequestView.idOf(request);
    if (id < 0) throw new IllegalSchedule('no-entry', { have: at, found: `request: ${foundText(request)}` });
    if (typeof wanted !== 'number' || !Number.isSafeInteger(wanted) || wanted < 1) {
      throw new IllegalSchedule('bad-tokens', { request: id, found: foundText(wanted) });
    }
    requests.push(id);
    tokens.push(wanted);
  }
  return { requests, tokens };
}

/** Whole microseconds after now. */
function readWake(wakeUs: unknown, nowUs: number): number {
  if (wakeUs === undefined) return Number.POSITIVE_INFINITY;
  if (typeof wakeUs !== 'number' || !(wakeUs > nowUs)) {
    throw new IllegalSchedule('bad-wake', { found: foundText(wakeUs), have: nowUs });
  }
  return Math.ceil(wakeUs);
}
