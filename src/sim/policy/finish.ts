/** When a request has all its output, and what is noted of it then: the same for every policy. */

import { Because, DecisionKind } from '../decision.ts';
import { EndsBy, Status } from '../request.ts';
import type { Sequences } from '../sequences.ts';
import type { PolicyContext } from './policy.ts';

/** Output tokens after which a request ends: its own length, cut by what was asked and by the model's length. */
export function outputEnd({ requests, outputLimit }: Sequences, request: number): number {
  return Math.min(requests.outputTokens[request], outputLimit[request]);
}

/** Whether a request has generated all its output. */
export function hasAllOutput(sequences: Sequences, request: number): boolean {
  return sequences.generated[request] >= outputEnd(sequences, request);
}

/** Whether a request with all its output ended with a stop token, not with a length limit. */
export function isStopped({ requests, generated }: Sequences, request: number): boolean {
  return requests.endsBy[request] === EndsBy.stop && generated[request] === requests.outputTokens[request];
}

/** Notes that a request has finished. Its seat and its memory are the policy's to take back. */
export function finish({ sequences, decisions, ended }: PolicyContext, request: number, nowUs: number): void {
  sequences.status[request] = Status.finished;
  sequences.finishUs[request] = nowUs;
  const because = isStopped(sequences, request) ? Because.stop : Because.length;
  decisions.add(DecisionKind.finish, request, because, sequences.generated[request], 0);
  ended(request, nowUs);
}
