/** G: a pipeline. Each stage computes some of the layers and sends its output to the next; a step goes through all of them. */

import { collectiveUs, messageTime } from './collectives.ts';
import type { BatchShape, CostModel, OperatorName, OperatorTime } from './cost.ts';
import { leavesHost, type ParallelLayout, ranksPerHost } from './layout.ts';
import type { ModelSpec } from './model.ts';
import type { Topology } from './topology.ts';

/** Time from the end of a stage until the next one has the output of so many tokens. */
export type SendUs = (stage: number, tokens: number) => number;

/**
 * A step that goes through `stages`, each the cost of one of its devices. `stepUs` is their sum with the messages between
 * them: a step that is alone. Operations and bytes are the mean over the stages, so that shares of a device's peaks
 * (MFU, MBU) are those of all devices.
 */
export function pipelineCost(stages: readonly CostModel[], sendUs: SendUs): CostModel {
  if (stages.length === 1) return stages[0];
  const last = stages.length - 1;
  const wholeSendUs = (stage: number, { tokens }: BatchShape): number =>
    stage === last || tokens === 0 ? 0 : Math.round(sendUs(stage, tokens));
  const sendsUs = (shape: BatchShape): number => sum(stages, (_, stage) => wholeSendUs(stage, shape));
  return {
    stepUs: (shape) => sum(stages, (stage) => stage.stepUs(shape)) + sendsUs(shape),
    flops: (shape) => sum(stages, (stage) => stage.flops(shape)) / stages.length,
    bytes: (shape) => sum(stages, (stage) => stage.bytes?.(shape) ?? 0) / stages.length,
    communicationUs: (shape) => sum(stages, (stage) => stage.communicationUs?.(shape) ?? 0) + sendsUs(shape),
    stages: {
      count: stages.length,
      stageUs: (stage, shape) => stages[stage].stepUs(shape),
      sendUs: wholeSendUs,
      communicationUs: (stage, shape) => stages[stage].communicationUs?.(shape) ?? 0,
    },
    explain(shape) {
      const us = sendsUs(shape);
      const startUs = sum(stages, (_, stage) => (stage === last ? 0 : sendUs(stage, 0)));
      return explained(stages, us === 0 ? null : messageTime('send', us, startUs), shape);
    },
  };
}

/** Operators of all stages, each one once, in the order of a step; what is sent between them before the host's time. */
function explained(
  stages: readonly CostModel[],
  sends: OperatorTime | null,
  shape: BatchShape,
): readonly OperatorTime[] {
  const times = new Map<OperatorName, OperatorTime>();
  const add = (time: OperatorTime): void => {
    const { operator, us, limit, flops, bytes } = time;
    const before = times.get(operator);
    if (before === undefined) times.set(operator, time);
    else
      times.set(operator, {
        operator,
        us: before.us + us,
        // The longest of them says what it waits for.
        limit: us > before.us ? limit : before.limit,
        flops: before.flops + flops,
        bytes: before.bytes + bytes,
      });
  };
  const parts = stages.map((stage) => stage.explain(shape));
  for (const part of parts) for (const time of part) if (time.operator !== 'overhead') add(time);
  if (sends !== null) add(sends);
  for (const part of parts) for (const time of part) if (time.operator === 'overhead') add(time);
  return [...times.values()];
}

/**
 * What a stage sends to the next: the hidden state of every token and, where layers pass the sum on beside it, the residual
 * too (`IntermediateTensors` of vLLM's Llama; OPT has the hidden state alone). Each of the ranks of a stage sends its part
 * to its counterpart, and those put the parts together (`isend_tensor_dict` with `all_gather_group` in vLLM's
 * `distributed/parallel_state.py`).
 */
export function stageSend(model: ModelSpec, topology: Topology, layout: ParallelLayout): SendUs {
  const { tensor, dataParallel, context } = layout;
  const tensors = model.feedForward === 'plain' ? 1 : 2;
  const bytesPerToken = tensors * model.hidden * model.weightElementBytes;
  return (stage, tokens) => {
    // Of one group of ranks; the others send theirs meanwhile.
    const bytes = Math.ceil(tokens / dataParallel) * bytesPerToken;
    const isFar = leavesHost(topology, layout, stage);
    // Within a host each pair has links of its own; the card of a host carries all of them.
    const sendUs = isFar
      ? collectiveUs(topology, 'send', 2, 1, dataParallel * bytes)
      : collectiveUs(topology, 'send', 2, 2, bytes / (tensor * context));
    return sendUs + collectiveUs(topology, 'all-gather', tensor, ranksPerHost(topology, tensor), bytes / context);
  };
}

function sum<T>(items: readonly T[], value: (item: T, index: number) => number): number {
  let total = 0;
  for (let i = 0; i < items.length; i++) total += value(items[i], i);
  return total;
}
