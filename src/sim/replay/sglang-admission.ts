import { defaultEngineConfig } from '../engine-config.ts';
import { RadixMemory } from '../memory/radix-memory.ts';
import { AddResult, PrefillAdder } from '../policy/sglang/prefill-adder.ts';
import { sglangDefaults } from '../policy/sglang/settings.ts';
import { type RequestSpec, RequestTable } from '../request.ts';
import { Sequences } from '../sequences.ts';
import { type RecordedTokens, readTokens } from './radix-recording.ts';
import {
  fillTree,
  firstDifferentField,
  isNear,
  replaySuite,
  type SglangCase,
  type SglangSuite,
} from './sglang-recording.ts';
import type { Difference, ReplayReport } from './vllm-replay.ts';

/** Format 1 of recorded attempts at a prefill: the arithmetic of SGLang's PrefillAdder. */
export type SglangAdmissionRecording = SglangSuite<SglangAdmissionCase>;

interface Budgets {
  readonly rem_total: number;
  readonly cur_rem: number;
  readonly rem_input: number;
  readonly rem_chunk: number | null;
}

interface SglangAdmissionCase extends SglangCase {
  readonly page_size: number;
  readonly radix_disabled: boolean;
  readonly pool_size: number;
  readonly tree_inserts: readonly RecordedTokens[];
  readonly held_outside_tree: number;
  readonly running: readonly {
    readonly prompt: number;
    readonly output: number;
    readonly max_new_tokens: number;
    readonly ignore_eos: boolean;
  }[];
  readonly new_token_ratio: number;
  readonly chunked_prefill_size: number | null;
  readonly max_prefill_tokens: number;
  readonly mixed_decode_tokens: number;
  readonly start: Budgets;
  readonly steps: readonly Offer[];
}

/** A request that is offered, and what becomes of it. */
interface Offer extends Budgets {
  readonly segs: RecordedTokens;
  readonly max_new_tokens: number;
  readonly output: number;
  readonly ignore_eos: boolean;
  readonly matched: number;
  readonly result: 'CONTINUE' | 'NO_TOKEN' | 'OTHER';
  readonly admitted: boolean;
  readonly extend: number | null;
  readonly chunked: boolean;
}

const results = { [AddResult.goOn]: 'CONTINUE', [AddResult.noToken]: 'NO_TOKEN', [AddResult.other]: 'OTHER' } as const;

/** Replays recorded attempts at a prefill, and compares what becomes of each request offered, and all budgets after it. */
export function replaySglangAdmission(recording: SglangAdmissionRecording): ReplayReport[] {
  return replaySuite(recording, (one) => ({ steps: one.steps.length, first: replayCase(one) }));
}

function replayCase(one: SglangAdmissionCase): Difference | null {
  const { running, steps, page_size: blockSize } = one;
  const requests = new RequestTable(running.length + steps.length);
  for (const { prompt, ...limits } of running) requests.push(specOf(prompt, limits));
  for (const { segs, ...limits } of steps) {
    const segments = readTokens(segs);
    const prompt = segments.reduce((sum, { length }) => sum + length, 0);
    requests.push({ ...specOf(prompt, limits), segments });
  }
  const sequences = new Sequences(requests);
  for (const [request, { max_new_tokens, output }] of [...running, ...steps].entries()) {
    sequences.arrive(request, max_new_tokens);
    sequences.generated[request] = output;
  }
  const settings = {
    ...sglangDefaults,
    chunkedPrefillSize: one.chunked_prefill_size ?? -1,
    maxPrefillTokens: one.max_prefill_tokens,
    ignoreEos: true,
  };
  const config = { ...defaultEngineConfig(1 + Math.floor(one.pool_size / blockSize)), blockSize };
  const memory = new RadixMemory({ ...config, enablePrefixCaching: !one.radix_disabled }, sequences, settings);
  fillTree(memory, one.tree_inserts);
  if (memory.pool.take(one.held_outside_tree) === null) throw new Error('the recording holds more than there is');
  const context = { sequences, memory, settings };
  const adder = new PrefillAdder(context, [...running.keys()], one.new_token_ratio, one.mixed_decode_tokens);
  const start = firstDifferentField(0, { ...one.start }, { ...budgetsOf(adder) }, isNearBudget);
  if (start !== null) return { ...start, field: `start: ${start.field}` };
  for (const [step, offer] of steps.entries()) {
    const request = running.length + step;
    const matched = memory.findHit(request);
    const result = results[adder.add(request, matched)];
    const at = adder.admitted.indexOf(request);
    const ours: Omit<Offer, 'segs' | 'max_new_tokens' | 'output' | 'ignore_eos'> = {
      matched,
      result,
      admitted: at >= 0,
      extend: at >= 0 ? adder.extends[at] : null,
      chunked: adder.newChunked === request,
      ...budgetsOf(adder),
    };
    const { segs: _, max_new_tokens: __, output: ___, ignore_eos: ____, ...recorded } = offer;
    const first = firstDifferentField(step, recorded, ours, isNearBudget);
    if (first !== null) return first;
    // The recorder stops at the first that is not followed by another.
    if (result !== 'CONTINUE' && step < steps.length - 1) throw new Error('the recording goes on after its end');
  }
  return null;
}

function specOf(
  promptTokens: number,
  { max_new_tokens, ignore_eos }: Pick<Offer, 'max_new_tokens' | 'ignore_eos'>,
): RequestSpec {
  const outputTokens = Math.max(1, max_new_tokens);
  return { arrivalUs: 0, promptTokens, outputTokens, endsBy: ignore_eos ? 'length' : 'stop' };
}

function budgetsOf(adder: PrefillAdder): Budgets {
  return {
    rem_total: adder.remTotal,
    cur_rem: adder.currentRem,
    rem_input: adder.remInput,
    rem_chunk: adder.remChunk,
  };
}

/** Budgets are sums of fractions, written with six decimals. */
function isNearBudget(_: string, recorded: unknown, ours: unknown): boolean {
  return isNear(recorded, ours, 1e-5);
}
