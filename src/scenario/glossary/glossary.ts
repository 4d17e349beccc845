/** The glossary: the terms, and beside them every engine and every knob, which bring their own words along. */

import { engines } from '../engines/engines.ts';
import type { EngineEntry } from '../engines/entry.ts';
import type { KnobEntry, Text } from '../knob-entry.ts';
import { findKnob, flagOf, hasKnob, registry } from '../registry.ts';
import type { AreaId, Term } from './entry.ts';
import { fleet } from './terms/fleet.ts';
import { gpu } from './terms/gpu.ts';
import { hardware } from './terms/hardware.ts';
import { memory } from './terms/memory.ts';
import { metrics } from './terms/metrics.ts';
import { phases } from './terms/phases.ts';
import { policy } from './terms/policy.ts';
import { queue } from './terms/queue.ts';
import { simulation } from './terms/simulation.ts';
import { system } from './terms/system.ts';
import { workload } from './terms/workload.ts';

export interface Area {
  readonly id: AreaId;
  readonly name: Text;
  readonly terms: readonly Term[];
}

export const areas: readonly Area[] = [
  { id: 'S', name: { en: 'System', zh: '系统' }, terms: system },
  { id: 'Q', name: { en: 'Queue', zh: '队列' }, terms: queue },
  { id: 'M', name: { en: 'Memory', zh: '内存' }, terms: memory },
  { id: 'G', name: { en: 'GPU', zh: 'GPU' }, terms: [...gpu, ...fleet] },
  { id: 'P', name: { en: 'Phases', zh: '阶段' }, terms: phases },
  { id: 'σ', name: { en: 'Policy', zh: '策略' }, terms: policy },
  { id: 'metrics', name: { en: 'Metrics', zh: '指标' }, terms: metrics },
  { id: 'hardware', name: { en: 'Model and device', zh: '模型与设备' }, terms: hardware },
  { id: 'workload', name: { en: 'Workload', zh: '负载' }, terms: workload },
  { id: 'simulation', name: { en: 'This simulation', zh: '本模拟器' }, terms: simulation },
];

export const terms: readonly Term[] = areas.flatMap((area) => area.terms);

/** A knob in the glossary, with the engines that read it under a name of their own. */
export interface GlossaryKnob {
  readonly entry: KnobEntry;
  /** The engine that brings it along; undefined where several share it. */
  readonly engine?: EngineEntry;
  /** What command lines and configurations call it, with the engines that do (none of them where the entry names another program); empty where none has a name for it. */
  readonly flags: readonly { readonly flag: string; readonly engines: readonly EngineEntry[] }[];
}

/** Every knob of the registry, those of engines with their engine. */
export function glossaryKnobs(): readonly GlossaryKnob[] {
  return registry().map((entry) => ({
    entry,
    engine: engines().find((engine) => engine.knobs.some((own) => own === entry)),
    flags: flagsOf(entry),
  }));
}

function flagsOf(entry: KnobEntry): GlossaryKnob['flags'] {
  if (entry.program !== undefined) return entry.flag === undefined ? [] : [{ flag: entry.flag, engines: [] }];
  const byFlag = new Map<string, EngineEntry[]>();
  for (const engine of engines()) {
    if (!hasKnob(engine, entry)) continue;
    const flag = flagOf(entry, engine.id);
    if (flag !== undefined) byFlag.set(flag, [...(byFlag.get(flag) ?? []), engine]);
  }
  return [...byFlag].map(([flag, those]) => ({ flag, engines: those }));
}

/** Id of a knob's entry, and of an engine's. */
export const knobId = (name: string): string => `knob.${name}`;
export const engineId = (id: string): string => `engine.${id}`;

/** What an id stands for. Undefined for none. */
export type Found =
  | { readonly kind: 'term'; readonly term: Term; readonly area: Area }
  | { readonly kind: 'knob'; readonly knob: GlossaryKnob }
  | { readonly kind: 'engine'; readonly engine: EngineEntry };

export function entryOf(id: string): Found | undefined {
  for (const area of areas) {
    const term = area.terms.find((each) => each.id === id);
    if (term !== undefined) return { kind: 'term', term, area };
  }
  const engine = engines().find((each) => engineId(each.id) === id);
  if (engine !== undefined) return { kind: 'engine', engine };
  const knob = glossaryKnobs().find(({ entry }) => knobId(entry.name) === id);
  return knob === undefined ? undefined : { kind: 'knob', knob };
}

/** Terms to read next: those that a term names, then those that name it. */
export function relatedTo(term: Term): readonly Term[] {
  const named = term.related ?? [];
  const naming = terms.filter((each) => each.related?.includes(term.id) && !named.includes(each.id));
  return [...named.flatMap((id) => terms.find((each) => each.id === id) ?? []), ...naming];
}

/** Knobs that set or change what a term means. */
export function knobsOf(term: Term): readonly KnobEntry[] {
  return (term.knobs ?? []).flatMap((name) => findKnob(name) ?? []);
}

/** Terms that a knob concerns. */
export function termsOf(knob: KnobEntry): readonly Term[] {
  return terms.filter((term) => term.knobs?.includes(knob.name));
}

/** The term that a panel is about. */
export const panelTerms: Readonly<Record<string, string>> = {
  queue: 'waiting-queue',
  rows: 'request',
  batch: 'batch',
  kv: 'kv-pool',
  step: 'step',
  latency: 'latency',
  strip: 'throughput',
  roofline: 'roofline',
  memory: 'fragmentation',
  timeline: 'gpu-busy',
  events: 'event',
  fleet: 'fleet',
};
