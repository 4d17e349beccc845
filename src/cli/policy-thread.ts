/** The thread in which a policy of a file runs: this program once more, started with a job. Nothing of Node is left in it when the file's code begins. */

import { getHeapStatistics } from 'node:v8';
import { compileFunction } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { HEAP_MB, HEAP_SHARE } from '../sandbox/limits.ts';
import { lockDown } from '../sandbox/lock-down.ts';
import type { FromPolicy, Job } from '../sandbox/messages.ts';
import { type PolicyModule, play } from '../sandbox/play.ts';
import { prepare } from '../sandbox/prepare.ts';
import type { Facts } from '../scenario/facts.ts';
import type { Account } from './simulate.ts';

export interface ThreadJob {
  readonly tokenyardPolicy: true;
  readonly job: Job;
  /** The policy as `compile.ts` makes it. */
  readonly code: string;
  /** Written before every call of the policy: the step and the simulated time; below 0 = not yet called. */
  readonly moment: Float64Array;
}

export type FromThread =
  | FromPolicy
  | { readonly kind: 'account'; readonly account: Account; readonly facts: Facts; readonly wallMs: number };

/** Runs the job that this thread was started with, if it was started with one. */
export function servePolicy(): void {
  if (parentPort === null || !isThreadJob(workerData)) return;
  const { job, code, moment } = workerData;
  const send = parentPort.postMessage.bind(parentPort);
  const post = (message: FromThread): void => send(message);
  const nowMs = performance.now.bind(performance);

  const built = prepare(job);
  if (!built.ok) {
    post({ kind: 'failed', failure: { kind: 'scenario', problems: built.problems } });
    return;
  }
  let module: PolicyModule;
  try {
    const parameters = ['exports', 'module', 'require', 'console'];
    module = compileFunction(code, parameters, { filename: job.text.script }) as PolicyModule;
  } catch (error) {
    post({ kind: 'failed', failure: syntaxOf(error, job.text.script) });
    return;
  }
  lockDown();
  const tell = (step: number, nowUs: number): void => {
    moment[0] = step;
    moment[1] = nowUs;
  };
  const startMs = nowMs();
  const isHeapFull = () => getHeapStatistics().used_heap_size > HEAP_SHARE * HEAP_MB * 2 ** 20;
  const played = play(module, built.value, { nowMs, post, tell, isHeapFull, text: job.text });
  const wallMs = nowMs() - startMs;
  if (played.ok) post({ kind: 'account', account: played.account, facts: built.value.facts, wallMs });
  else post({ kind: 'failed', failure: played.failure });
}

function isThreadJob(data: unknown): data is ThreadJob {
  return typeof data === 'object' && data !== null && 'tokenyardPolicy' in data;
}

/** What the engine does not take, and our own reader of TypeScript did: its stack begins with file and line. */
function syntaxOf(error: unknown, script: string) {
  const { message = String(error), stack = '' } = error instanceof Error ? error : {};
  const [head] = stack.split('\n');
  const line = head.startsWith(`${script}:`) ? Number(head.slice(script.length + 1)) : Number.NaN;
  return { kind: 'syntax', message, line: Number.isInteger(line) ? line : null, column: null } as const;
}
