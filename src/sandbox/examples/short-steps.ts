import type { Entry, Plan, View } from 'tokenyard';

/** No step shall take longer, microseconds: nobody who reads along sees a longer stall. */
const LONGEST_US = 20_000;

/** Short steps: pieces of prompts join as long as the step's estimated time allows, however large they are. */
export default function shortSteps({ running, queue, memory, gpu }: View): Plan {
  const decodes = running.filter((request) => request.left === 1);
  const begun = running.filter((request) => request.left > 1);
  let [tokens, seats, blocks] = [gpu.tokenBudget, gpu.freeSeats, memory.freeBlocks];
  const run: Entry[] = [];
  for (const request of [...decodes, ...begun, ...queue]) {
    let piece = Math.min(request.left, tokens);
    // A piece too long is halved until it fits; the first one of a step always goes.
    if (request.left > 1)
      while (piece > 16 && gpu.stepUs([...run, { request, tokens: piece }]) > LONGEST_US) piece >>= 1;
    if (request.left > 1 && piece <= 16 && run.length > 0 && request.left > 16) break;
    blocks -= request.blocksFor(piece);
    if (piece === 0 || blocks < 0 || (request.isWaiting && seats-- === 0)) break;
    run.push({ request, tokens: piece });
    tokens -= piece;
  }
  return run.length > 0 ? run : { preempt: running.slice(-1) };
}
