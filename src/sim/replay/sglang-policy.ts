import { defaultEngineConfig } from '../engine-config.ts';
import { RadixMemory } from '../memory/radix-memory.ts';
import { SchedulePolicy } from '../policy/sglang/schedule-policy.ts';
import { type SchedulePolicyName, sglangDefaults } from '../policy/sglang/settings.ts';
import { WaitingList } from '../policy/sglang/waiting-list.ts';
import { RequestTable } from '../request.ts';
import { Sequences } from '../sequences.ts';
import { type RecordedOp, type RecordedTokens, readTokens } from './radix-recording.ts';
import { fillTree, firstDifferentField, replaySuite, type SglangCase, type SglangSuite } from './sglang-recording.ts';
import type { Difference, ReplayReport } from './vllm-replay.ts';

/** Format 1 of recorded orders of SGLang's waiting queue. */
export type SglangPolicyRecording = SglangSuite<SglangPolicyCase>;

interface SglangPolicyCase extends SglangCase {
  readonly tree_inserts: readonly RecordedTokens[];
  /** In order of arrival. */
  readonly queue: readonly {
    readonly rid: string;
    readonly segs: RecordedTokens;
    readonly max_new_tokens: number;
    readonly priority: number;
    readonly routing_key: string | null;
  }[];
  readonly running_routing_keys: readonly (string | null)[];
  readonly results: readonly Result[];
}

/** The queue in one order. */
interface Result {
  readonly policy: SchedulePolicyName;
  readonly priority_scheduling: boolean;
  readonly low_values_first: boolean;
  readonly prefix_computed: boolean;
  readonly order: readonly string[];
  /** What was found of each request, and who should wait; only where it was looked up. */
  readonly matched?: Readonly<Record<string, number>>;
  readonly deprioritized?: readonly string[];
}

const POOL_SIZE = 100_000;

/** Replays recorded orders of a waiting queue on one radix tree, each from the order of arrival. */
export function replaySglangPolicy(recording: SglangPolicyRecording): ReplayReport[] {
  return replaySuite(recording, (one) => ({ steps: one.results.length, first: replayCase(one) }));
}

function replayCase({ queue, results, tree_inserts, running_routing_keys }: SglangPolicyCase): Difference | null {
  const requests = new RequestTable(queue.length);
  for (const { segs, max_new_tokens: outputTokens, priority } of queue) {
    const segments = readTokens(segs);
    const promptTokens = segments.reduce((sum, { length }) => sum + length, 0);
    requests.push({ arrivalUs: 0, promptTokens, outputTokens, priority, segments });
  }
  const sequences = new Sequences(requests);
  for (const [request, { max_new_tokens }] of queue.entries()) sequences.arrive(request, max_new_tokens);
  const config = { ...defaultEngineConfig(1 + POOL_SIZE), blockSize: 1, enablePrefixCaching: true };
  const memory = new RadixMemory(config, sequences, sglangDefaults);
  fillTree(memory, tree_inserts);
  // Those that run have numbers behind those that wait. Keys are numbered in their order as texts.
  const keys = [...queue.map((r) => r.routing_key), ...running_routing_keys];
  const names = [...new Set(keys)].filter((key) => key !== null).sort();
  const routingKey = (request: number) => names.indexOf(keys[request] ?? '');
  const running = running_routing_keys.map((_, i) => queue.length + i);
  for (const [step, recorded] of results.entries()) {
    const settings = {
      ...sglangDefaults,
      schedulePolicy: recorded.policy,
      enablePriorityScheduling: recorded.priority_scheduling,
      scheduleLowPriorityValuesFirst: recorded.low_values_first,
    };
    const list = new WaitingList();
    for (const request of queue.keys()) list.add(request);
    const policy = new SchedulePolicy(sequences, memory, settings, (request) => request, routingKey);
    const found = policy.order(list, running);
    const ours: Result = {
      policy: policy.name,
      priority_scheduling: recorded.priority_scheduling,
      low_values_first: recorded.low_values_first,
      prefix_computed: found !== null,
      order: list.list().map((request) => queue[request].rid),
      ...(found === null
        ? {}
        : {
            matched: Object.fromEntries(queue.map(({ rid }, request) => [rid, found.matched.get(request) ?? -1])),
            deprioritized: [...found.deprioritized].map((request) => queue[request].rid).sort(),
          }),
    };
    const first = firstDifferentField(step, inOrder(recorded), inOrder(ours));
    if (first !== null) return first;
  }
  return null;
}

/** Sets and tables in one order, whichever they were written in. */
function inOrder({ matched, deprioritized, ...rest }: Result): RecordedOp {
  return {
    ...rest,
    ...(matched === undefined ? {} : { matched: Object.fromEntries(Object.entries(matched).sort()) }),
    ...(deprioritized === undefined ? {} : { deprioritized: deprioritized.toSorted() }),
  };
}
