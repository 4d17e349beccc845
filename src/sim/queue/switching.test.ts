import { expect, it } from 'vitest';
import { RequestTable, Status } from '../request.ts';
import { Sequences } from '../sequences.ts';
import { FcfsQueue } from './fcfs.ts';
import { PriorityQueue } from './priority.ts';
import { SwitchingQueue } from './switching.ts';

it('keeps everybody when the order changes, with those who came back in front', () => {
  const requests = new RequestTable(5);
  for (let r = 0; r < 5; r++) requests.push({ arrivalUs: r, promptTokens: 1, outputTokens: 1, priority: 5 - r });
  const sequences = new Sequences(requests);
  for (let r = 0; r < 5; r++) sequences.arrive(r, 1);
  const queue = new SwitchingQueue('priority', sequences, (order) =>
    order === 'fcfs' ? new FcfsQueue() : new PriorityQueue(requests),
  );
  for (const request of [0, 1, 2, 3, 4]) queue.add(request);
  expect(queue.list()).toEqual([4, 3, 2, 1, 0]);
  for (const request of [2, 3]) sequences.status[request] = Status.preempted;
  queue.switchTo('fcfs');
  expect(queue.list()).toEqual([2, 3, 0, 1, 4]);
  const saved = queue.save();
  queue.switchTo('priority');
  expect(queue.list()).toEqual([4, 3, 2, 1, 0]);
  queue.restore(saved);
  expect(queue.list()).toEqual([2, 3, 0, 1, 4]);
  queue.switchTo('priority');
  expect([queue.size, queue.takeHead(), queue.size]).toEqual([5, 4, 4]);
});
