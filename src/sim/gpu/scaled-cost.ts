import type { CostModel, StageTimes } from './cost.ts';

/** `inner` with all times multiplied by `factor`: what a run would be if the model were wrong by that much everywhere. */
export function scaledCost(inner: CostModel, factor: number): CostModel {
  return {
    ...inner,
    stepUs: (shape) => Math.max(1, Math.round(inner.stepUs(shape) * factor)),
    ...(inner.communicationUs && { communicationUs: (shape) => factor * (inner.communicationUs?.(shape) ?? 0) }),
    ...(inner.stages && { stages: scaledStages(inner.stages, factor) }),
    explain: (shape) => inner.explain(shape).map((time) => ({ ...time, us: time.us * factor })),
  };
}

function scaledStages({ count, stageUs, sendUs, communicationUs }: StageTimes, factor: number): StageTimes {
  return {
    count,
    stageUs: (stage, shape) => Math.max(1, Math.round(stageUs(stage, shape) * factor)),
    sendUs: (stage, shape) => Math.round(sendUs(stage, shape) * factor),
    communicationUs: (stage, shape) => communicationUs(stage, shape) * factor,
  };
}
