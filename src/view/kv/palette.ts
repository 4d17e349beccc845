/** Colours of blocks as pixels: one table look-up a block. */

import { BlockState } from '../../protocol/frame.ts';
import { mix, pixelOf } from '../../ui/colour.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Amount } from './draw.ts';
import type { KvModel } from './model.ts';

const stateNames = Object.keys(BlockState) as (keyof typeof BlockState)[];

/** The hue of a state. Free blocks have none: they show the empty place. */
export function hueOf(state: number, theme: Theme): string {
  switch (state) {
    case BlockState.prefill:
      return theme.prefill;
    case BlockState.decode:
      return theme.decode;
    case BlockState.shared:
      return theme.reused;
    case BlockState.cached:
      return mix(theme.empty, theme.reused, 0.28);
    case BlockState.reserved:
      return mix(theme.empty, theme.waiting, 0.4);
    case BlockState.idle:
      return mix(theme.empty, theme.loss, 0.6);
    default:
      return theme.empty;
  }
}

/** The ground of a block so large that its fill level is drawn on it. */
export function groundOf(state: number, theme: Theme): string {
  const isPlain = state === BlockState.free || state === BlockState.reserved;
  return isPlain ? hueOf(state, theme) : mix(theme.empty, hueOf(state, theme), 0.3);
}

/** Kept from picture to picture: a painter takes what it needs before `image` returns. */
let buffer = new Uint32Array(0);

/** Room for at least so many pixels; what was in it is of the last picture. */
export function pixelRoom(places: number): Uint32Array<ArrayBuffer> {
  if (buffer.length < places) buffer = new Uint32Array(places);
  return buffer;
}

/**
 * One RGBA pixel a block, in order of blocks, `places` in all; those past the last block are transparent.
 * By request, only marked blocks are coloured and owners in turn are two neutral greys.
 */
export function blockPixels(
  model: KvModel,
  places: number,
  theme: Theme,
  colourBy: 'phase' | 'request',
  isGround: boolean,
  amount: Amount | null = null,
): Uint8ClampedArray {
  pixelRoom(places);
  const colours = Uint32Array.from(stateNames, (_, state) =>
    pixelOf(isGround ? groundOf(state, theme) : hueOf(state, theme)),
  );
  const { count, state, owner, marks } = model;
  if (amount !== null) amount.fill(buffer, model, theme);
  else if (colourBy === 'phase') {
    for (let i = 0; i < count; i++) buffer[i] = colours[state[i]];
  } else {
    const grey = [0.35, 0.55].map((share) => pixelOf(mix(theme.empty, theme.waiting, isGround ? share * 0.6 : share)));
    for (let i = 0; i < count; i++) {
      buffer[i] = marks[i] !== 0 || owner[i] < 0 ? colours[state[i]] : grey[owner[i] & 1];
    }
  }
  buffer.fill(0, count, places);
  return new Uint8ClampedArray(buffer.buffer, 0, places * 4);
}
