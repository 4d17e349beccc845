import type { BatchShape } from '../gpu/cost.ts';
import type { ImageSpan } from '../request.ts';
import { addWindows, type EncoderWindows } from './encoder.ts';

/**
 * Images in an engine without an encoder budget: each is encoded in the step that computes the first of its placeholders,
 * and its embeddings are kept until the step that computes the last. A request that is admitted anew has none any more,
 * so an image of which the cache has only a part is encoded again.
 * @param before tokens of the request that are computed, or were found in a cache
 * @param tokens prompt tokens that the step computes
 * @param isFirst the request computes for the first time since it was admitted
 */
export function encodeTouched(
  shape: BatchShape,
  images: readonly ImageSpan[] | undefined,
  windows: EncoderWindows | null,
  before: number,
  tokens: number,
  isFirst: boolean,
): void {
  if (images === undefined || windows === null) return;
  for (const image of images) {
    if (image.position >= before + tokens) return;
    const isBegun = image.position < before;
    if (isBegun && (!isFirst || image.position + image.tokens <= before)) continue;
    addWindows(shape, image, windows);
  }
}
