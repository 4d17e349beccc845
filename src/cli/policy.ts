/** A policy in a file, graded as the page does it: same contract, same checks, same limits. */

import { Worker } from 'node:worker_threads';
import { compilePolicy } from '../sandbox/compile.ts';
import type { Moment, PolicyFailure } from '../sandbox/failure.ts';
import { HEAP_MB, SILENCE_MS } from '../sandbox/limits.ts';
import { prepare } from '../sandbox/prepare.ts';
import { failureMoment, failureSentence, lineOfFailure } from '../sandbox/words.ts';
import type { Facts } from '../scenario/facts.ts';
import { encodeFile } from '../scenario/file.ts';
import type { Knobs } from '../scenario/knobs.ts';
import type { Terminal } from './command.ts';
import { Failure, problemLine } from './failure.ts';
import { type Loaded, oneEngineOrFail, readText } from './load.ts';
import { ownProgram } from './own-program.ts';
import type { FromThread, ThreadJob } from './policy-thread.ts';
import type { Account, Timed } from './simulate.ts';

const LOOK_EVERY_MS = 50;
/** Time for the thread to read the scenario and to begin. */
const START_MS = 60_000;

export interface Graded {
  /** The scenario's knobs with the engine around the policy. */
  readonly knobs: Knobs;
  readonly facts: Facts;
  readonly timed: Timed;
}

/** Simulates a scenario under the policy of a file, `repeat` times from scratch. What is wrong with the policy is a `Failure`. */
export async function gradePolicy(file: string, loaded: Loaded, repeat: number, io: Terminal): Promise<Graded> {
  oneEngineOrFail(loaded, '--policy');
  const text = await readText(file, 'a policy in TypeScript or JavaScript');
  const compiled = compilePolicy(text);
  if (!compiled.ok) throw new Failure(failureLine(file, compiled.failure));
  const scenario = encodeFile(loaded.knobs, loaded.materials.trace);
  const prepared = prepare({ scenario, thisGpu: null });
  if (!prepared.ok) throw new Failure(prepared.problems.map(problemLine).join('; '));

  let account: Account | undefined;
  let coldMs = 0;
  let wallMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeat; i++) {
    const log = i > 0 ? () => {} : (line: string) => io.note(`${file}: ${line}`);
    const moment = new Float64Array(new SharedArrayBuffer(16)).fill(-1);
    const job = { scenario, thisGpu: null, tellFrom: null, text: { script: file, first: 1, count: compiled.lines } };
    const outcome = await runThread({ tokenyardPolicy: true, job, code: compiled.code, moment }, log);
    if (outcome.kind === 'failed') throw new Failure(failureLine(file, outcome.failure));
    if (i === 0) coldMs = outcome.wallMs;
    wallMs = Math.min(wallMs, outcome.wallMs);
    if (account !== undefined && account.fingerprint !== outcome.account.fingerprint)
      throw new Failure(`${file}: repetition ${i + 1} gave other results than the first`);
    account = outcome.account;
  }
  if (account === undefined) throw new Error('nothing was simulated');
  const { knobs, facts } = prepared.value;
  return { knobs, facts, timed: { account, coldMs, wallMs, cpuMs: coldMs } };
}

type ThreadOutcome = Extract<FromThread, { kind: 'account' | 'failed' }>;

function runThread(data: ThreadJob, log: (line: string) => void): Promise<ThreadOutcome> {
  return new Promise((resolve) => {
    const worker = new Worker(ownProgram('policies run'), {
      workerData: data,
      env: {},
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    let signMs = performance.now();
    let phase: 'starting' | 'running' | 'summing' = 'starting';

    const finish = (outcome: ThreadOutcome): void => {
      clearInterval(watch);
      void worker.terminate();
      resolve(outcome);
    };
    const fail = (failure: PolicyFailure): void => finish({ kind: 'failed', failure });
    const watch = setInterval(() => {
      const silentMs = performance.now() - signMs;
      if (phase === 'starting' && silentMs > START_MS) fail({ kind: 'cannot-start', detail: '' });
      if (phase === 'running' && silentMs > SILENCE_MS) {
        fail({ kind: 'silent', afterMs: silentMs, ...momentOf(data.moment) });
      }
    }, LOOK_EVERY_MS);

    worker.on('message', (message: FromThread) => {
      signMs = performance.now();
      if (message.kind === 'begins') phase = 'running';
      else if (message.kind === 'sums-up') phase = 'summing';
      else if (message.kind === 'log') log(`${message.step === null ? '' : `step ${message.step}: `}${message.text}`);
      else if (message.kind === 'account' || message.kind === 'failed') finish(message);
    });
    worker.on('error', (error: Error & { code?: string }) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') fail({ kind: 'died', ...momentOf(data.moment) });
      else fail({ kind: 'cannot-start', detail: error.message });
    });
  });
}

function momentOf([step, nowUs]: Float64Array): Moment {
  return step < 0 ? { step: null, nowUs: 0 } : { step, nowUs };
}

/** `policy.ts:7: step 12, at 0.345 s: TypeError: mine.` */
function failureLine(file: string, failure: PolicyFailure): string {
  if (failure.kind === 'scenario') return failure.problems.map(problemLine).join('; ');
  const line = lineOfFailure(failure);
  const moment = failureMoment(failure, 'en');
  const place = [line === null ? file : `${file}:${line}`, ...(moment === '' ? [] : [moment])];
  // What a program threw may have lines of its own.
  return [...place, failureSentence(failure, 'en')].join(': ').replace(/\s*\n\s*/g, ' ');
}
