import type { CostModel } from './cost.ts';

/** `inner` with all times multiplied by `factor`: what a run would be if the model were wrong by that much everywhere. */
export function scaledCost(inner: CostModel, factor: number): CostModel {
  return {
    ...inner,
    stepUs: (shape) => Math.max(1, Math.round(inner.stepUs(shape) * factor)),
    explain: (shape) => inner.explain(shape).map((time) => ({ ...time, us: time.us * factor })),
  };
}
