import { createStore } from 'zustand/vanilla';
import type { LatencyMetric } from '../protocol/run.ts';

/** The latency that a reader allows, microseconds a metric; none where left out. Kept on the device, never in links. */
export type Slo = Readonly<Partial<Record<LatencyMetric, number>>>;

const key = 'tokenyard.slo';

/** Storage throws in frames of opaque origin; then they last as long as the page. */
function stored(): Slo {
  try {
    const value: unknown = JSON.parse(globalThis.localStorage?.getItem(key) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      (['ttft', 'itl', 'tpot', 'e2e'] as const).flatMap((metric) => {
        const us = (value as Record<string, unknown>)[metric];
        return typeof us === 'number' && us > 0 ? [[metric, us]] : [];
      }),
    );
  } catch {
    return {};
  }
}

export const sloStore = createStore<Slo>()(stored);

/** Sets what is allowed; null takes the limit away. */
export function setSlo(metric: LatencyMetric, us: number | null): void {
  const { [metric]: _, ...others } = sloStore.getState();
  sloStore.setState(us === null ? others : { ...others, [metric]: us }, true);
  try {
    globalThis.localStorage?.setItem(key, JSON.stringify(sloStore.getState()));
  } catch {
    // See `stored`.
  }
}
