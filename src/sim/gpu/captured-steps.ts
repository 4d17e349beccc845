/**
 * Steps that run as captured graphs, on a device whose kernels were timed one by one: in a graph one kernel starts right
 * after the other, so what a kernel takes whatever its size is less.
 */

import type { CostModel } from './cost.ts';
import type { DeviceProfile } from './device.ts';
import type { ElementwiseCoefficients, ElementwiseRates } from './operators.ts';
import { h200 } from './profiles/h200.ts';

/** What kernels take whatever their size, within a captured graph; microseconds. */
export interface CapturedTimes {
  readonly gemmUs: number;
  readonly elementwiseUs: number;
  readonly attentionUs: number;
}

/** The H200's, whose kernels were timed within graphs: for devices whose own tables were made without. */
export const capturedOnH200: CapturedTimes = {
  gemmUs: h200.operators.gemm.fixedUs,
  elementwiseUs: h200.operators.elementwise.fixedUs,
  attentionUs: h200.operators.decodeAttention.fixedUs,
};

/** The device as captured steps see it; itself where its kernels were timed in graphs already. */
export function capturedDevice(device: DeviceProfile): DeviceProfile {
  const { captured, operators } = device;
  if (captured === undefined) return device;
  const least = <T extends { readonly fixedUs: number }>(coefficients: T, us: number): T => ({
    ...coefficients,
    fixedUs: Math.min(coefficients.fixedUs, us),
  });
  return {
    ...device,
    operators: {
      ...operators,
      gemm: least(operators.gemm, captured.gemmUs),
      ...(operators.layerGemm && { layerGemm: least(operators.layerGemm, captured.gemmUs) }),
      elementwise: capturedElementwise(operators.elementwise, captured.elementwiseUs),
      decodeAttention: least(operators.decodeAttention, captured.attentionUs),
    },
  };
}

function capturedElementwise(elementwise: ElementwiseCoefficients, us: number): ElementwiseCoefficients {
  const rates = (of: ElementwiseRates): ElementwiseRates => ({
    ...of,
    fixedUs: Math.min(of.fixedUs, us),
    ...(of.floorUs !== undefined && { floorUs: Math.min(of.floorUs, us) }),
    ...(of.alone && { alone: { ...of.alone, fixedUs: Math.min(of.alone.fixedUs, us) } }),
    ...(of.few && { few: { ...of.few, fixedUs: Math.min(of.few.fixedUs, us) } }),
  });
  const { kernels } = elementwise;
  if (kernels === undefined) return rates(elementwise);
  const named = Object.entries(kernels).map(([kernel, of]) => [kernel, rates(of)]);
  return { ...elementwise, ...rates(elementwise), kernels: Object.fromEntries(named) };
}

/** `captured` for steps of up to `most` tokens, `launched` for larger ones. */
export function withCapturedSteps(launched: CostModel, captured: CostModel, most: number): CostModel {
  return {
    ...launched,
    stepUs: (shape) => (shape.tokens <= most ? captured : launched).stepUs(shape),
    explain: (shape) => (shape.tokens <= most ? captured : launched).explain(shape),
  };
}
