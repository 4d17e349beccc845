/** All phases of a scenario put together: the model and the device as they serve it, and what a step then costs. */

import type { EngineConfig } from '../../sim/engine-config.ts';
import { contextParallel } from '../../sim/gpu/context-parallel.ts';
import type { CostModel } from '../../sim/gpu/cost.ts';
import type { DeviceProfile } from '../../sim/gpu/device.ts';
import { createExpertParallelCost } from '../../sim/gpu/expert-parallel.ts';
import { rankModels, stageModel } from '../../sim/gpu/layout.ts';
import { scoreMatrixBytes } from '../../sim/gpu/materialised-attention.ts';
import type { ModelSpec } from '../../sim/gpu/model.ts';
import type { CostLimits, StepOptions } from '../../sim/gpu/operator-cost.ts';
import { deviceFor, heldPrecision, type Precision, quantised } from '../../sim/gpu/precision.ts';
import { switchingCost } from '../../sim/gpu/switching-cost.ts';
import { createParallelCost, rankModel } from '../../sim/gpu/tensor-parallel.ts';
import type { EngineEntry } from '../engines/entry.ts';
import type { PhaseId } from '../knob-entry.ts';
import type { Knobs } from '../knobs.ts';
import { isRead, knobEntry } from '../registry.ts';
import type { Result } from '../result.ts';
import { hasFlashAttention } from './attention.ts';
import { expertSkew } from './layout.ts';
import { multimodalPhase } from './multimodal.ts';
import { type Hardware, type Phase, plainPhase } from './phase.ts';
import { precisionOf, quantisationPhase } from './precision.ts';
import { speculationPhase } from './speculation.ts';

export interface Phases {
  /** The model with its precisions, and the part of it that one device holds, of each stage of the pipeline. */
  readonly model: ModelSpec;
  readonly stages: readonly ModelSpec[];
  /** The device at the rates of its fastest products, the base of utilisation. */
  readonly device: DeviceProfile;
  /** Whether steps take another time than those that the device's profile was compared with. */
  readonly changesTime: boolean;
  readonly besideBytes: number;
  readonly besideKvBytesPerToken: number;
  /** Memory for the scores of a step of `queries` tokens that see up to `keys`; 0 where attention keeps none. */
  scoreBytes(queries: number, keys: number): number;
  /** Of a stage. `on`: the same device as other steps see it, in place of its usual self. */
  cost(stage: number, limits: CostLimits, on?: DeviceProfile): CostModel;
  configure(config: EngineConfig): EngineConfig;
}

/** Reads the phases that the scenario's engine has. Phases it has not are left alone, whatever their knobs say. */
export function phasesOf(knobs: Knobs, hardware: Hardware, engine: EngineEntry): Result<Phases> {
  const { model, device, layout, topology } = hardware;
  const isFused = hasFlashAttention(knobs);
  const { weights, kv, small } = precisionOf(knobs);
  const drafts = isRead(knobEntry('speculative-method'), knobs);
  const has = (phase: PhaseId): boolean => engine.phases?.includes(phase) ?? false;
  const branches = engine.draftBranches?.(knobs) ?? 1;
  const images = { own: engine.encoderItems?.(knobs), isKept: has('encoder-cache') };
  const found: Phase[] = [];
  for (const phase of [
    quantisationPhase(knobs, hardware),
    drafts ? speculationPhase(knobs, hardware, branches) : ok(plainPhase),
    has('multimodal') || has('media-items') ? multimodalPhase(knobs, hardware, images) : ok(plainPhase),
  ]) {
    if (!phase.ok) return phase;
    found.push(phase.value);
  }
  const sum = (of: (phase: Phase) => number): number => found.reduce((total, phase) => total + of(phase), 0);
  const served = quantised(model, weights, kv);
  const stages = rankModels(served, layout);
  const productsOn = (precision: Precision, on = device): DeviceProfile =>
    deviceFor(on, heldPrecision(model, precision));
  const costOf = (stage: number, precision: Precision, limits: CostLimits, on: DeviceProfile): CostModel => {
    const part = stageModel(quantised(model, precision, kv), layout.pipeline, stage);
    const options: StepOptions = {
      attention: isFused ? 'fused' : 'materialised',
      // Images are encoded before the first layer.
      parts: stage === 0 ? found.flatMap((phase) => phase.parts(limits)) : [],
    };
    const products = productsOn(precision, on);
    const { experts } = part;
    if (layout.expertParallel && experts !== undefined)
      return createExpertParallelCost(
        { ...part, experts },
        products,
        layout,
        expertSkew(knobs),
        limits,
        options,
        topology,
      );
    const whole = createParallelCost(part, products, layout.tensor, limits, options, topology ?? undefined);
    return contextParallel(whole, rankModel(part, layout.tensor), layout, topology);
  };
  const usual = productsOn(weights);
  const loaded = small === null ? usual : productsOn(small);
  return ok({
    model: served,
    stages,
    device: loaded.peakFlops > usual.peakFlops ? loaded : usual,
    changesTime: !isFused || !isPlainDecoder(model) || found.some((phase) => phase.changesTime),
    besideBytes: sum((phase) => phase.besideBytes),
    besideKvBytesPerToken: sum((phase) => phase.besideKvBytesPerToken),
    scoreBytes: (queries, keys) => (isFused ? 0 : scoreMatrixBytes(stages[0], queries, keys)),
    cost: (stage, limits, on = device) =>
      small === null
        ? costOf(stage, weights, limits, on)
        : switchingCost([costOf(stage, weights, limits, on), costOf(stage, small, limits, on)]),
    configure: (config) => {
      let now = config;
      for (const phase of found) {
        const own = phase.configure(now);
        if (Object.keys(own).length > 0) now = Object.assign({ ...now }, own);
      }
      return now;
    },
  });
}

/** Whether a model is of the kind whose steps were measured: no experts, no latents, 16 bits. */
function isPlainDecoder({ experts, latent, publishedIn }: ModelSpec): boolean {
  return experts === undefined && latent === undefined && publishedIn === undefined;
}

function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}
