/** The layout of an instance over several GPUs as a scenario has it: stages of a pipeline, and what joins the GPUs. */

import type { DeviceProfile } from '../../sim/gpu/device.ts';
import { canLayOut, devicesOf, expertRanks, type ParallelLayout } from '../../sim/gpu/layout.ts';
import type { ModelSpec } from '../../sim/gpu/model.ts';
import { pcieLink } from '../../sim/gpu/peer-link.ts';
import { networkOf, singleHost, type Topology } from '../../sim/gpu/topology.ts';
import { commonKnob } from '../common-knobs.ts';
import type { EngineEntry } from '../engines/entry.ts';
import { ownKnobReader } from '../engines/own-knobs.ts';
import type { PhaseKnob } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import type { Result } from '../result.ts';

const ofHardware = { group: 'hardware', readBy: 'all', unit: 'none', change: 'start', since: 1 } as const;

/** Their words are in `engines/words/common.ts`. */
export const layoutKnobs: readonly PhaseKnob[] = [
  {
    ...ofHardware,
    name: 'pipeline-parallel-size',
    phase: 'pipeline',
    type: 'integer',
    default: 1,
    min: 1,
    max: 16,
    step: 1,
    scale: 'linear',
    zero: false,
  },
  {
    ...ofHardware,
    name: 'prefill-context-parallel-size',
    phase: 'context-parallel',
    type: 'integer',
    default: 1,
    min: 1,
    max: 16,
    step: 1,
    scale: 'linear',
    zero: false,
  },
  {
    ...ofHardware,
    name: 'enable-expert-parallel',
    phase: 'expert-parallel',
    type: 'switch',
    default: false,
  },
  {
    ...ofHardware,
    name: 'data-parallel-size',
    phase: 'expert-parallel',
    type: 'integer',
    isUsed: (knobs) => knobs['enable-expert-parallel'] === true,
    default: 1,
    min: 1,
    max: 64,
    step: 1,
    scale: 'log',
    zero: false,
  },
  {
    ...ofHardware,
    name: 'expert-skew',
    phase: 'expert-parallel',
    type: 'number',
    isUsed: (knobs) => knobs['enable-expert-parallel'] === true,
    default: 1,
    min: 1,
    max: 8,
    step: 0.05,
    scale: 'linear',
    zero: false,
  },
  {
    ...ofHardware,
    name: 'topology',
    type: 'choice',
    isUsed: (knobs) =>
      sizeOf(knobs, 'pipeline-parallel-size') > 1 ||
      sizeOf(knobs, 'prefill-context-parallel-size') > 1 ||
      (knobs['enable-expert-parallel'] === true && sizeOf(knobs, 'data-parallel-size') > 1) ||
      Number(commonKnob(knobs, 'tensor-parallel-size')) > 1,
    default: 'host',
    choices: ['host', 'pcie', 'hosts-100', 'hosts-200', 'hosts-400'],
  },
];

function sizeOf(knobs: Knobs, name: string): number {
  return ownKnobReader(layoutKnobs, knobs).number(name);
}

/** Stages of the pipeline, for an engine that has one. */
export function pipelineStages(knobs: Knobs): number {
  return sizeOf(knobs, 'pipeline-parallel-size');
}

/** Knobs of a layout that the engine does not have are left alone, whatever they say. */
export function layoutOf(knobs: Knobs, { phases = [] }: EngineEntry): ParallelLayout {
  const read = ownKnobReader(layoutKnobs, knobs);
  const expertParallel = phases.includes('expert-parallel') && read.isOn('enable-expert-parallel');
  return {
    tensor: Number(commonKnob(knobs, 'tensor-parallel-size')),
    pipeline: phases.includes('pipeline') ? pipelineStages(knobs) : 1,
    dataParallel: expertParallel ? read.number('data-parallel-size') : 1,
    expertParallel,
    context: phases.includes('context-parallel') ? read.number('prefill-context-parallel-size') : 1,
  };
}

/** How much more than the mean of its rows the busiest rank of experts gets, beside chance. */
export function expertSkew(knobs: Knobs): number {
  return ownKnobReader(layoutKnobs, knobs).number('expert-skew');
}

/** How the scenario lays out a model, and what joins the GPUs: null where there is one. */
export interface LaidOut {
  readonly layout: ParallelLayout;
  readonly topology: Topology | null;
}

/** The layout of a scenario, or why a model cannot be laid out so. */
export function laidOut(knobs: Knobs, model: ModelSpec, device: DeviceProfile, engine: EngineEntry): Result<LaidOut> {
  const layout = layoutOf(knobs, engine);
  const { tensor, pipeline, dataParallel, context } = layout;
  if (layout.expertParallel) {
    const { experts } = model;
    const ranks = expertRanks(layout);
    if (context > 1) return failed('prefill-context-parallel-size', context, '1 (enable-expert-parallel)');
    if (experts === undefined) return failed('enable-expert-parallel', 'on', `off (${model.name})`);
    if (experts.count % ranks !== 0)
      return failed('enable-expert-parallel', `${experts.count} / ${ranks}`, `off (${model.name})`);
  }
  if (devicesOf(layout) === 1) return { ok: true, value: { layout, topology: null } };
  const canTensor = (ranks: number): boolean =>
    (ranks === 1 || device.peerLink !== null) && canLayOut(model, { ...layout, tensor: ranks, pipeline: 1 });
  if (!canTensor(tensor)) {
    const choices = [1, 2, 3, 4, 5, 6, 7, 8].filter(canTensor).join('|');
    const whose = device.peerLink === null ? device.name : model.name;
    return failed('tensor-parallel-size', tensor, `${choices} (${whose})`);
  }
  if (device.peerLink === null) {
    const [knob, size] =
      pipeline > 1
        ? ['pipeline-parallel-size', pipeline]
        : context > 1
          ? ['prefill-context-parallel-size', context]
          : ['data-parallel-size', dataParallel];
    return failed(knob, size, `1 (${device.name})`);
  }
  if (!canLayOut(model, layout))
    return failed('pipeline-parallel-size', pipeline, `1..${model.layers} (${model.name})`);
  const topology = topologyOf(ownKnobReader(layoutKnobs, knobs).choice('topology'), device.peerLink, layout);
  if (topology === null) return failed('topology', devicesOf(layout), 'host|pcie');
  return { ok: true, value: { layout, topology } };
}

/** Null where the ranks of a layer, or those of a stage among which prompts are divided, would be in unequal parts on the two hosts. */
function topologyOf(choice: string, peer: Topology['peer'], layout: ParallelLayout): Topology | null {
  if (choice === 'host') return singleHost(peer);
  if (choice === 'pcie') return { ...singleHost(pcieLink), id: choice };
  const devicesPerHost = devicesOf(layout) / 2;
  const { tensor, context } = layout;
  const isEven =
    Number.isInteger(devicesPerHost) &&
    [tensor, tensor * context].every((ranks) => devicesPerHost % ranks === 0 || ranks % devicesPerHost === 0);
  return isEven ? { id: choice, devicesPerHost, peer, network: networkOf(Number(choice.split('-')[1])) } : null;
}

function failed(field: string, found: number | string, expected: string): Result<never> {
  return { ok: false, problems: [{ code: 'invalid-value', field, found: String(found), expected }] };
}
