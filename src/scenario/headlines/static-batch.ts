import type { Side, SideResult } from './entry.ts';
import { linkOf } from './measure.ts';
import { requestsPerMinute } from './metrics.ts';
import type { Probe } from './probe.ts';

/** The batch size with the most requests a minute, among those that fit into memory (a batch takes what fits). */
export function bestBatch(probe: Probe, side: Side): SideResult {
  return probe.once(JSON.stringify(side.knobs), () => {
    let best: SideResult | null = null;
    for (let size = 1; size <= 64; size = size < 8 ? size + 1 : size * 2) {
      const { requests } = side.knobs;
      const knobs = { ...side.knobs, 'batch-size': size, 'max-num-seqs': size, requests: probe.requests(requests) };
      const simulated = probe.run(knobs);
      const value = requestsPerMinute(simulated);
      if (best !== null && value <= best.value) continue;
      best = { value, link: linkOf(knobs, simulated), fingerprint: simulated.account.fingerprint };
    }
    if (best === null) throw new Error('no batch was tried');
    return best;
  });
}
