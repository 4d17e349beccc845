/** Policies to begin with. Their files are what is shown, and what the tests run. */

import type { Text } from '../scenario/knob-entry.ts';
import chunkedPrefill from './examples/chunked-prefill.ts?raw';
import fcfs from './examples/fcfs.ts?raw';
import shortSteps from './examples/short-steps.ts?raw';
import shortestFirst from './examples/shortest-first.ts?raw';

export interface PolicyExample {
  readonly id: string;
  readonly name: Text;
  readonly text: string;
}

export const policyExamples: readonly PolicyExample[] = [
  { id: 'fcfs', name: { en: 'First come, first served, in ten lines', zh: '十行的先来先服务' }, text: fcfs },
  { id: 'shortest-first', name: { en: 'Shortest first', zh: '最短优先' }, text: shortestFirst },
  {
    id: 'chunked-prefill',
    name: { en: 'Your first chunked prefill', zh: '你的第一个分块预填充' },
    text: chunkedPrefill,
  },
  { id: 'short-steps', name: { en: 'Steps of at most 20 ms', zh: '每步不超过 20 毫秒' }, text: shortSteps },
];
