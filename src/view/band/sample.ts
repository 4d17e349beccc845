import type { RunResult } from '../../protocol/run.ts';
import type { Band, Load } from '../../scenario/band.ts';
import { sampleDistribution } from '../batch/sample.ts';

/** A band around a result: its values and its time times so much. */
export function sampleBand(result: RunResult, shorter: number, longer: number, load: Load): Band {
  const run = (factor: number) => {
    const values = (of: 'firstTokenUs' | 'finishUs') =>
      Array.from(result.outcomes[of], (us, i) => Math.round((us - result.outcomes.arrivalUs[i]) * factor));
    const { summary, series } = result;
    return {
      distributions: {
        ...result.distributions,
        ttft: sampleDistribution(values('firstTokenUs')),
        e2e: sampleDistribution(values('finishUs')),
      },
      summary: {
        ...summary,
        durationUs: summary.durationUs * factor,
        outputTokensPerS: summary.outputTokensPerS / factor,
      },
      series: { ...series, binUs: series.binUs * factor },
    };
  };
  return { error: 0.05, faster: run(shorter), slower: run(longer), load };
}
