/** Predictions beside measurements, row by row, in groups. */

import type { DeviceProfile } from '../../sim/gpu/device.ts';
import { type HostSettings, withHost } from '../../sim/gpu/host-cost.ts';
import { kvBytesPerToken, type ModelSpec, weightBytes } from '../../sim/gpu/model.ts';
import { createCost } from '../../sim/gpu/operator-cost.ts';
import { relativeError } from './errors.ts';
import { isHeldOut } from './held-out.ts';
import type { AttentionRow, LayerTables } from './layer-tables.ts';
import { attentionUs, composer, kindOf, layerUs, missingLayers } from './layer-times.ts';
import { type StepTable, stepPredictor, type Unpredicted } from './steps.ts';

export interface Outcome {
  /** Groups that the row counts in. */
  readonly groups: readonly string[];
  readonly label: string;
  readonly us: number;
  readonly predictedUs: number;
  readonly error: number;
  readonly isHeldOut: boolean;
}

export interface Outcomes {
  readonly rows: readonly Outcome[];
  readonly unpredicted: readonly Unpredicted[];
}

function outcome(groups: readonly string[], label: string, key: string, us: number, predictedUs: number): Outcome {
  return { groups, label, us, predictedUs, error: relativeError(predictedUs, us), isHeldOut: isHeldOut(key) };
}

/** Whole steps: a group a model and kind, a model, a kind, and all. */
export function stepOutcomes(table: StepTable, device: DeviceProfile): Outcomes {
  const unpredicted = [...table.unpredicted];
  const rows: Outcome[] = [];
  for (const [name, model] of Object.entries(table.models)) {
    const predictor = stepPredictor(name, model, device);
    for (const { kind, label, shape, us } of table.steps.filter((step) => step.model === name)) {
      if (typeof predictor !== 'function') unpredicted.push({ label, reason: predictor.reason });
      else rows.push(outcome([`${name} ${kind}`, name, `every ${kind}`, 'all'], label, label, us, predictor(shape)));
    }
  }
  return { rows, unpredicted };
}

/** Steps that the host launched operator by operator, and what that took a layer: the median of those that it held up. */
export interface EagerOutcomes extends Outcomes {
  /** Microseconds a layer, by the number of devices. */
  readonly launchUsPerLayer: Readonly<Record<number, number>>;
}

/** A step that takes this much longer when launched by the host waits for the host. */
const HELD_UP = 1.15;

export function eagerOutcomes(table: StepTable, device: DeviceProfile): EagerOutcomes {
  const perLayer: Record<number, number[]> = {};
  for (const { model, label, us, eagerUs } of table.steps) {
    if (eagerUs === null || eagerUs < HELD_UP * us || isHeldOut(label)) continue;
    const { tp, layers } = table.models[model];
    perLayer[ranksOf(model, tp)] ??= [];
    perLayer[ranksOf(model, tp)].push(eagerUs / layers);
  }
  const launchUsPerLayer = Object.fromEntries(
    Object.entries(perLayer).map(([ranks, list]) => [ranks, list.sort((a, b) => a - b)[list.length >> 1]]),
  );
  const rows: Outcome[] = [];
  for (const [name, model] of Object.entries(table.models)) {
    const predictor = stepPredictor(name, model, device);
    if (typeof predictor !== 'function') continue;
    const launch = launchUsPerLayer[ranksOf(name, model.tp)] ?? 0;
    const host: HostSettings = { launchUsPerLayer: launch, stepUs: 0, copiesKv: false };
    const spec = { layers: model.layers } as ModelSpec;
    for (const { kind, label, shape, us, eagerUs } of table.steps.filter((step) => step.model === name)) {
      if (eagerUs === null) continue;
      const inner = { stepUs: predictor, flops: () => 0, explain: () => [] };
      const predicted = withHost(inner, spec, device, host).stepUs(shape);
      const which = eagerUs < HELD_UP * us ? 'eager, held up by the GPU' : 'eager, held up by the host';
      rows.push(outcome([`eager ${kind}`, which, 'eager'], `${label} (eager)`, label, eagerUs, predicted));
    }
  }
  return { rows, unpredicted: [], launchUsPerLayer };
}

/** Devices that one process drives: a shard measured alone is one. */
function ranksOf(name: string, tp: number): number {
  return name.endsWith('-shard') ? 1 : tp;
}

/** Share of the memory that engines give to weights and KV cache. */
const MEMORY_SHARE = 0.9;

/**
 * Layer tables: a group an operator, and steps put together from the tables: those whose keys and values fit beside the
 * weights (`step`), and those that such a device could never run (`too large`).
 * @param model one rank of it
 */
export function layerOutcomes(tables: LayerTables, model: ModelSpec, device: DeviceProfile): Outcomes {
  const { operators } = device;
  const rows: Outcome[] = [];
  const unpredicted: Unpredicted[] = [];
  for (const { layer, size, us, key } of [...tables.dense, ...tables.perSequence]) {
    const predicted = layerUs(operators, model, layer, size);
    const label = `${layer} ${size}`;
    if (predicted === undefined) unpredicted.push({ label, reason: `${model.name} has no ${layer} that is modelled` });
    else rows.push(outcome([layer, 'all rows'], label, key, us, predicted));
  }
  const room = (device.memoryBytes * MEMORY_SHARE - weightBytes(model)) / kvBytesPerToken(model);
  const cost = createCost(model, device, { maxTokens: 0, maxSequences: 0 }, 0);
  const compose = composer(tables, model);
  const missing = missingLayers(tables, model);
  const beyond =
    missing.length > 0
      ? `the tables have no ${missing.join(', ')}`
      : 'more tokens or sequences than the other tables hold';
  for (const row of tables.attention) {
    const kind = kindOf(row);
    const label = attentionLabel(row);
    const predicted = attentionUs(operators, model, row);
    rows.push(outcome([`attention ${kind}`, 'attention', 'all rows'], label, row.key, row.us, predicted));
    const step = compose(row);
    if (step === undefined) {
      unpredicted.push({ label: `step with ${label}`, reason: beyond });
      continue;
    }
    const fits = row.fresh + row.cached + row.decodes * row.context <= room;
    const groups = fits ? [`step ${kind}`, 'step'] : ['step too large'];
    rows.push(outcome(groups, `step with ${label}`, row.key, step.us, cost.stepUs(step.shape)));
  }
  return { rows, unpredicted };
}

function attentionLabel({ fresh, cached, decodes, context }: AttentionRow): string {
  const chunk = fresh === 0 ? '' : `chunk ${fresh}${cached === 0 ? '' : `+${cached}`}`;
  return [chunk, decodes === 0 ? '' : `${decodes} decodes of ${context}`].filter((part) => part !== '').join(', ');
}
