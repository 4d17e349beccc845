import type { Entry, Plan, View } from 'tokenyard';

/** Tokens of a step for decodes and pieces of prompts together. Less: shorter stalls. More: shorter prompts. */
const CHUNK = 512;

/** Your first chunked prefill: every decode gets its token in every step; prompts get what is left, in pieces. */
export default function chunkedPrefill({ running, queue, memory, gpu }: View): Plan {
  const decodes = running.filter((request) => request.left === 1);
  const begun = running.filter((request) => request.left > 1);
  let tokens = Math.min(gpu.tokenBudget, Math.max(CHUNK, decodes.length));
  let [seats, blocks] = [gpu.freeSeats, memory.freeBlocks];
  const run: Entry[] = [];
  for (const request of [...decodes, ...begun, ...queue]) {
    const piece = Math.min(request.left, tokens);
    blocks -= request.blocksFor(piece);
    if (piece === 0 || blocks < 0 || (request.isWaiting && seats-- === 0)) break;
    run.push({ request, tokens: piece });
    tokens -= piece;
  }
  return run.length > 0 ? run : { preempt: running.slice(-1) };
}
