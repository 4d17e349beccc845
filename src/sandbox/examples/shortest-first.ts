import type { Entry, Plan, View } from 'tokenyard';

/** Shortest first: of those who wait, whoever has the least to compute. Long prompts may wait for ever; see waitedUs. */
export default function shortestFirst({ running, queue, memory, gpu }: View): Plan {
  const shortest = [...queue].sort((a, b) => a.left - b.left || a.id - b.id);
  let [tokens, seats, blocks] = [gpu.tokenBudget, gpu.freeSeats, memory.freeBlocks];
  const run: Entry[] = [];
  for (const request of [...running, ...shortest]) {
    const share = Math.min(request.left, tokens);
    blocks -= request.blocksFor(share);
    if (share === 0 || blocks < 0 || (request.isWaiting && seats-- === 0)) break;
    run.push({ request, tokens: share });
    tokens -= share;
  }
  // Nobody who runs finds a block: the last one gives its own, and we are asked again.
  return run.length > 0 ? run : { preempt: running.slice(-1) };
}
