import { Gunzip } from 'fflate';

/** Bytes handled before the event loop gets a turn, so that a cancel is heard. */
const PIECE_BYTES = 1 << 18;

/** One piece of a file: its text, and how much of the file has been read once it is handled. */
export interface Piece {
  readonly text: string;
  readonly bytesRead: number;
}

/**
 * The text of a file that comes in chunks: UTF-8 decoded, without a byte order mark, unpacked if its first bytes say
 * that it is gzip. Throws an Error if a gzip file is damaged.
 */
export async function* textPieces(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<Piece> {
  const decoder = new TextDecoder();
  let bytesRead = 0;
  let isFirst = true;
  let gunzip: Gunzip | null = null;
  let unpacked: Uint8Array[] = [];

  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    if (typeof chunk === 'string') {
      const text = isFirst && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk;
      isFirst = false;
      for (let from = 0; from < text.length; from += PIECE_BYTES) {
        const piece = text.slice(from, from + PIECE_BYTES);
        bytesRead += piece.length;
        yield { text: piece, bytesRead };
      }
      continue;
    }
    if (isFirst && chunk[0] === 0x1f && (chunk.length === 1 || chunk[1] === 0x8b)) {
      gunzip = new Gunzip((data) => {
        unpacked.push(data);
      });
    }
    isFirst = false;
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      const piece = chunk.subarray(from, from + PIECE_BYTES);
      bytesRead += piece.length;
      if (gunzip === null) {
        yield { text: decoder.decode(piece, { stream: true }), bytesRead };
        continue;
      }
      gunzip.push(piece, false);
      for (const data of unpacked) yield { text: decoder.decode(data, { stream: true }), bytesRead };
      unpacked = [];
    }
  }
  if (gunzip !== null) {
    gunzip.push(new Uint8Array(0), true);
    for (const data of unpacked) yield { text: decoder.decode(data, { stream: true }), bytesRead };
  }
  yield { text: decoder.decode(), bytesRead };
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
