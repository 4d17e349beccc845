/**
 * The knobs: one entry each, those of `shared-knobs.ts` and `common-knobs.ts`, and those that phases, fleets and engines bring along. Links, files, command
 * lines, the page's controls, their ranges and the tests all follow from this table.
 */

import { commonKnobs } from './common-knobs.ts';
import { engineOf, ownKnobs } from './engines/engines.ts';
import type { EngineEntry } from './engines/entry.ts';
import { fleetKnobs } from './fleet/knobs.ts';
import type { KnobEntry } from './knob-entry.ts';
import type { Knobs, KnobValue, SharedName } from './knobs.ts';
import { phaseKnobs } from './phases/knobs.ts';
import { sharedKnobs } from './shared-knobs.ts';

/** All knobs, in the order in which links and files write them. */
export function registry(): readonly KnobEntry[] {
  return table().entries;
}

interface Table {
  /** Those of the engines with which it was made. */
  readonly own: readonly KnobEntry[];
  readonly entries: readonly KnobEntry[];
  readonly byName: ReadonlyMap<string, KnobEntry>;
}

let made: Table | null = null;

/** Made anew only when an engine has brought knobs along: scenarios are set knob by knob, thousands of them in the tables of results. */
function table(): Table {
  const own = ownKnobs();
  if (made?.own === own) return made;
  const entries = [...sharedKnobs, ...commonKnobs, ...phaseKnobs, ...fleetKnobs, ...own];
  made = { own, entries, byName: new Map(entries.map((entry) => [entry.name, entry])) };
  return made;
}

/** Whether every scenario names the knob; what engines, phases and queues bring along is named where it differs from its default. */
export function isShared(entry: KnobEntry): boolean {
  return sharedKnobs.some((shared) => shared === entry);
}

/** The entry of a knob, or undefined for a name that is none. */
export function findKnob(name: string): KnobEntry | undefined {
  return table().byName.get(name);
}

/** The entry of a knob. */
export function knobEntry(name: string): KnobEntry {
  const entry = findKnob(name);
  if (entry === undefined) throw new Error(`knob without an entry: ${name}`);
  return entry;
}

/** What a knob is set to; one that the scenario does not name has its default. */
export function knobValue(knobs: Knobs, entry: KnobEntry): KnobValue {
  return knobs[entry.name] ?? entry.default;
}

/** The default of a knob with an engine. */
export function defaultOf(entry: KnobEntry, engine: string): KnobValue {
  return engineOf(engine)?.defaults?.[entry.name] ?? entry.default;
}

/** What the engine calls a knob: a flag of its command line, or a key of its configuration; undefined where it has no name for it. */
export function flagOf(entry: KnobEntry, engine: string): string | undefined {
  return engineOf(engine)?.flags?.[entry.name] ?? (entry.phase === undefined ? entry.flag : undefined);
}

/** Whether the engine has the knob: its own, one of the common tables that it names, one of its phases, or one that all read. */
export function hasKnob(engine: EngineEntry, { name, phase, readBy }: KnobEntry): boolean {
  if (phase !== undefined) return engine.phases?.includes(phase) ?? false;
  return (
    readBy === 'all' || engine.reads.some((read) => read === name) || engine.knobs.some((own) => own.name === name)
  );
}

/** Whether the scenario reads the knob at all: one that belongs to another engine, memory or workload changes nothing. */
export function isRead(entry: KnobEntry, knobs: Knobs): boolean {
  const engine = engineOf(knobs.engine);
  if (entry.name === 'memory') return engine === undefined || engine.memories.length > 1;
  // In a closed loop the answers set the rate.
  if (entry.name === 'rate' && knobs.clients > 0) return false;
  // The engine's own number of blocks goes before the common one of tokens.
  if (entry.name === 'kv-tokens' && knobs['num-gpu-blocks-override'] > 0) return false;
  if (entry.name === 'swap-space' && knobs['preemption-mode'] !== 'swap') return false;
  if (entry.name === 'kv-offloading-size' && !knobs['enable-prefix-caching']) return false;
  if (entry.isUsed?.(knobs) === false) return false;
  const isOfEngine = engine === undefined ? entry.phase === undefined : hasKnob(engine, entry);
  // An engine with a memory of its own is not concerned by the manager that is set for others.
  const hasOwnMemory = engine !== undefined && engine.memories.length === 0;
  return (
    isOfEngine &&
    (hasOwnMemory || (entry.memories?.includes(knobs.memory) ?? true)) &&
    (entry.workloads?.includes(knobs.workload) ?? true)
  );
}

/** What a choice can be set to in this scenario. */
export function choicesOf(entry: KnobEntry & { readonly type: 'choice' }, knobs: Knobs): readonly string[] {
  return entry.name === 'memory' ? (engineOf(knobs.engine)?.memories ?? entry.choices) : entry.choices;
}

/** Keys of the messages of knobs that no engine brings along, `i18n/messages/knobs.ts`. Which knobs there are is known at run time only, so these are strings. */
export const labelKey = (name: string): string => `knob.${name}.label`;
export const helpKey = (name: string): string => `knob.${name}.help`;
/** Key of a choice's name: `choice.memory.paged`. */
export const choiceKey = (name: string, choice: string): string => `choice.${name}.${choice}`;
/** Key of what 0 means; null where it is the number nought. */
export const zeroKey = (name: string): string | null =>
  zeroMeanings.some((other) => other === name) ? `knob.${name}.zero` : null;

/** Knobs whose 0 means something else than the number nought. */
export const zeroMeanings = [
  'rate',
  'clients',
  'max-model-len',
  'long-prefill-token-threshold',
  'kv-offloading-size',
  'swap-space',
  'num-gpu-blocks-override',
  'kv-tokens',
  'batch-timeout-ms',
] as const satisfies readonly SharedName[];
