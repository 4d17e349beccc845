/** Options that commands over many runs of a scenario share. */

import type { Criterion } from '../scenario/criterion.ts';
import type { Axis, Shard } from '../scenario/sweep.ts';
import type { Slo } from '../sim/metrics/summarise.ts';
import { Failure, quote } from './failure.ts';
import { knobOrFail, valueOrFail } from './load.ts';

export const scenarioOptions = {
  trace: { type: 'string' },
  engine: { type: 'string' },
  model: { type: 'string' },
  device: { type: 'string' },
  set: { type: 'string', multiple: true },
  seeds: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** The one SCENARIO. */
export function onePositional(positionals: readonly string[]): string {
  const [scenario, surplus] = positionals;
  if (scenario === undefined) throw new Failure('SCENARIO: missing, expected a preset, a link or a scenario file');
  if (surplus !== undefined) throw new Failure(`${quote(surplus)}: unexpected, expected one SCENARIO`);
  return scenario;
}

/** Reads `ttft=0.5,tpot=0.05`, seconds. */
export function readSlo(text: string): Slo {
  const slo: { ttftUs?: number; tpotUs?: number } = {};
  for (const part of text.split(',')) {
    const [name, value] = part.split('=');
    const seconds = Number(value);
    if ((name !== 'ttft' && name !== 'tpot') || value === undefined || value === '' || !(seconds > 0)) {
      throw new Failure(`--slo: found ${quote(part)}, expected ttft=SECONDS or tpot=SECONDS`);
    }
    slo[name === 'ttft' ? 'ttftUs' : 'tpotUs'] = Math.round(seconds * 1e6);
  }
  return slo;
}

/** Reads `normalised=0.2`, or `gap-p99=0.1,wait-p50=2`, seconds. */
export function readPromise(text: string): Criterion {
  const us: Record<string, number> = {};
  for (const part of text.split(',')) {
    const [name, value] = part.split('=');
    const seconds = Number(value);
    if (!['normalised', 'gap-p99', 'wait-p50'].includes(name) || !(seconds > 0)) {
      throw new Failure(
        `--promise: found ${quote(part)}, expected normalised=SECONDS, or gap-p99=SECONDS with or without wait-p50=SECONDS`,
      );
    }
    us[name] = Math.round(seconds * 1e6);
  }
  const { normalised, 'gap-p99': gapP99Us, 'wait-p50': waitP50Us = Number.POSITIVE_INFINITY } = us;
  if (normalised !== undefined && gapP99Us === undefined) return { kind: 'normalised', us: normalised };
  if (gapP99Us !== undefined && normalised === undefined) return { kind: 'gaps', gapP99Us, waitP50Us };
  throw new Failure(`--promise: found ${quote(text)}, expected either normalised or gap-p99`);
}

/** Reads `knob=a,b,c`. */
export function readAxis(text: string): Axis {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  const entry = knobOrFail('--over', name);
  const values = (equals < 0 ? '' : text.slice(equals + 1))
    .split(',')
    .map((value) => valueOrFail('--over', entry, value));
  return { knob: entry.name, values };
}

/** Reads `i/n`, i from 0 to n - 1. */
export function readShard(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [part, count] = match === null ? [Number.NaN, 0] : [Number(match[1]), Number(match[2])];
  if (!(part < count)) throw new Failure(`--shard: found ${quote(text)}, expected I/N with I from 0 to N - 1`);
  return { part, count };
}

/** Reads a whole number in a range. */
export function readCount(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new Failure(`${option}: found ${quote(text)}, expected ${least}..${most}`);
  }
  return value;
}
