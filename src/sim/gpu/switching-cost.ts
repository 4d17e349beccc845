import type { CostModel } from './cost.ts';

/**
 * The cost of steps that read one of several copies of the weights: each shape says which. All of them know `bytes` if
 * the first does.
 */
export function switchingCost(copies: readonly CostModel[]): CostModel {
  const [first] = copies;
  return {
    stepUs: (shape) => copies[shape.copy].stepUs(shape),
    flops: (shape) => first.flops(shape),
    bytes: (shape) => copies[shape.copy].bytes?.(shape) ?? 0,
    communicationUs: (shape) => copies[shape.copy].communicationUs?.(shape) ?? 0,
    explain: (shape) => copies[shape.copy].explain(shape),
  };
}
