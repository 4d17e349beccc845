import type { Knobs } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { withValue } from '../value.ts';
import { withEngine } from '../with-engine.ts';
import type { GallerySide } from './entry.ts';

/** The scenario of a side. */
export function sideKnobs({ preset, set = {} }: GallerySide): Knobs {
  const { engine, ...others } = set;
  let knobs = presetOf(preset).knobs;
  if (engine !== undefined) knobs = withEngine(knobs, String(engine));
  for (const [name, value] of Object.entries(others)) knobs = withValue(knobs, name, value);
  return knobs;
}
