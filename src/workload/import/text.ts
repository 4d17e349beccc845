/** Bytes handled before the event loop gets a turn, so that a cancel is heard. */
const PIECE_BYTES = 1 << 18;

/** One piece of a file: its text, and how much of the file has been read once it is handled. */
export interface Piece {
  readonly text: string;
  readonly bytesRead: number;
}

interface Counter {
  bytesRead: number;
}

/**
 * The text of a file that comes in chunks: UTF-8 decoded, without a byte order mark, unpacked if its first bytes say
 * that it is gzip. Throws if a gzip file is damaged (the platform's unpacker checks its sums).
 */
export async function* textPieces(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<Piece> {
  const counter: Counter = { bytesRead: 0 };
  const pieces = smallPieces(chunks, counter);
  const first = await pieces.next();
  if (first.done === true) return;
  const all = prepend(first.value, pieces);
  const decoder = new TextDecoder();
  let isFirst = true;
  for await (const piece of isGzip(first.value) ? unpack(all) : all) {
    let text = typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
    // The decoder drops the mark by itself; text that comes as strings may still have it.
    if (isFirst && typeof piece === 'string' && text.startsWith('\uFEFF')) text = text.slice(1);
    isFirst = false;
    yield { text, bytesRead: counter.bytesRead };
  }
  yield { text: decoder.decode(), bytesRead: counter.bytesRead };
}

/** The same content in pieces of bounded size, none of them empty. */
async function* smallPieces(chunks: AsyncIterable<string | Uint8Array>, counter: Counter) {
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      const piece =
        typeof chunk === 'string' ? chunk.slice(from, from + PIECE_BYTES) : chunk.subarray(from, from + PIECE_BYTES);
      counter.bytesRead += piece.length;
      yield piece;
    }
  }
}

async function* prepend<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

/** No text begins with 0x1f, so the first byte decides if a chunk is that short. */
function isGzip(piece: string | Uint8Array): boolean {
  return typeof piece !== 'string' && piece[0] === 0x1f && (piece.length === 1 || piece[1] === 0x8b);
}

async function* unpack(pieces: AsyncGenerator<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  const packed = new ReadableStream<BufferSource>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(typeof value === 'string' ? new TextEncoder().encode(value) : value.slice());
    },
  });
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Ends the unpacker when the reader stops early; after an error there is nothing left to end.
    await reader.cancel().catch(() => undefined);
  }
}

/** Lets the event loop take its next task. A message, because timers are clamped to milliseconds. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
