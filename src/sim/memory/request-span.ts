import { PLACEHOLDER_SEGMENT, type RequestTable, type Segment } from '../request.ts';
import { sliceSpan, spanOf, type TokenSpan } from './token-span.ts';

/**
 * The first `tokens` tokens of a request: its prompt, then its output. The placeholders of an image stand for what it
 * shows, so they equal those of the same image only.
 */
export function requestSpan(requests: RequestTable, request: number, tokens: number): TokenSpan {
  const { segmentStart, segmentId, segmentOffset, segmentLength, promptTokens, outputSegment } = requests;
  const images = requests.images.get(request) ?? [];
  const pieces: Segment[] = [];
  let position = 0;
  for (let i = segmentStart[request]; i < segmentStart[request + 1]; i++) {
    const length = segmentLength[i];
    if (segmentId[i] === PLACEHOLDER_SEGMENT) {
      let at = 0;
      for (const image of images) {
        const from = image.position - position;
        if (from < 0 || from >= length) continue;
        pieces.push({ segment: PLACEHOLDER_SEGMENT, offset: at, length: from - at });
        pieces.push({ segment: imageStream(image.hash), offset: 0, length: image.tokens });
        at = from + image.tokens;
      }
      // Placeholders of no image stand for themselves.
      pieces.push({ segment: PLACEHOLDER_SEGMENT, offset: at, length: length - at });
    } else pieces.push({ segment: segmentId[i], offset: segmentOffset[i], length });
    position += length;
  }
  const outputs = tokens - promptTokens[request];
  if (outputs > 0) pieces.push({ segment: outputSegment[request], offset: 0, length: outputs });
  return sliceSpan(spanOf(pieces), 0, tokens);
}

/** A stream for each image, apart from those of text, which are not negative. */
function imageStream(hash: number): number {
  return -1 - Math.abs(hash);
}
