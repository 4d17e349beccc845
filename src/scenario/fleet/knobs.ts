/** Knobs of a fleet: how many engines, who sends requests where, what clients do, what fails, when instances are started. */

import { deviceIds } from '../../sim/gpu/device-ids.ts';
import { ownKnobReader } from '../engines/own-knobs.ts';
import type { FleetKnob, KnobText } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import { kvLinkIds } from './kv-link-ids.ts';
import { routerIds } from './router-ids.ts';
import { routerKnobs } from './router-knobs.ts';

const isOn = (knobs: Knobs, name: string) => isFleet(knobs) && fleetReader(knobs).number(name) > 0;

/** Value of knob `decode-device` that stands for the device of the scenario. */
export const sameDevice = 'same';

const ofFleet = { group: 'fleet', readBy: 'all', change: 'start', since: 1, isUsed: isFleet } as const;
const ofScaling = { ...ofFleet, isUsed: (knobs: Knobs) => isOn(knobs, 'autoscale-target') && !isSplit(knobs) } as const;
const ofSplit = { ...ofFleet, isUsed: isSplit } as const;
const ofStore = { ...ofFleet, isUsed: hasStore } as const;
const seconds = { type: 'number', unit: 's', scale: 'log' } as const;
const whole = { type: 'integer', step: 1, scale: 'log' } as const;

export const fleetKnobs: readonly FleetKnob[] = [
  {
    ...ofFleet,
    ...whole,
    name: 'replicas',
    unit: 'none',
    default: 1,
    min: 1,
    max: 64,
    zero: false,
    isUsed: () => true,
  },
  { ...ofFleet, name: 'router', type: 'choice', unit: 'none', default: 'round-robin', choices: routerIds },
  ...routerKnobs(isChosen, hasStore),
  { ...ofFleet, ...whole, name: 'router-report-ms', unit: 'ms', default: 0, min: 1, max: 60_000, zero: true },
  { ...ofFleet, ...seconds, name: 'client-timeout-s', default: 0, min: 0.1, max: 3600, step: 0.1, zero: true },
  {
    ...ofFleet,
    ...whole,
    name: 'client-retries',
    unit: 'none',
    default: 0,
    min: 0,
    max: 10,
    scale: 'linear',
    zero: true,
  },
  {
    ...ofFleet,
    ...seconds,
    name: 'client-backoff-s',
    default: 1,
    min: 0.01,
    max: 600,
    step: 0.01,
    zero: false,
    isUsed: (knobs) => isOn(knobs, 'client-retries'),
  },
  { ...ofFleet, ...whole, name: 'max-in-flight', unit: 'requests', default: 0, min: 1, max: 100_000, zero: true },
  { ...ofFleet, ...whole, name: 'max-tokens-ahead', unit: 'tokens', default: 0, min: 1, max: 10_000_000, zero: true },
  { ...ofFleet, ...seconds, name: 'replica-mtbf-s', default: 0, min: 1, max: 10_000_000, step: 1, zero: true },
  {
    ...ofFleet,
    ...seconds,
    name: 'replica-repair-s',
    default: 120,
    min: 1,
    max: 86_400,
    step: 1,
    zero: true,
    isUsed: (knobs) => isOn(knobs, 'replica-mtbf-s'),
  },
  {
    ...ofFleet,
    ...whole,
    name: 'autoscale-target',
    unit: 'requests',
    default: 0,
    min: 1,
    max: 10_000,
    zero: true,
    isUsed: (knobs) => isFleet(knobs) && !isSplit(knobs),
  },
  { ...ofScaling, ...whole, name: 'autoscale-min', unit: 'none', default: 1, min: 1, max: 64, zero: false },
  { ...ofScaling, ...seconds, name: 'autoscale-start-s', default: 60, min: 0.1, max: 3600, step: 0.1, zero: false },
  {
    ...ofScaling,
    ...seconds,
    name: 'autoscale-calm-s',
    default: 300,
    min: 0,
    max: 3600,
    step: 1,
    scale: 'linear',
    zero: true,
  },
  {
    ...ofFleet,
    ...whole,
    name: 'prefill-replicas',
    unit: 'none',
    default: 0,
    min: 1,
    max: 63,
    scale: 'linear',
    zero: true,
    isUsed: canSplit,
  },
  {
    ...ofSplit,
    name: 'decode-device',
    type: 'choice',
    unit: 'none',
    default: sameDevice,
    choices: [sameDevice, ...deviceIds],
    namedAs: 'device',
  },
  { ...ofSplit, name: 'decode-router', type: 'choice', unit: 'none', default: 'least-requests', choices: routerIds },
  { ...ofSplit, name: 'kv-link', type: 'choice', unit: 'none', default: 'network-400g', choices: kvLinkIds },
  {
    ...ofSplit,
    name: 'kv-transfer',
    type: 'choice',
    unit: 'none',
    default: 'at-end',
    choices: ['at-end', 'per-layer'],
  },
  { ...ofSplit, name: 'first-token', type: 'choice', unit: 'none', default: 'prefill', choices: ['prefill', 'decode'] },
  { ...ofSplit, ...whole, name: 'mixed-pool-tokens', unit: 'tokens', default: 0, min: 1, max: 10_000_000, zero: true },
  { ...ofSplit, ...seconds, name: 'role-switch-s', default: 0, min: 1, max: 3600, step: 1, zero: true },
  {
    ...ofSplit,
    ...seconds,
    name: 'role-start-s',
    default: 10,
    min: 0.1,
    max: 3600,
    step: 0.1,
    zero: true,
    isUsed: (knobs) => isSplit(knobs) && isOn(knobs, 'role-switch-s'),
  },
  {
    ...ofFleet,
    name: 'kv-store-gib',
    type: 'number',
    unit: 'GiB',
    default: 0,
    min: 0.01,
    max: 65_536,
    step: 0.01,
    scale: 'log',
    zero: true,
    isUsed: canShare,
  },
  { ...ofStore, name: 'kv-store-link', type: 'choice', unit: 'none', default: 'network-400g', choices: kvLinkIds },
  { ...ofFleet, ...whole, name: 'replica', unit: 'none', default: 0, min: 0, max: 63, scale: 'linear', zero: true },
];

