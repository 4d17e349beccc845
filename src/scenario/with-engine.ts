import { engineOf } from './engines/engines.ts';
import type { Knobs } from './knobs.ts';
import { withChoice, withValue } from './value.ts';

/**
 * The scenario with another engine and that engine's defaults, for a comparison: the KV memory and, where the scenario
 * sets it, the longest sequence stay, under whatever name the engine has for them.
 */
export function withEngine(knobs: Knobs, engine: string): Knobs {
  const longest = lengthOf(knobs);
  const changed = withPool({ ...withChoice(knobs, 'engine', engine), 'max-model-len': longest });
  const own = engineOf(engine)?.lengthKnob;
  return own === undefined || longest === 0 ? changed : withValue(changed, own, longest);
}

/** A number of blocks, for an engine that is not told one, as the tokens that they hold. */
function withPool(knobs: Knobs): Knobs {
  const blocks = knobs['num-gpu-blocks-override'];
  const isTold = engineOf(knobs.engine)?.reads.includes('num-gpu-blocks-override') ?? true;
  if (blocks === 0 || isTold) return knobs;
  // One of the blocks is never handed out.
  return { ...knobs, 'num-gpu-blocks-override': 0, 'kv-tokens': (blocks - 1) * knobs['block-size'] };
}

/** The longest sequence that the scenario's engine is told; 0 = what the model and the memory allow. */
function lengthOf(knobs: Knobs): number {
  const own = engineOf(knobs.engine)?.lengthKnob;
  const value = own === undefined ? undefined : knobs[own];
  return typeof value === 'number' ? value : knobs['max-model-len'];
}
