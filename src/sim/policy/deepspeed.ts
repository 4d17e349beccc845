import { ContiguousMemory } from '../memory/contiguous.ts';
import { outputEnd } from './finish.ts';
import type { PolicyKind } from './kind.ts';
import type { PolicyContext, Refusal } from './policy.ts';
import { StaticPolicy } from './static.ts';

export interface DeepSpeedSettings {
  /** `max_out_tokens`: places of a row of the KV workspace, for prompt and output together. */
  readonly maxOutTokens: number;
}

/**
 * DeepSpeed-Inference of 2022 (`init_inference`): it replaces the modules of a model by its own kernels and schedules
 * nothing, so `generate` runs static batches. Keys and values are in a workspace that is allocated once, `max_out_tokens`
 * for every row; a sequence that outgrows its row fails. Here it is refused when it comes, since its length is known.
 * Source: deepspeed/inference (DeepSpeed, edaa722), `max_out_tokens` in inference/config.py.
 */
export class DeepSpeedPolicy extends StaticPolicy {
  private readonly maxOutTokens: number;

  constructor(context: PolicyContext, { maxOutTokens }: DeepSpeedSettings) {
    super(context);
    this.maxOutTokens = maxOutTokens;
  }

  refuse(request: number): Refusal | null {
    const { sequences } = this.context;
    const need = sequences.requests.promptTokens[request] + outputEnd(sequences, request);
    return need > this.maxOutTokens ? { rule: 'workspace', need, have: this.maxOutTokens } : null;
  }
}

export const deepSpeed: PolicyKind<DeepSpeedSettings> = {
  id: 'deepspeed',
  defaults: { maxOutTokens: 1024 },
  createPolicy: (context, settings) => new DeepSpeedPolicy(context, settings),
  createMemory: (config, sequences, { maxOutTokens }) =>
    new ContiguousMemory({ ...config, memory: 'contiguous', maxModelLen: maxOutTokens }, sequences),
};
