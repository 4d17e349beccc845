import type { Knobs, KnobValue } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { defaultOf, registry } from '../registry.ts';
import { withChoice, withValue } from '../value.ts';

/** The scenario of a published result: an engine with all its defaults, then what the publication says. */
export function published(engine: string, values: Readonly<Record<string, KnobValue>>): Knobs {
  let knobs = withChoice(presetOf('published').knobs, 'engine', engine);
  for (const entry of registry()) {
    if (entry.readBy === 'engines' || entry.name === 'kv-tokens')
      knobs = withValue(knobs, entry.name, defaultOf(entry, engine));
  }
  for (const [name, value] of Object.entries(values)) knobs = withValue(knobs, name, value);
  return knobs;
}

/**
 * Time in which a host of 2023 launches one layer's kernels, without captured graphs, microseconds.
 *
 * `vllm2023`: on A100 hosts vLLM took 45 ms for a decode step of the 80 layers of Llama-2-70B whether on 4 or 8 GPUs
 * (splitwise-sim's tables), and 23.5, 24.5 and 25.9 ms for the 40 layers of OPT-13B on 1, 2 and 4 (DistServe's
 * coefficients): 0.55 ms a layer. The same tables have 0.37 ms for an H100 host. `sarathi`: 46.8 ms for the 60 layers of
 * Yi-34B, in the artifact of Sarathi-Serve. `transformers`: 25 ms for the 32 layers of a 7B model, commonly quoted.
 * `deepSpeed`: the same for 4 to 6 kernels a layer instead of 15 to 20.
 */
export const launchUs = { vllm2023: 550, sarathi: 780, transformers: 780, deepSpeed: 220 } as const;
