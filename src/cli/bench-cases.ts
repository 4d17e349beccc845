/** The fixed work of `bench`. Changing a case makes figures of different versions incomparable, so add rather than change. */

import type { Materials } from '../scenario/build.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { traceOf } from '../workload/trace.ts';

export interface BenchCase {
  readonly name: string;
  readonly knobs: Knobs;
  readonly materials?: Materials;
}

const chat = presetOf('azure-chat').knobs;

/** The Azure-shaped hour of conversations; also what seeks and growth are measured on. */
export const chatHour: BenchCase = { name: 'chat-hour', knobs: chat };

export const cases: readonly BenchCase[] = [
  chatHour,
  { name: 'chat-hour-x4', knobs: { ...chat, rate: 22.12 } },
  { name: 'chat-hour-x4-small-pool', knobs: { ...chat, rate: 22.12, 'num-gpu-blocks-override': 5000 } },
  { name: 'code-hour', knobs: presetOf('azure-code').knobs },
  {
    name: 'decode-heavy',
    knobs: { ...presetOf('static-against-continuous').knobs, engine: 'vllm', requests: 5000, 'max-num-seqs': 180 },
  },
  longOutputs('decode-180-long', { requests: 900, seats: 180, outputTokens: 4000, model: 'llama-3.1-8b', waveS: 0 }),
  longOutputs('decode-8-queue', { requests: 120, seats: 8, outputTokens: 16_000, model: 'qwen2.5-0.5b', waveS: 0 }),
  longOutputs('decode-8', { requests: 120, seats: 8, outputTokens: 16_000, model: 'qwen2.5-0.5b', waveS: 60 }),
];

interface LongOutputs {
  readonly requests: number;
  readonly seats: number;
  /** Mean; they are spread by a quarter to both sides. */
  readonly outputTokens: number;
  readonly model: string;
  /** Time between groups of as many requests as there are seats; 0 = all at once, so that the others wait for a seat. */
  readonly waveS: number;
}

/** Short prompts and long answers: nearly every step only decodes, with most seats taken. */
function longOutputs(name: string, of: LongOutputs): BenchCase {
  const { requests, seats, outputTokens, model, waveS } = of;
  const trace = traceOf({
    name,
    format: 'azure',
    arrivalUs: Float64Array.from({ length: requests }, (_, i) => Math.floor(i / seats) * waveS * 1e6),
    // Spread, so that sequences take their blocks and end in different steps.
    promptTokens: Int32Array.from({ length: requests }, (_, i) => 64 + ((i * 37) % 128)),
    outputTokens: Int32Array.from({ length: requests }, (_, i) => {
      return Math.floor(outputTokens * (0.75 + ((i * 7919) % 1000) / 2000));
    }),
    blocks: null,
    droppedCount: 0,
    problems: [],
  });
  return {
    name,
    knobs: { ...presetOf('trace').knobs, rate: 0, requests, model, 'max-num-seqs': seats },
    materials: { trace },
  };
}
