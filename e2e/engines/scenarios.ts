/** What is run in every JavaScript engine: the presets, and settings that reach the code which the presets leave out. */

import type { Knobs, SharedKnobs } from '../../src/scenario/knobs.ts';
import { type PresetId, presetOf, presets } from '../../src/scenario/presets.ts';

export interface Scenario {
  readonly name: string;
  readonly knobs: Knobs;
}

/** Long enough for bursts and for a full prefix of the hour; the hour itself is run once. */
const mostRequests = 2000;

const cut = (knobs: Knobs): Knobs => ({ ...knobs, requests: Math.min(knobs.requests, mostRequests) });

const changed = (name: string, preset: PresetId, changes: Partial<SharedKnobs>): Scenario => ({
  name,
  knobs: { ...cut(presetOf(preset).knobs), ...changes },
});

export const scenarios: readonly Scenario[] = [
  ...presets.map(({ id, knobs }) => ({ name: id, knobs: cut(knobs) })),
  { name: 'azure-chat, the hour', knobs: presetOf('azure-chat').knobs },
  changed('static-against-continuous, vllm', 'static-against-continuous', { engine: 'vllm', memory: 'paged' }),
  changed('azure-chat, small pool', 'azure-chat', { rate: 22, 'num-gpu-blocks-override': 5000 }),
  changed('azure-chat, closed loop', 'azure-chat', { clients: 24, seed: 3 }),
  changed('azure-code, contiguous memory', 'azure-code', { memory: 'contiguous-pow2', rate: 5 }),
  changed('azure-chat, this GPU', 'azure-chat', { device: 'this-gpu', seed: 11 }),
];

/** A recorded workload for the preset that wants one. */
export const traceCsv = [
  'TIMESTAMP,ContextTokens,GeneratedTokens',
  ...Array.from({ length: 500 }, (_, i) => {
    const time = new Date(Date.UTC(2023, 10, 16, 18) + i * 173).toISOString().replace('T', ' ').replace('Z', '0000');
    return `${time},${1 + ((i * 7919) % 6000)},${1 + ((i * 104_729) % 700)}`;
  }),
  '',
].join('\n');
