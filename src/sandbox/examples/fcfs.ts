import type { Entry, Plan, View } from 'tokenyard';

/** First come, first served: all that each can use, as far as tokens, seats and blocks go. */
export default function fcfs({ running, queue, memory, gpu }: View): Plan {
  let [tokens, seats, blocks] = [gpu.tokenBudget, gpu.freeSeats, memory.freeBlocks];
  const run: Entry[] = [];
  for (const request of [...running, ...queue]) {
    const share = Math.min(request.left, tokens);
    blocks -= request.blocksFor(share);
    if (share === 0 || blocks < 0 || (request.isWaiting && seats-- === 0)) break;
    run.push({ request, tokens: share });
    tokens -= share;
  }
  return run.length > 0 ? run : { preempt: running.slice(-1) };
}
