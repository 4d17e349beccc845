import { expect, it } from 'vitest';
import type { Call } from '../protocol/messages.ts';
import { trackCalls } from './track-calls.ts';

it('is settled only when the last of a chain of calls is answered', async () => {
  const answers: (() => void)[] = [];
  const call = (() => new Promise<void>((resolve) => answers.push(resolve))) as unknown as Call;
  const calls = trackCalls(call);
  let isSettled = false;

  const chain = calls.call('seek', { seek: { to: 'step', step: 1 }, select: -1, windowSteps: 1 }).then(() => {
    void calls.call('seek', { seek: { to: 'step', step: 2 }, select: -1, windowSteps: 1 });
  });
  const settled = calls.settled().then(() => {
    isSettled = true;
  });
  answers[0]();
  await chain;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(isSettled).toBe(false);
  answers[1]();
  await settled;
  expect(isSettled).toBe(true);
});
