/**
 * Long work in slices: a worker that computes cannot hear, so it works for a few milliseconds and then lets waiting
 * messages in. A message channel yields at once, where a timer would be held back.
 */

const SLICE_MS = 4;

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}

/** Repeats `work` until it says true, yielding between slices; throws the signal's reason when aborted. `onSlice` is called after each slice. */
export async function inSlices(work: () => boolean, signal: AbortSignal, onSlice: () => void): Promise<void> {
  for (;;) {
    const end = performance.now() + SLICE_MS;
    do {
      if (work()) return;
    } while (performance.now() < end);
    onSlice();
    await nextTurn();
    signal.throwIfAborted();
  }
}

/** Does work that pauses now and then, a pause at the end of each slice; the same otherwise. */
export async function turnsInSlices<T>(work: Generator<void, T>, signal: AbortSignal): Promise<T> {
  let turn = work.next();
  await inSlices(
    () => {
      if (turn.done !== true) turn = work.next();
      return turn.done === true;
    },
    signal,
    () => {},
  );
  if (turn.done !== true) throw new Error('the work is not done');
  return turn.value;
}
