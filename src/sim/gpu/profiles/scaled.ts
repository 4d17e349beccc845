import type { DeviceProfile } from '../device.ts';
import type { ElementwiseRates } from '../operators.ts';

/** What a datasheet says of a device, and where its host's and its peers' links come from. */
export type Datasheet = Pick<
  DeviceProfile,
  'id' | 'name' | 'memoryBytes' | 'peakFlops' | 'peakBytesPerS' | 'hostLink' | 'peerLink'
>;

/**
 * A device nobody measured for us, from one of its generation that somebody did: every rate in proportion to the
 * datasheets' rates, every fixed time the same. A guess, and marked as one: there is no measured step to state an error of.
 */
export function scaledProfile(of: DeviceProfile, to: Datasheet): DeviceProfile {
  const bandwidth = to.peakBytesPerS / of.peakBytesPerS;
  const compute = to.peakFlops / of.peakFlops;
  const { gemm, elementwise, prefillAttention, decodeAttention, joinedAttention, sampling } = of.operators;
  return {
    ...to,
    evidence: 'estimated',
    source: `Estimated from the ${of.name}: its operators, with every rate in proportion to the datasheets' bandwidth and arithmetic.`,
    operators: {
      gemm: {
        ...gemm,
        bytesPerS: gemm.bytesPerS * bandwidth,
        flopsPerS: gemm.flopsPerS * compute,
        ...(gemm.tiles && { tiles: { ...gemm.tiles, rowBytesPerS: gemm.tiles.rowBytesPerS * compute } }),
      },
      elementwise: {
        ...scaledRates(elementwise, bandwidth),
        ...(elementwise.kernels && {
          kernels: Object.fromEntries(
            Object.entries(elementwise.kernels).map(([kernel, rates]) => [kernel, scaledRates(rates, bandwidth)]),
          ),
        }),
      },
      prefillAttention: { ...prefillAttention, flopsPerS: prefillAttention.flopsPerS * compute },
      decodeAttention: { ...decodeAttention, bytesPerS: decodeAttention.bytesPerS * bandwidth },
      joinedAttention: joinedAttention && {
        ...joinedAttention,
        usPerKey: joinedAttention.usPerKey / compute,
        bytesPerS: joinedAttention.bytesPerS * bandwidth,
      },
      sampling,
    },
    ...(of.captured && { captured: of.captured }),
    stepOverheadUs: of.stepOverheadUs,
    error: { median: 0, p95: 0, count: 0, against: 'nothing: no step of this device was measured for it' },
  };
}

function scaledRates<T extends ElementwiseRates>(rates: T, bandwidth: number): T {
  return {
    ...rates,
    cacheBytesPerS: rates.cacheBytesPerS * bandwidth,
    memoryBytesPerS: rates.memoryBytesPerS * bandwidth,
    ...(rates.alone && { alone: { ...rates.alone, bytesPerS: rates.alone.bytesPerS * bandwidth } }),
  };
}
