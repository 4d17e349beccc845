/** The engines that a scenario can name. To add one is to register its entry: menu, help, links and command lines follow. */

import { commonKnobs } from '../common-knobs.ts';
import type { EngineKnob, KnobText } from '../knob-entry.ts';
import { phaseKnobs } from '../phases/knobs.ts';
import { engineChoices, sharedKnobs } from '../shared-knobs.ts';
import { deepSpeed } from './deepspeed.ts';
import { dynamicBatching } from './dynamic.ts';
import type { EngineEntry } from './entry.ts';
import { fasterTransformer } from './faster-transformer.ts';
import { fastGen } from './fastgen.ts';
import { llamaCpp } from './llama-cpp.ts';
import { orca } from './orca.ts';
import { sarathi } from './sarathi.ts';
import { sglang } from './sglang.ts';
import { staticBatching } from './static.ts';
import { tensorRtLlm } from './tensorrt-llm.ts';
import { tgi } from './tgi.ts';
import { tgi2023 } from './tgi-2023.ts';
import { transformers } from './transformers.ts';
import { vllm } from './vllm.ts';
import { vllm2023 } from './vllm-2023.ts';

const entries: EngineEntry[] = [];
let knobsOfEntries: readonly EngineKnob[] = [];

/** Adds an engine to the menu's end. Its id and the names of its knobs must be new. */
export function registerEngine(entry: EngineEntry): void {
  if (engineOf(entry.id) !== undefined) throw new Error(`two engines are called ${entry.id}`);
  const taken = new Set<string>(
    [...sharedKnobs, ...commonKnobs, ...phaseKnobs, ...ownKnobs()].map((knob) => knob.name),
  );
  for (const { name } of entry.knobs) if (taken.has(name)) throw new Error(`two knobs are called ${name}`);
  entries.push({ ...entry, words: () => wordsOf(entry) });
  knobsOfEntries = entries.flatMap(({ knobs }) => knobs);
  engineChoices.push(entry.id);
}

async function wordsOf(entry: EngineEntry): Promise<Readonly<Record<string, KnobText>>> {
  const [common, own] = await Promise.all([import('./words/common.ts'), entry.words?.()]);
  return { ...common.words, ...own };
}

/** All engines, in the order of the menu. */
export function engines(): readonly EngineEntry[] {
  return entries;
}

/** The engine of that name, or undefined. */
export function engineOf(id: string): EngineEntry | undefined {
  return entries.find((entry) => entry.id === id);
}

/** The knobs that engines bring along: the same list until another engine is registered. */
export function ownKnobs(): readonly EngineKnob[] {
  return knobsOfEntries;
}

/** What is served today, then what led there. */
const builtIn: readonly EngineEntry[] = [
  vllm,
  sglang,
  tensorRtLlm,
  tgi,
  fastGen,
  llamaCpp,
  transformers,
  vllm2023,
  tgi2023,
  sarathi,
  orca,
  fasterTransformer,
  dynamicBatching,
  deepSpeed,
  staticBatching,
];

for (const entry of builtIn) registerEngine(entry);
