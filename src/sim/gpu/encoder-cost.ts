/**
 * Time of an encoder's windows in a step, as a sum over the same operators as the model's: products as a roofline,
 * elementwise work by bytes, attention by query-key pairs. The encoder runs before the model, so its time comes on top.
 * Estimated: the coefficients were fitted to decoders, and no encoder was measured.
 */

import type { BatchShape, StepPart } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import { type EncoderSpec, encoderLayerElements, encoderWeightBytes, projectorElements } from './encoder-model.ts';
import { elementwiseUs, gemmUs, prefillAttentionUs } from './operators.ts';

/** 16-bit weights and activations. */
const BYTES = 2;

/** Microseconds of `windows` windows in one batch, for a model of width `modelHidden`. */
export function encoderUs(spec: EncoderSpec, device: DeviceProfile, modelHidden: number, windows: number): number {
  if (windows === 0) return 0;
  const { layers, hidden, intermediate, heads, windowRows, windowTokens, stemElements, projectorLayers } = spec;
  const { gemm, elementwise, prefillAttention } = device.operators;
  const rows = windows * windowRows;
  const product = (m: number, k: number, n: number): number => gemmUs(gemm, m, k, n, BYTES);
  // Two norms with their residual sums, and the activation: read and written.
  const small = 2 * elementwiseUs(elementwise, 4 * hidden * rows * BYTES);
  const activation = elementwiseUs(elementwise, 2 * intermediate * rows * BYTES);
  const sums = { pairs: rows * windowRows, queries: rows, longest: windowRows };
  const attention = prefillAttentionUs(prefillAttention, sums, heads, hidden / heads);
  const layer =
    product(rows, hidden, 3 * hidden) +
    product(rows, hidden, hidden) +
    product(rows, hidden, intermediate) +
    product(rows, intermediate, hidden) +
    small +
    activation +
    attention;
  let projector = 0;
  for (let i = 0; i < projectorLayers; i++)
    projector += product(windows * windowTokens, i === 0 ? hidden : modelHidden, modelHidden);
  return product(rows, stemElements / hidden, hidden) + layers * layer + projector;
}

/** Operations of one window (multiply-add counts two). */
export function encoderWindowFlops(spec: EncoderSpec, modelHidden: number): number {
  const { layers, hidden, windowRows, windowTokens, stemElements } = spec;
  const perRow = 2 * (layers * encoderLayerElements(spec) + stemElements);
  const attention = 4 * layers * hidden * windowRows * windowRows;
  return windowRows * perRow + attention + 2 * windowTokens * projectorElements(spec, modelHidden);
}

/** The encoder's share of a step; `windows` reads its windows from the step's shape. */
export function encoderPart(
  spec: EncoderSpec,
  operator: StepPart['operator'],
  windows: (shape: BatchShape) => number,
  device: DeviceProfile,
  modelHidden: number,
): StepPart {
  const flops = encoderWindowFlops(spec, modelHidden);
  const weights = encoderWeightBytes(spec, modelHidden);
  return {
    operator,
    limit: 'compute',
    us: (shape) => encoderUs(spec, device, modelHidden, windows(shape)),
    flops: (shape) => windows(shape) * flops,
    bytes: (shape) => (windows(shape) > 0 ? weights : 0),
  };
}
