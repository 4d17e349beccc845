import { expect, it } from 'vitest';
import type { Call, Requests } from '../protocol/messages.ts';
import { createPool, WorkerGone } from './pool.ts';

/** Workers that answer when told to, and notes of what they were asked. */
function pretend() {
  const asked: { worker: number; input: unknown; answer: () => void }[] = [];
  const failures: ((reason: string) => void)[] = [];
  const start = (onFailure: (reason: string) => void): Call => {
    const worker = failures.push(onFailure) - 1;
    return ((_: string, input: unknown) =>
      new Promise((resolve) => asked.push({ worker, input, answer: () => resolve(input) }))) as unknown as Call;
  };
  return { asked, failures, start };
}

const settle = () => new Promise((resolve) => setTimeout(resolve));
const inputOf = (name: string) => name as unknown as Requests['compare']['in'];

it('starts workers when they are needed, and lets the rest wait for their turn', async () => {
  const { asked, failures, start } = pretend();
  const call = createPool(start, 2);
  expect(failures).toHaveLength(0);
  const answers = ['a', 'b', 'c', 'd'].map((name) => call('compare', inputOf(name)));
  await settle();
  expect(asked.map(({ worker, input }) => [worker, input])).toEqual([
    [0, 'a'],
    [1, 'b'],
  ]);
  asked[1].answer();
  await settle();
  expect(asked.slice(2).map(({ worker, input }) => [worker, input])).toEqual([[1, 'c']]);
  asked[0].answer();
  await settle();
  for (const { answer } of asked.slice(2)) answer();
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd']);
  expect(failures).toHaveLength(2);
});

it('tells the one whose worker is gone, and gives its place to another', async () => {
  const { asked, failures, start } = pretend();
  const call = createPool(start, 1);
  const lost = call('compare', inputOf('a'));
  const next = call('compare', inputOf('b'));
  await settle();
  failures[0]('out of memory');
  await expect(lost).rejects.toThrow('out of memory');
  await expect(lost).rejects.toBeInstanceOf(WorkerGone);
  await settle();
  expect(asked.map(({ worker, input }) => [worker, input])).toEqual([
    [0, 'a'],
    [1, 'b'],
  ]);
  asked[1].answer();
  expect(await next).toBe('b');
});

it('is rejected where no worker can be started, and tries again the next time', async () => {
  const { asked, start } = pretend();
  let isAllowed = false;
  const call = createPool((onFailure) => {
    if (!isAllowed) throw new Error('not here');
    return start(onFailure);
  }, 1);
  const refused = call('compare', inputOf('a'));
  await expect(refused).rejects.toThrow('not here');
  await expect(refused).rejects.toBeInstanceOf(WorkerGone);
  isAllowed = true;
  const answer = call('compare', inputOf('b'));
  await settle();
  asked[0].answer();
  expect(await answer).toBe('b');
});

it('does not call a worker that has gone while it had nothing to do', async () => {
  const { asked, failures, start } = pretend();
  const call = createPool(start, 1);
  const before = call('compare', inputOf('a'));
  await settle();
  asked[0].answer();
  await before;
  failures[0]('out of memory');
  await settle();
  const answers = [call('compare', inputOf('b')), call('compare', inputOf('c'))];
  await settle();
  // It has left its place to one other, not to more.
  expect(asked.slice(1).map(({ worker, input }) => [worker, input])).toEqual([[1, 'b']]);
  asked[1].answer();
  await settle();
  asked[2].answer();
  expect(await Promise.all(answers)).toEqual(['b', 'c']);
});

it('tells those who wait that no other worker can be started, each in turn, until one can', async () => {
  const { asked, failures, start } = pretend();
  const isAllowed = [true, false, true];
  const call = createPool((onFailure) => {
    if (isAllowed.shift() === false) throw new Error('not here');
    return start(onFailure);
  }, 1);
  const [lost, refused, served] = ['a', 'b', 'c'].map((name) => call('compare', inputOf(name)));
  await settle();
  failures[0]('out of memory');
  await expect(lost).rejects.toThrow('out of memory');
  await expect(refused).rejects.toThrow('not here');
  await settle();
  asked[1].answer();
  expect(await served).toBe('c');
});
