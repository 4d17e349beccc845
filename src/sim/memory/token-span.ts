import type { Segment } from '../request.ts';

/**
 * A sequence of tokens as pieces of symbolic streams: token `offset + i` of stream `segment` equals no other token.
 * Pieces are never empty and neighbouring pieces of one stream are joined, so equal sequences look equal.
 */
export interface TokenSpan {
  readonly pieces: readonly Segment[];
  /** Tokens in all pieces. */
  readonly length: number;
}

/** A span of given pieces, one after the other. */
export function spanOf(pieces: readonly Segment[]): TokenSpan {
  const joined: Segment[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (piece.length <= 0) continue;
    length += piece.length;
    const last = joined.at(-1);
    if (last !== undefined && last.segment === piece.segment && last.offset + last.length === piece.offset) {
      joined[joined.length - 1] = { ...last, length: last.length + piece.length };
    } else joined.push(piece);
  }
  return { pieces: joined, length };
}

/** Tokens `from .. to - 1` of a span. */
export function sliceSpan(span: TokenSpan, from: number, to: number = span.length): TokenSpan {
  if (from === 0 && to === span.length) return span;
  const pieces: Segment[] = [];
  let start = 0;
  for (const { segment, offset, length } of span.pieces) {
    const first = Math.max(from, start);
    const end = Math.min(to, start + length);
    if (first < end) pieces.push({ segment, offset: offset + first - start, length: end - first });
    start += length;
  }
  return { pieces, length: Math.max(0, to - from) };
}

/** How many tokens two spans have in common from their beginnings. */
export function commonTokens(a: TokenSpan, b: TokenSpan): number {
  let common = 0;
  for (let i = 0; i < a.pieces.length && i < b.pieces.length; i++) {
    const one = a.pieces[i];
    const other = b.pieces[i];
    if (one.segment !== other.segment || one.offset !== other.offset) break;
    const length = Math.min(one.length, other.length);
    common += length;
    // Pieces are joined, so after a shorter piece the streams differ.
    if (one.length !== other.length) break;
  }
  return common;
}

/** A text that names the first `tokens` tokens of a span, equal for equal tokens only. */
export function headKey(span: TokenSpan, tokens: number): string {
  const [first] = span.pieces;
  if (first.length >= tokens) return `${first.segment}:${first.offset}`;
  let key = '';
  let left = tokens;
  for (const { segment, offset, length } of span.pieces) {
    key += `${segment}:${offset}:${Math.min(left, length)} `;
    left -= length;
    if (left <= 0) break;
  }
  return key;
}
