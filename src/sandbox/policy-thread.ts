/**
 * What runs beside a visitor's policy in a browser: one script, which stands before the policy's text in the same blob.
 * The text hands over its module as a function (`tokenyardPolicy`); it runs when a job is there and the thread is locked
 * down.
 */

import { comparedRun } from '../scenario/comparison.ts';
import { lockDown } from './lock-down.ts';
import type { FromPolicy, Job } from './messages.ts';
import { type PolicyModule, play } from './play.ts';
import { prepare } from './prepare.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope & {
  tokenyardPolicy?: (module: PolicyModule) => void;
};
const send = scope.postMessage.bind(scope);
const nowMs = performance.now.bind(performance);
const post = (message: FromPolicy): void => send(message);

let module: PolicyModule | null = null;
scope.tokenyardPolicy = (given) => {
  module = given;
};

scope.onmessage = ({ data: job }: MessageEvent<Job>) => {
  scope.onmessage = null;
  const built = prepare(job);
  if (module === null) throw new Error('the policy is missing');
  if (!built.ok) {
    post({ kind: 'failed', failure: { kind: 'scenario', problems: built.problems } });
    return;
  }
  lockDown();
  const { tellFrom, text } = job;
  const tell = (step: number, nowUs: number): void => {
    if (tellFrom !== null && step >= tellFrom) post({ kind: 'beat', step, nowUs, fraction: 0 });
  };
  const played = play(module, built.value, { nowMs, post, text, ...(tellFrom === null ? {} : { tell }) });
  if (played.ok) post({ kind: 'done', run: comparedRun(built.value.knobs, played.account) });
  else post({ kind: 'failed', failure: played.failure });
};