/** Names and sentences of these knobs. */
export function fleetWords(): Promise<Readonly<Record<string, KnobText>>> {
  return import('./words.ts').then((m) => m.words);
}

/** Reads them. */
export const fleetReader = (knobs: Knobs) => ownKnobReader(fleetKnobs, knobs);

/** Whether a scenario is served by more than one engine. */
export function isFleet(knobs: Knobs): boolean {
  return replicasOf(knobs) > 1;
}

/**
 * Whether engines can share prefixes by a store: vLLM's scheduler with a KV connector is modelled, and what is not cached in blocks has no
 * keys. One engine alone has host memory for that (`kv-offloading-size`).
 */
function canShare(knobs: Knobs): boolean {
  return canSplit(knobs) && knobs['enable-prefix-caching'] === true;
}

/** Whether the engine can fetch KV that another one computed: vLLM's scheduler with a KV connector is modelled. */
function canSplit(knobs: Knobs): boolean {
  return isFleet(knobs) && knobs.engine === 'vllm' && knobs.memory === 'paged';
}

/** Whether some replicas prefill and the others decode. */
export function isSplit(knobs: Knobs): boolean {
  return canSplit(knobs) && fleetReader(knobs).number('prefill-replicas') > 0;
}

/** Whether a router chooses among replicas, or among those that decode. */
function isChosen(knobs: Knobs, router: string): boolean {
  const { choice } = fleetReader(knobs);
  return isFleet(knobs) && (choice('router') === router || (isSplit(knobs) && choice('decode-router') === router));
}

/** The device of the replicas that decode from the start, as knob `device` names it: that of the scenario unless another one is chosen. */
export function decodeDeviceOf(knobs: Knobs): string {
  const chosen = fleetReader(knobs).choice('decode-device');
  return isSplit(knobs) && chosen !== sameDevice ? chosen : knobs.device;
}

/** Whether replicas share prefixes by a store. */
export function hasStore(knobs: Knobs): boolean {
  return canShare(knobs) && fleetReader(knobs).number('kv-store-gib') > 0;
}

export function replicasOf(knobs: Knobs): number {
  return fleetReader(knobs).number('replicas');
}

/** The replica that is looked at, from 0: the last one where there are not as many. */
export function shownReplica(knobs: Knobs): number {
  return Math.min(fleetReader(knobs).number('replica'), replicasOf(knobs) - 1);
}

/** Replicas that prefill only, the first ones; 0 where each does both. At least one is left to decode. */
export function prefillsOf(knobs: Knobs): number {
  return isSplit(knobs) ? Math.min(fleetReader(knobs).number('prefill-replicas'), replicasOf(knobs) - 1) : 0;
}
