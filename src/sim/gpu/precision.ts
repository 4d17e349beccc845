/**
 * G: weights and KV cache in fewer bits: the bytes they take and the rate at which products run. What fewer bits do to
 * the answers is not modelled: every precision gives the same tokens.
 */

import type { DeviceProfile } from './device.ts';
import type { ModelSpec } from './model.ts';
import type { GemmCoefficients } from './operators.ts';
import { type LowPrecisionRate, lowPrecisionRates } from './profiles/low-precision.ts';

/** In the order in which decisions number them. */
export const precisions = ['bf16', 'fp8', 'int8', 'int4'] as const;
export type Precision = (typeof precisions)[number];

/**
 * Bytes of one element of a layer's matrices, scales included.
 *
 * `fp8` and `int8` have a scale an output channel: below 0.5 % of the matrix, not counted. `int4` is grouped as AWQ and
 * GPTQ models are published: 128 weights share a float16 scale and a 4-bit zero point, so 4.16 bits a weight (vLLM,
 * `quantization/awq.py` and `gptq.py`). All of them leave embeddings, output projection and norms in 16 bits.
 */
const weightBytes: Readonly<Record<Precision, number>> = { bf16: 2, fp8: 1, int8: 1, int4: (4 + 20 / 128) / 8 };

/**
 * Bytes of one element of a cached key or value.
 *
 * `fp8` as vLLM's `--kv-cache-dtype fp8`, with one scale a tensor. `int8` and `int4` as llama.cpp's `-ctk q8_0` and
 * `q4_0`: 32 elements share a float16 scale.
 */
const kvBytes: Readonly<Record<Precision, number>> = { bf16: 2, fp8: 1, int8: 34 / 32, int4: 18 / 32 };

/** The model with its matrices and its cache in these precisions; activations stay in 16 bits. */
export function quantised(model: ModelSpec, weights: Precision, kv: Precision): ModelSpec {
  const cached = kv === 'bf16' ? model : { ...model, kvElementBytes: kvBytes[kv] };
  return weights === 'bf16' ? cached : { ...cached, matrixElementBytes: weightBytes[weights] };
}

/** The precision that weights are held in: what is asked for, or, if that is the usual one, what the model is published in. */
export function heldPrecision(model: ModelSpec, weights: Precision): Precision {
  return weights === 'bf16' ? (model.publishedIn ?? weights) : weights;
}

/** How fast the device multiplies in 8 bits, or null if it cannot. */
function eightBitRate({ id, lowPrecision }: DeviceProfile, weights: 'fp8' | 'int8'): LowPrecisionRate | null {
  return (lowPrecision ?? lowPrecisionRates[id])?.[weights] ?? null;
}

/**
 * The precision in which products with such weights run. `int4` weights are widened to bfloat16 on their way to the
 * tensor cores, so memory is saved and arithmetic is not; so are `fp8` and `int8` where the device has no such products.
 * Where it has, the rows are brought to 8 bits before each product, and that time is counted (`operator-cost.ts`).
 */
export function productPrecision(device: DeviceProfile, weights: Precision): Precision {
  if (weights === 'fp8' || weights === 'int8') {
    if (eightBitRate(device, weights) !== null) return weights;
  }
  return 'bf16';
}

/**
 * The device as products with such weights see it. Widening is taken to be hidden behind memory, as good kernels do it
 * up to medium batches (Marlin, arXiv 2408.11743); what others lose is not modelled.
 */
export function deviceFor(device: DeviceProfile, weights: Precision): DeviceProfile {
  const runsIn = productPrecision(device, weights);
  const rate = runsIn === 'fp8' || runsIn === 'int8' ? eightBitRate(device, runsIn) : null;
  if (rate === null) return device;
  const { gemm } = device.operators;
  const layerGemm: GemmCoefficients = rate.gemm ?? { ...gemm, flopsPerS: gemm.flopsPerS * rate.gain };
  return {
    ...device,
    peakFlops: device.peakFlops * rate.gain,
    operators: { ...device.operators, layerGemm },
  };
}
