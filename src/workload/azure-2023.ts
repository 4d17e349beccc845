import type { FittedSpec } from './fitted.ts';

const LICENCE =
  'CC-BY-4.0. Patel et al., Splitwise: Efficient generative LLM inference using phase splitting, ISCA 2024; data from the Azure Public Dataset.';

/**
 * Interactive chat: medium prompts, short answers, a rate that drifts by a factor of two over the hour. Twelve
 * humps, fitted to the 19,366 rows of the public trace; Kolmogorov-Smirnov distance to the
 * data 0.031 (prompt), 0.018 (output), 0.014 (gaps). The two halves of the data themselves differ by 0.083.
 */
export const azureChat2023: FittedSpec = {
  id: 'azure-chat',
  evidence: 'fitted',
  source: 'Azure LLM inference trace 2023, conversation: 19,366 requests in 58.4 minutes',
  licence: LICENCE,
  recorded: { requests: 19_366, spanS: 3_504 },
  lengths: {
    type: 'lognormal2d-mixture',
    components: [
      { weight: 0.2833, muIn: 6.9781, sdIn: 0.0724, muOut: 6.0046, sdOut: 0.0528, rho: -0.008 },
      { weight: 0.2438, muIn: 5.9893, sdIn: 0.047, muOut: 4.5383, sdOut: 0.2552, rho: 0.36 },
      { weight: 0.1087, muIn: 7.5345, sdIn: 0.4964, muOut: 4.2996, sdOut: 0.4195, rho: 0.248 },
      { weight: 0.0752, muIn: 8.3158, sdIn: 0.0226, muOut: 4.015, sdOut: 0.4591, rho: 0.012 },
      { weight: 0.0569, muIn: 5.2761, sdIn: 0.1136, muOut: 4.7704, sdOut: 0.4309, rho: -0.504 },
      { weight: 0.0568, muIn: 7.1268, sdIn: 0.5881, muOut: 4.6476, sdOut: 0.2183, rho: 0.382 },
      { weight: 0.046, muIn: 6.9842, sdIn: 0.0688, muOut: 6.2616, sdOut: 0.1332, rho: 0.042 },
      { weight: 0.0406, muIn: 5.3168, sdIn: 0.0371, muOut: 5.2241, sdOut: 0.1303, rho: -0.082 },
      { weight: 0.0348, muIn: 7.1847, sdIn: 0.0242, muOut: 5.1783, sdOut: 0.2001, rho: 0.012 },
      { weight: 0.0209, muIn: 3.5513, sdIn: 1.0194, muOut: 5.0033, sdOut: 0.2534, rho: 0.373 },
      { weight: 0.0169, muIn: 5.4357, sdIn: 0.3967, muOut: 2.7167, sdOut: 0.1776, rho: 0.921 },
      { weight: 0.0162, muIn: 5.818, sdIn: 1.2061, muOut: 4.7124, sdOut: 1.3481, rho: 0.611 },
    ],
    clampIn: [2, 14050],
    clampOut: [7, 1000],
  },
  arrivals: {
    type: 'gamma-renewal',
    ratePerS: 5.53,
    shape: 0.913,
    rateProfile: {
      binS: 300,
      multipliers: [0.871, 0.857, 0.938, 0.941, 1.136, 1.35, 1.343, 1.108, 1.025, 0.858, 0.782, 0.688],
    },
  },
};

/**
 * Code completion: long prompts, about a dozen output tokens, violent bursts. Four humps fitted to the 8,819 rows of
 * the public trace; Kolmogorov-Smirnov distance to the data 0.030 (prompt), 0.021 (output), 0.041 (gaps). The provider
 * cuts prompts at 7,437 tokens.
 */
export const azureCode2023: FittedSpec = {
  id: 'azure-code',
  evidence: 'fitted',
  source: 'Azure LLM inference trace 2023, coding: 8,819 requests in 57.3 minutes',
  licence: LICENCE,
  recorded: { requests: 8_819, spanS: 3_438 },
  lengths: {
    type: 'lognormal2d-mixture',
    components: [
      { weight: 0.3976, muIn: 7.6759, sdIn: 0.7113, muOut: 2.2519, sdOut: 0.3205, rho: 0.085 },
      { weight: 0.2667, muIn: 7.6196, sdIn: 0.7423, muOut: 3.2978, sdOut: 0.6906, rho: 0.064 },
      { weight: 0.2325, muIn: 5.5993, sdIn: 1.2961, muOut: 2.4985, sdOut: 0.4289, rho: 0.141 },
      { weight: 0.1033, muIn: 5.9385, sdIn: 1.5718, muOut: 4.1824, sdOut: 1.0092, rho: 0.477 },
    ],
    clampIn: [3, 7437],
    clampOut: [6, 1899],
  },
  arrivals: {
    type: 'on-off-bursts',
    ratePerS: 2.57,
    burstSize: { mu: 4.7011, sigma: 0.8618, min: 1 },
    inBurstGapS: {
      weights: [0.4618, 0.1962, 0.3421],
      mu: [-6.5108, -2.3267, -1.854],
      sigma: [2.1055, 0.05, 0.9127],
      min: 1e-5,
      max: 5,
    },
    offGapS: { mu: 3.2753, sigma: 0.9883, min: 5 },
  },
};
