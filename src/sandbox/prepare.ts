import { type Built, buildOne } from '../scenario/build.ts';
import { engineOf, registerEngine } from '../scenario/engines/engines.ts';
import { decodeFile } from '../scenario/file.ts';
import type { Knobs } from '../scenario/knobs.ts';
import type { Result } from '../scenario/result.ts';
import { withEngine } from '../scenario/with-engine.ts';
import { customKind, customPolicyId } from '../sim/policy/custom/kind.ts';
import { registerPolicy } from '../sim/policy/kinds.ts';
import { ownPolicyEngine } from './engine.ts';
import type { Job } from './messages.ts';

/** Builds a job's scenario around a policy of one's own: the same traffic, model and device, the knobs that policy reads. */
export function prepare({
  scenario,
  thisGpu,
}: Pick<Job, 'scenario' | 'thisGpu'>): Result<Built & { readonly knobs: Knobs }> {
  // The engine is known in the thread of a policy only, so that no menu or link names it.
  if (engineOf(customPolicyId) === undefined) {
    registerPolicy(customKind);
    registerEngine(ownPolicyEngine);
  }
  const file = decodeFile(new TextDecoder().decode(scenario), 'scenario');
  if (!file.ok) return file;
  const knobs = withEngine(file.value.knobs, customPolicyId);
  const built = buildOne(knobs, { trace: file.value.trace, thisGpu: thisGpu ?? undefined });
  return built.ok ? { ok: true, value: { ...built.value, knobs } } : built;
}
