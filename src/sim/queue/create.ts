import type { EngineConfig } from '../engine-config.ts';
import type { RequestTable } from '../request.ts';
import { FcfsQueue } from './fcfs.ts';
import { PriorityQueue } from './priority.ts';
import type { WaitingQueue } from './queue.ts';

/** An empty queue in the order that the configuration names. */
export function createQueue({ queue }: EngineConfig, requests: RequestTable): WaitingQueue {
  switch (queue) {
    case 'fcfs':
      return new FcfsQueue();
    case 'priority':
      return new PriorityQueue(requests);
  }
}
