import type { ChatSpec } from './chats.ts';

/**
 * Long conversations that come back to what was said: fitted to the 12,031 requests that Mooncake published of an hour of chat, whose
 * conversations follow from the blocks that prompts share. Kolmogorov-Smirnov distance to the first half of the data 0.023 (prompt) and 0.021
 * (output), to gaps between turns 0.039. Two thirds of the conversations have one turn; who asks on does so two minutes later in the median.
 */
export const mooncakeChat2025: ChatSpec = {
  id: 'mooncake-chat',
  evidence: 'fitted',
  source: 'Mooncake FAST 2025 traces, conversation: 12,031 requests in 59 minutes',
  licence: 'Apache-2.0. Qin et al., Mooncake: Trading more storage for less computation, FAST 2025.',
  recorded: { requests: 12_031, spanS: 3_540 },
  ratePerS: 3.4,
  systemTokens: 512,
  blockTokens: 512,
  maxPrompt: 126_195,
  maxOutput: 2000,
  turns: [
    0.6548, 0.1938, 0.0689, 0.0306, 0.0176, 0.0099, 0.0052, 0.005, 0.0025, 0.0036, 0.0011, 0.0006, 0.0008, 0.0003,
    0.0011,
  ],
  manyTurns: { weight: 0.0041, min: 16, max: 30 },
  firstTurn: {
    type: 'lognormal2d-mixture',
    components: [
      { weight: 0.1749, muIn: 8.7416, sdIn: 0.6257, muOut: 6.0762, sdOut: 0.2201, rho: -0.06 },
      { weight: 0.156, muIn: 9.772, sdIn: 0.6158, muOut: 6.0605, sdOut: 0.282, rho: 0.121 },
      { weight: 0.1146, muIn: 8.7024, sdIn: 0.6748, muOut: 5.6538, sdOut: 0.6281, rho: 0.028 },
      { weight: 0.0989, muIn: 6.8072, sdIn: 0.0199, muOut: 5.946, sdOut: 0.4033, rho: 0.091 },
      { weight: 0.0814, muIn: 9.3503, sdIn: 0.9404, muOut: 2.9471, sdOut: 0.7251, rho: 0.071 },
      { weight: 0.075, muIn: 9.8601, sdIn: 0.8346, muOut: 5.6292, sdOut: 0.8201, rho: 0.199 },
      { weight: 0.0608, muIn: 7.2692, sdIn: 0.1814, muOut: 6.1451, sdOut: 0.3076, rho: 0.421 },
      { weight: 0.0514, muIn: 6.8133, sdIn: 0.0242, muOut: 3.5958, sdOut: 1.3758, rho: -0.038 },
      { weight: 0.0389, muIn: 7.0223, sdIn: 0.1107, muOut: 5.7762, sdOut: 0.4979, rho: -0.231 },
      { weight: 0.0377, muIn: 8.4557, sdIn: 0.1339, muOut: 5.7612, sdOut: 0.272, rho: -0.098 },
      { weight: 0.0286, muIn: 7.337, sdIn: 0.2479, muOut: 3.9346, sdOut: 1.7176, rho: 0.364 },
      { weight: 0.0285, muIn: 6.9245, sdIn: 0.0662, muOut: 4.3624, sdOut: 1.1176, rho: -0.125 },
      { weight: 0.0207, muIn: 8.4605, sdIn: 0.1943, muOut: 4.4299, sdOut: 1.1799, rho: -0.459 },
      { weight: 0.0201, muIn: 9.1666, sdIn: 0.9684, muOut: 1.0974, sdOut: 0.0983, rho: 0.031 },
      { weight: 0.0079, muIn: 11.3578, sdIn: 0.2476, muOut: 6.1028, sdOut: 0.1866, rho: 0.45 },
      { weight: 0.0045, muIn: 9.6796, sdIn: 1.4044, muOut: -0.0318, sdOut: 0.3169, rho: 0.386 },
    ],
    clampIn: [891, 126_195],
    clampOut: [1, 2000],
  },
  gapS: { mu: 4.9387, sigma: 0.9553 },
  next: {
    goesOn: {
      weight: 0.7523,
      newTokens: { weights: [0.4217, 0.4031, 0.1752], mu: [2.5579, 4.753, 8.5809], sigma: [0.5859, 1.6823, 0.6681] },
    },
    asksAgain: { weight: 0.0296 },
    leavesAnswerOut: { weight: 0.0681, newTokens: { shape: 1.3492, scale: 211.11 } },
    branches: {
      weight: 0.1501,
      keptShare: {
        p: [0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1],
        x: [0.015, 0.053, 0.068, 0.111, 0.214, 0.452, 0.833, 0.906, 0.986],
      },
      newTokens: { weights: [0.2244, 0.7756], mu: [7.8543, 9.3019], sigma: [1.432, 0.5025] },
    },
  },
  nextOutput: { weights: [0.2615, 0.2909, 0.4477], mu: [3.7999, 5.7609, 6.0646], sigma: [1.5439, 0.6783, 0.2763] },
  programs: [],
};

/**
 * An hour of chat and of two programs that call tools: 23,608 requests, of which the means are published (8,596 tokens in, 182 out, 59 % found
 * in a cache without limits). The programs are fitted to the 151 calls among 272 rows of an excerpt: one with instructions of twelve blocks of 512 tokens
 * and answers of three tokens or about thirty, one with five blocks and answers of twenty. Its chat is taken to be the one above.
 */
export const mooncakeTools2025: ChatSpec = {
  ...mooncakeChat2025,
  id: 'mooncake-tools',
  source: 'Mooncake FAST 2025 traces, tool and agent: 23,608 requests in an hour, by their means and 272 rows',
  recorded: { requests: 23_608, spanS: 3_600 },
  ratePerS: 6.56,
  programs: [
    {
      share: 0.412,
      instructionTokens: 6144,
      calls: [
        {
          weight: 0.67,
          newTokens: { weights: [0.277, 0.723], mu: [4.0989, 6.7291], sigma: [0.8357, 0.6665] },
          output: { weights: [1], mu: [1.0986], sigma: [0] },
        },
        {
          weight: 0.33,
          newTokens: { weights: [0.4566, 0.5434], mu: [3.3055, 6.177], sigma: [0.1786, 0.7907] },
          output: { weights: [1], mu: [3.3857], sigma: [0.2151] },
        },
      ],
    },
    {
      share: 0.143,
      instructionTokens: 2560,
      calls: [
        {
          weight: 1,
          newTokens: { weights: [0.6556, 0.3444], mu: [6.3651, 6.4231], sigma: [0.05, 0.4254] },
          output: { weights: [1], mu: [2.9607], sigma: [0.1351] },
        },
      ],
    },
  ],
};
