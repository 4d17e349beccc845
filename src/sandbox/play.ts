/** One run of a visitor's policy, from its text's first line to the account. The thread is locked down already. */

import type { Built } from '../scenario/build.ts';
import { fingerprint } from '../sim/metrics/fingerprint.ts';
import { Recorder, type RunAccount } from '../sim/metrics/recorder.ts';
import type { View } from '../sim/policy/custom/contract.ts';
import { foundText, IllegalSchedule, PolicyThrew } from '../sim/policy/custom/illegal.ts';
import { Deadlock, Simulation } from '../sim/simulation.ts';
import type { Moment, PolicyFailure } from './failure.ts';
import { hintFor } from './hint.ts';
import { BEAT_MS, MOST_LOG_CHARACTERS, MOST_LOG_LINES, TOTAL_MS } from './limits.ts';
import type { FromPolicy } from './messages.ts';
import { lineInStack, messageOf, stackOf, type TextLines } from './position.ts';

/** A visitor's module as a function, as `compile.ts` makes it. */
export type PolicyModule = (
  exports: object,
  module: { exports: unknown },
  require: (name: unknown) => never,
  console: object,
) => void;

export interface PlayHost {
  /** Milliseconds; kept from before the thread was locked down. */
  readonly nowMs: () => number;
  readonly post: (message: FromPolicy) => void;
  /** Told before every call of the policy, where somebody wants to know. */
  readonly tell?: (step: number, nowUs: number) => void;
  /** Whether memory is nearly used up; left out where nobody can say. */
  readonly isHeapFull?: () => boolean;
  readonly text: TextLines;
}

export type Played =
  | { readonly ok: true; readonly account: RunAccount & { readonly fingerprint: string } }
  | { readonly ok: false; readonly failure: PolicyFailure };

/** Runs the module, then the whole simulation with what it exports. Never throws for anything that the visitor's code does. */
export function play(module: PolicyModule, { config, source, cost, device }: Built, host: PlayHost): Played {
  const startMs = host.nowMs();
  const moment: { step: number | null; nowUs: number } = { step: null, nowUs: 0 };
  const fail = (failure: PolicyFailure): Played => ({ ok: false, failure });
  host.post({ kind: 'begins' });

  let decide: (view: View) => unknown;
  try {
    const found = exported(module, consoleOf(host, moment));
    if (typeof found !== 'function') return fail({ kind: 'no-function', found: foundText(found) });
    decide = found as (view: View) => unknown;
  } catch (thrown) {
    return fail(threw(thrown, moment, host.text));
  }

  const recorder = new Recorder(cost, device.peakFlops, device.peakBytesPerS);
  const fraction = () => (simulation.finished + simulation.rejected) / Math.max(1, source.requests.count);
  // The first call is told at once: whoever has heard of none knows that the text is still being loaded.
  let toldMs = Number.NEGATIVE_INFINITY;
  const watched = (view: View): unknown => {
    moment.step = view.step;
    moment.nowUs = view.nowUs;
    host.tell?.(view.step, view.nowUs);
    const nowMs = host.nowMs();
    if (nowMs - toldMs >= BEAT_MS) {
      toldMs = nowMs;
      host.post({ kind: 'beat', ...moment, fraction: fraction() });
      if (nowMs - startMs > TOTAL_MS) throw spent;
      if (host.isHeapFull?.()) throw full;
    }
    return decide(view);
  };
  const settings = { program: { decide: watched, cost, classes: source.classes } };
  const simulation = new Simulation({ ...config, settings }, source, cost, recorder, true);
  try {
    while (simulation.next());
  } catch (error) {
    if (error instanceof IllegalSchedule) {
      return fail({ kind: 'illegal', rule: error.rule, numbers: error.numbers, ...moment });
    }
    if (error instanceof Deadlock) {
      const { running, waitingCount } = simulation.engine.policy;
      const numbers = { have: running.length + waitingCount };
      return fail({ kind: 'illegal', rule: 'nothing-for-ever', numbers, ...moment });
    }
    if (!(error instanceof PolicyThrew)) throw error;
    if (error.thrown === full) return fail({ kind: 'died', ...moment });
    if (error.thrown !== spent) return fail(threw(error.thrown, moment, host.text));
    return fail({ kind: 'spent', afterMs: host.nowMs() - startMs, fraction: fraction(), ...moment });
  }
  host.post({ kind: 'sums-up' });
  const account = recorder.finish(simulation);
  return { ok: true, account: { ...account, fingerprint: fingerprint(account.outcomes, account.summary) } };
}

/** Thrown through the policy's own call, when its time or its memory is used up. */
const spent = new Error('all time is used up');
const full = new Error('all memory is used up');

/** What the module exports: a function, or an object whose `schedule` is one. */
function exported(load: PolicyModule, console: object): unknown {
  const exports: { default?: unknown } = {};
  const module: { exports: unknown } = { exports };
  load(exports, module, requireNothing, console);
  const found = module.exports === exports ? exports.default : module.exports;
  if (typeof found !== 'object' || found === null || !('schedule' in found)) return found;
  const { schedule } = found;
  return typeof schedule === 'function' ? (view: View): unknown => Reflect.apply(schedule, found, [view]) : schedule;
}

function requireNothing(name: unknown): never {
  throw new Error(`require is not there (for ${foundText(name)})`);
}

function threw(thrown: unknown, moment: Moment, text: TextLines): PolicyFailure {
  const message = messageOf(thrown);
  return { kind: 'threw', message, line: lineInStack(stackOf(thrown), text), hint: hintFor(message), ...moment };
}

/** A console that writes into the result, the first lines of it. */
function consoleOf({ post }: PlayHost, moment: Moment): object {
  let lines = 0;
  const log = (...values: readonly unknown[]): void => {
    if (lines++ >= MOST_LOG_LINES) return;
    const text = values.map(logText).join(' ').slice(0, MOST_LOG_CHARACTERS);
    post({ kind: 'log', step: moment.step, text });
  };
  return Object.freeze({ log, info: log, warn: log, error: log, debug: log });
}

function logText(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return foundText(value);
  }
}
