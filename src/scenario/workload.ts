/** The source of requests that a scenario asks for. */

import type { Source } from '../sim/source.ts';
import { arrivalTimes } from '../workload/arrivals.ts';
import { azureChat2023, azureCode2023 } from '../workload/azure-2023.ts';
import { batchSource } from '../workload/batch.ts';
import { chatSource } from '../workload/chats.ts';
import { closedLoopSource } from '../workload/closed-loop.ts';
import { conversationSource } from '../workload/conversation.ts';
import { createFitted, type FittedSpec, fillTable } from '../workload/fitted.ts';
import { givenLengths, type LengthSetId, lengthSets } from '../workload/length-sets.ts';
import { type Bodies, fitBodies, sampleLengths } from '../workload/lengths.ts';
import { longPromptSource } from '../workload/long-prompt.ts';
import { mooncakeChat2025, mooncakeTools2025 } from '../workload/mooncake-2025.ts';
import { multimodalSource } from '../workload/multimodal.ts';
import { openSource } from '../workload/open-source.ts';
import { createPeople, type People, peopleBodies, withPeople } from '../workload/people.ts';
import { sessionSource } from '../workload/sessions.ts';
import { tinySource } from '../workload/tiny.ts';
import type { Trace } from '../workload/trace.ts';
import { traceBodies, traceSource } from '../workload/trace-source.ts';
import { commonKnob } from './common-knobs.ts';
import { engineOf } from './engines/engines.ts';
import type { Knobs } from './knobs.ts';
import { multimodalOptions } from './phases/multimodal.ts';
import { conversationOptions } from './phases/one-user.ts';
import type { Result } from './result.ts';

/** Answer of the long prompt, tokens. */
const longOutputTokens = 128;
/** The long prompt of the stall scenario where the longest sequence allows it, tokens. */
const longPromptTokens = 8192;

/**
 * Creates the source.
 * @param maxModelLen longest sequence of the engine; the long prompt is made to fit it
 */
export function createSource(knobs: Knobs, maxModelLen: number, trace?: Trace): Result<Source> {
  const { requests, rate: ratePerS, seed } = knobs;
  const people = createPeople({
    users: Number(commonKnob(knobs, 'users')),
    urgentShare: Number(commonKnob(knobs, 'urgent-share')),
    urgentPriority: engineOf(knobs.engine)?.urgentPriority?.(knobs),
    seed,
  });
  const ok = (source: Source): Result<Source> => ({ ok: true, value: withPeople(source, people) });
  switch (knobs.workload) {
    case 'azure-chat':
      return ok(fitted(azureChat2023, knobs, people));
    case 'azure-code':
      return ok(fitted(azureCode2023, knobs, people));
    case 'mooncake-chat':
    case 'mooncake-tools': {
      const spec = knobs.workload === 'mooncake-chat' ? mooncakeChat2025 : mooncakeTools2025;
      const options = { requests, ratePerS, seed, maxTokens: maxModelLen, people };
      return { ok: true, value: chatSource(spec, options) };
    }
    case 'batch':
      return ok(batchSource({ requests, seed }));
    case 'multimodal':
      return ok(multimodalSource(multimodalOptions(knobs)));
    case 'one-user':
      return ok(conversationSource(conversationOptions(knobs, maxModelLen)));
    case 'tiny':
      return ok(tinySource());
    case 'lengths':
      return ok(lengthsSource(knobs, lengthBodies(knobs, maxModelLen), people));
    case 'sessions':
      return ok(
        sessionSource({
          requests,
          ratePerS,
          clients: knobs.clients,
          seed,
          groups: Number(commonKnob(knobs, 'prefix-groups')),
          prefixTokens: Number(commonKnob(knobs, 'prefix-tokens')),
          turns: Number(commonKnob(knobs, 'turns')),
          branches: Number(commonKnob(knobs, 'branches')),
          rounds: Number(commonKnob(knobs, 'rounds')),
          bodies: lengthBodies(knobs, maxModelLen),
          people,
        }),
      );
    case 'long-prompt':
      return ok(
        longPromptSource({
          requests,
          ratePerS,
          seed,
          longPromptTokens: Math.max(1, Math.min(longPromptTokens, maxModelLen - longOutputTokens)),
          longOutputTokens,
        }),
      );
    case 'trace':
      if (trace === undefined || trace.rows === 0)
        return { ok: false, problems: [{ code: 'trace-missing', field: 'workload' }] };
      return ok(
        knobs.clients > 0
          ? closedLoop(knobs, traceBodies(trace), Math.min(requests, trace.rows), people)
          : traceSource(trace, { requests, ratePerS }),
      );
  }
}

/** Prompts and answers as the scenario's lengths have them, none longer than the longest sequence. */
function lengthBodies(knobs: Knobs, maxModelLen: number): Bodies {
  const name = commonKnob(knobs, 'lengths');
  const side = (of: string) => ({
    tokens: Number(commonKnob(knobs, `${of}-tokens`)),
    spread: Number(commonKnob(knobs, `${of}-spread`)),
  });
  switch (name) {
    case 'fixed':
    case 'uniform':
    case 'normal':
      return fitBodies(sampleLengths(givenLengths(name, side('prompt'), side('output')), knobs.seed), maxModelLen);
    default: {
      const set = lengthSets[name as LengthSetId];
      return fitBodies(sampleLengths(set.lengths, knobs.seed), Math.min(maxModelLen, set.maxTotal));
    }
  }
}

/** Requests of these bodies: of clients that begin within 10 ms for each of them, a Poisson process, or all at once. */
function lengthsSource(knobs: Knobs, bodies: Bodies, people: People | null): Source {
  const { requests, rate: ratePerS, clients, seed } = knobs;
  if (clients > 0) {
    const startSpreadS = clients * 0.01;
    const peoples = peopleBodies(bodies, clients, people);
    return closedLoopSource({ clients, requests, thinkS: 0, startSpreadS, seed, bodies: peoples });
  }
  const times =
    ratePerS > 0
      ? arrivalTimes({ type: 'poisson', ratePerS }, requests, 0, seed)
      : arrivalTimes({ type: 'at-once' }, requests, 0, seed);
  return openSource(fillTable(times, bodies));
}

function fitted(spec: FittedSpec, knobs: Knobs, people: People | null): Source {
  const { requests, rate: ratePerS, seed } = knobs;
  return knobs.clients > 0
    ? closedLoop(knobs, sampleLengths(spec.lengths, seed), requests, people)
    : createFitted(spec, { requests, ratePerS, seed });
}

function closedLoop(knobs: Knobs, bodies: Bodies, requests: number, people: People | null): Source {
  const { clients, seed } = knobs;
  return closedLoopSource({ clients, requests, thinkS: 0, seed, bodies: peopleBodies(bodies, clients, people) });
}
