/** Formats of the recordings of SGLang's classes: `fixtures/recorded/sglang/README.md`. */

import * as v from 'valibot';
import type { SglangRadixRecording } from '../sim/replay/radix-sglang.ts';
import { sglangReplays } from '../sim/replay/sglang.ts';
import type { SglangAdmissionRecording } from '../sim/replay/sglang-admission.ts';
import type { SglangLoopRecording } from '../sim/replay/sglang-loop.ts';
import type { SglangPolicyRecording } from '../sim/replay/sglang-policy.ts';
import { int, positive, type RecordingFormat, tokens } from './recording-format.ts';

const named = { seed: int, kind: v.string() };
const count = v.pipe(int, v.minValue(0));
const eviction = v.picklist(['lru', 'lfu', 'fifo', 'mru', 'filo', 'priority']);
const order = v.picklist(['fcfs', 'lpm', 'dfs-weight', 'lof', 'random', 'routing-key']);

function suiteOf<const Name extends string>(suite: Name, cases: v.GenericSchema) {
  return v.looseObject({ format: v.literal(1), suite: v.literal(suite), cases: v.array(cases) });
}

const radix = v.looseObject({
  ...named,
  page_size: positive,
  pool_size: positive,
  eviction_policy: eviction,
  ops: v.array(
    v.variant('op', [
      v.looseObject({ op: v.literal('insert'), segs: tokens, x: v.optional(v.string()), prio: v.optional(int) }),
      v.looseObject({ op: v.literal('match'), segs: tokens, x: v.optional(v.string()), h: v.string() }),
      v.looseObject({ op: v.literal('lock'), h: v.string() }),
      v.looseObject({ op: v.literal('unlock'), h: v.string() }),
      v.looseObject({ op: v.literal('evict'), n: count }),
    ]),
  ),
});

const policy = v.looseObject({
  ...named,
  tree_inserts: v.array(tokens),
  queue: v.array(
    v.looseObject({
      rid: v.string(),
      segs: tokens,
      max_new_tokens: count,
      priority: int,
      routing_key: v.nullable(v.string()),
    }),
  ),
  running_routing_keys: v.array(v.nullable(v.string())),
  results: v.array(v.looseObject({ policy: order, priority_scheduling: v.boolean(), low_values_first: v.boolean() })),
});

const admission = v.looseObject({
  ...named,
  page_size: positive,
  radix_disabled: v.boolean(),
  pool_size: positive,
  tree_inserts: v.array(tokens),
  held_outside_tree: count,
  running: v.array(v.looseObject({ prompt: positive, output: count, max_new_tokens: count, ignore_eos: v.boolean() })),
  new_token_ratio: v.number(),
  chunked_prefill_size: v.nullable(int),
  max_prefill_tokens: int,
  mixed_decode_tokens: count,
  start: v.looseObject({}),
  steps: v.array(v.looseObject({ segs: tokens, max_new_tokens: count, output: count, ignore_eos: v.boolean() })),
});

const loop = v.looseObject({
  ...named,
  config: v.looseObject({
    page_size: positive,
    overlap: v.boolean(),
    radix_disabled: v.boolean(),
    pool_size: positive,
    chunked_prefill_size: v.nullable(int),
    enable_mixed_chunk: v.boolean(),
    max_prefill_tokens: int,
    max_running_requests: positive,
    schedule_policy: order,
    schedule_conservativeness: v.number(),
    radix_eviction_policy: eviction,
  }),
  requests: v.array(
    v.looseObject({ rid: v.string(), at: int, segs: tokens, max_new_tokens: positive, eos_at: v.nullable(int) }),
  ),
  steps: v.array(v.looseObject({ i: int })),
});

/** By the name of the suite. What was checked has the form that its replay reads. */
export const sglangSuites: Readonly<Record<string, RecordingFormat>> = {
  radix: { schema: suiteOf('radix', radix), replay: (content) => sglangReplays.radix(content as SglangRadixRecording) },
  policy: {
    schema: suiteOf('policy', policy),
    replay: (content) => sglangReplays.policy(content as SglangPolicyRecording),
  },
  admission: {
    schema: suiteOf('admission', admission),
    replay: (content) => sglangReplays.admission(content as SglangAdmissionRecording),
  },
  loop: { schema: suiteOf('loop', loop), replay: (content) => sglangReplays.loop(content as SglangLoopRecording) },
};
