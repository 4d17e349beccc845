import { azureChat2023 } from './azure-2023.ts';
import type { Lengths } from './lengths.ts';

/** Length distributions that published results used, by name. */
export type LengthSetId = 'sharegpt' | 'alpaca' | 'openchat' | 'azure-chat' | 'arxiv' | 'translation';

/** A distribution of prompt and output lengths with where it comes from. */
export interface LengthSet {
  /** `fitted` to public data, `published` where only means or percentiles are known, `assumed` where nothing is. */
  readonly evidence: 'fitted' | 'published' | 'assumed';
  readonly source: string;
  readonly lengths: Lengths;
  /** Prompts are shortened until prompt and output fit; 0 = no limit. */
  readonly maxTotal: number;
}

export const lengthSets: Readonly<Record<LengthSetId, LengthSet>> = {
  /** Medians 273 of outputs and 60 of prompts; the published data have a median output of 283. */
  sharegpt: {
    evidence: 'published',
    source:
      'Means of the vLLM paper (161.31 in, 337.99 out) and its limits (prompts up to 1,024); the spreads are those of ShareGPT V3 as one lognormal each',
    lengths: {
      type: 'independent',
      prompt: { type: 'lognormal', mu: 4.0902, sigma: 1.6, min: 4, max: 1024 },
      output: { type: 'lognormal', mu: 5.6093, sigma: 0.7, min: 4, max: 1024 },
    },
    maxTotal: 2048,
  },
  alpaca: {
    evidence: 'published',
    source: 'Means of the vLLM paper (19.31 in, 58.45 out); the spreads are assumed',
    lengths: {
      type: 'independent',
      prompt: { type: 'lognormal', mu: 2.8093, sigma: 0.55, min: 4, max: 128 },
      output: { type: 'lognormal', mu: 3.5705, sigma: 1, min: 1, max: 1024 },
    },
    maxTotal: 2048,
  },
  /** Prompt median 1,730, P90 5,696; output 415 and 834: openchat_sharegpt4 of Sarathi-Serve. */
  openchat: {
    evidence: 'fitted',
    source:
      'Sarathi-Serve artifact, sharegpt_8k_filtered_stats_llama2_tokenizer.csv: 30,731 conversations with their history as prompt, prompt and output below 8,192',
    lengths: {
      type: 'lognormal2d-mixture',
      components: [
        { weight: 0.3448, muIn: 7.2666, sdIn: 0.7306, muOut: 6.0809, sdOut: 0.3879, rho: -0.11 },
        { weight: 0.153, muIn: 8.5493, sdIn: 0.2424, muOut: 6.095, sdOut: 0.4485, rho: -0.098 },
        { weight: 0.1334, muIn: 6.6491, sdIn: 0.9557, muOut: 4.7708, sdOut: 0.9381, rho: -0.293 },
        { weight: 0.1064, muIn: 7.8757, sdIn: 0.5803, muOut: 6.6909, sdOut: 0.1488, rho: 0.036 },
        { weight: 0.1044, muIn: 3.8849, sdIn: 0.9226, muOut: 6.3628, sdOut: 0.3427, rho: 0.171 },
        { weight: 0.092, muIn: 8.1589, sdIn: 0.4411, muOut: 5.0442, sdOut: 0.8181, rho: -0.273 },
        { weight: 0.0533, muIn: 4.0062, sdIn: 1.1993, muOut: 4.5844, sdOut: 0.9625, rho: -0.069 },
        { weight: 0.0128, muIn: 7.062, sdIn: 1.3894, muOut: 1.4177, sdOut: 0.5745, rho: -0.052 },
      ],
      clampIn: [1, 8141],
      clampOut: [2, 1024],
    },
    maxTotal: 8192,
  },
  /** Those of workload `azure-chat`, for whoever has them come otherwise than in that hour. */
  'azure-chat': {
    evidence: 'fitted',
    source: azureChat2023.source,
    lengths: azureChat2023.lengths,
    maxTotal: 16_384,
  },
  /** The two published percentiles of each length fix a lognormal. */
  arxiv: {
    evidence: 'published',
    source:
      'arxiv-summarization of Sarathi-Serve: prompt median 7,059, P90 12,985; output 208 and 371; prompt and output up to 16,384',
    lengths: {
      type: 'independent',
      prompt: { type: 'lognormal', mu: 8.8621, sigma: 0.4756, min: 16, max: 16_000 },
      output: { type: 'lognormal', mu: 5.3375, sigma: 0.4515, min: 4, max: 2048 },
    },
    maxTotal: 16_384,
  },
  translation: {
    evidence: 'assumed',
    source: 'WMT16 English to German: sentences of about 35 tokens each way; no lengths were published',
    lengths: {
      type: 'independent',
      prompt: { type: 'lognormal', mu: 3.3755, sigma: 0.6, min: 2, max: 256 },
      output: { type: 'lognormal', mu: 3.3755, sigma: 0.6, min: 2, max: 256 },
    },
    maxTotal: 2048,
  },
};

/** Forms of a distribution that is given by a mean and a spread. */
export type LengthForm = 'fixed' | 'uniform' | 'normal';

/** Mean length and relative spread of one side. */
export interface GivenLength {
  readonly tokens: number;
  /** `uniform`: half the width, `normal`: the standard deviation, both as a share of the mean. */
  readonly spread: number;
}

/** Prompt and output lengths of one form, independent of each other. */
export function givenLengths(form: LengthForm, prompt: GivenLength, output: GivenLength): Lengths {
  const side = ({ tokens, spread }: GivenLength) => {
    const whole = (x: number) => Math.max(1, Math.floor(x + 0.5));
    switch (form) {
      case 'fixed':
        return { type: 'fixed', tokens: whole(tokens) } as const;
      case 'uniform':
        return { type: 'uniform', min: whole(tokens * (1 - spread)), max: whole(tokens * (1 + spread)) } as const;
      case 'normal':
        return { type: 'normal', mean: tokens, deviation: tokens * spread, min: 1, max: 1_000_000 } as const;
    }
  };
  return { type: 'independent', prompt: side(prompt), output: side(output) };
}
