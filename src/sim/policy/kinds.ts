/** The policies that a configuration can name. */

import { deepSpeed } from './deepspeed.ts';
import { dynamic } from './dynamic.ts';
import { FasterTransformerPolicy } from './faster-transformer.ts';
import { fastGen } from './fastgen.ts';
import type { PolicyKind } from './kind.ts';
import { llamaCpp } from './llama-cpp.ts';
import { OrcaPolicy } from './orca.ts';
import type { Policy, PolicyContext } from './policy.ts';
import { SarathiPolicy } from './sarathi.ts';
import { sglangKind } from './sglang.ts';
import { SimpleChunkingPolicy } from './simple-chunking.ts';
import { StaticPolicy } from './static.ts';
import { tensorRtLlm } from './tensorrt-llm/tensorrt-llm.ts';
import { tgi } from './tgi.ts';
import { tgi2023 } from './tgi-2023.ts';
import { transformers } from './transformers.ts';
import { VllmPolicy } from './vllm.ts';
import { Vllm2023Policy } from './vllm-2023.ts';

/** A policy that is told nothing but the common configuration. */
function plain(id: string, create: new (context: PolicyContext) => Policy): PolicyKind {
  return { id, defaults: {}, createPolicy: (context) => new create(context) };
}

const byId = new Map<string, PolicyKind>();

/** Adds a policy under its id; a second one of the same id is an error. */
export function registerPolicy<S extends object>(kind: PolicyKind<S>): void {
  if (byId.has(kind.id)) throw new Error(`two policies are called ${kind.id}`);
  // Settings reach a kind through its own defaults, so they have the form it asks for.
  byId.set(kind.id, kind as unknown as PolicyKind);
}

/** The policy of that id; an unknown one is an error of the program. */
export function policyKind(id: string): PolicyKind {
  const kind = byId.get(id);
  if (kind === undefined) throw new Error(`no such policy: ${id}`);
  return kind;
}

registerPolicy(plain('vllm', VllmPolicy));
registerPolicy(plain('vllm-2023', Vllm2023Policy));
registerPolicy(plain('static', StaticPolicy));
registerPolicy(plain('sarathi', SarathiPolicy));
registerPolicy(plain('simple-chunking', SimpleChunkingPolicy));
registerPolicy(plain('orca', OrcaPolicy));
registerPolicy(plain('faster-transformer', FasterTransformerPolicy));
registerPolicy(sglangKind);
registerPolicy(tensorRtLlm);
registerPolicy(fastGen);
registerPolicy(dynamic);
registerPolicy(tgi);
registerPolicy(tgi2023);
registerPolicy(llamaCpp);
registerPolicy(deepSpeed);
registerPolicy(transformers);
