/**
 * The page's side of a visitor's own policy. It runs in a worker out of a blob, in a hidden frame that has no origin and,
 * where the browser isolates such frames, a process of its own. Both are thrown away after the run, whatever happens.
 *
 * The worker beats while it works. After a second of silence it is ended; the run is done over to find the step, with
 * every call announced from the last beat on. If it does not fall silent then (the machine slept), its result counts.
 */

import type { Compiled } from '../sandbox/compile.ts';
import type { Moment, PolicyFailure } from '../sandbox/failure.ts';
import { SILENCE_MS } from '../sandbox/limits.ts';
import type { FromPolicy, Job } from '../sandbox/messages.ts';
import { lineOf } from '../sandbox/position.ts';
import type { ComparedRun } from '../scenario/comparison.ts';

export type PolicyOutcome =
  | { readonly ok: true; readonly run: ComparedRun }
  | { readonly ok: false; readonly failure: PolicyFailure };

export interface PolicyRunOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (moment: Moment, fraction: number) => void;
  readonly onLog?: (step: number | null, text: string) => void;
  /** For tests. */
  readonly openFrame?: OpenFrame;
  readonly script?: string;
}

/** Starts a frame that runs a script with a job. The port gives its messages; `close` ends it at once. */
export type OpenFrame = (script: string, job: Job) => { readonly port: Pick<MessagePort, 'onmessage'>; close(): void };

/** What comes through the port: what the worker says, and what the frame says of itself and of the worker. */
export type FromFrame =
  | FromPolicy
  | { readonly kind: 'alive' }
  | { readonly kind: 'broke'; readonly message: string; readonly line: number; readonly column: number };

/** Time for frame and worker to begin; a long trace has to be read. */
const START_MS = 30_000;
/** A frame that has been heard so recently is alive, and only its worker is silent. */
const ALIVE_MS = 600;
/** A frame that has been silent for so long is gone. */
const DEAD_MS = 2500;
const LOOK_EVERY_MS = 100;

type PolicyText = Extract<Compiled, { ok: true }>;

/** Simulates a scenario (as a file) under a policy. Never rejects. */
export async function runPolicy(
  policy: PolicyText,
  scenario: Pick<Job, 'scenario' | 'thisGpu'>,
  options: PolicyRunOptions = {},
): Promise<PolicyOutcome> {
  const runner = options.script ?? (await import('../sandbox/policy-thread.ts?script')).default;
  const { script, text } = scriptOf(runner, policy);
  const first = await attempt(script, { ...scenario, text, tellFrom: null }, options);
  const silent = first.ok || first.failure.kind !== 'silent' ? null : first.failure;
  // Before the first step there is nothing to tell apart.
  if (silent === null || silent.step === null) return first;
  const second = await attempt(script, { ...scenario, text, tellFrom: silent.step }, options);
  if (second.ok) return second;
  // A second run that did not get as far as the first was held up by the machine, and knows less.
  const { failure } = second;
  const knowsLess =
    failure.kind === 'cannot-start' || (failure.kind === 'silent' && (failure.step ?? -1) < silent.step);
  return knowsLess ? first : second;
}

/** The whole text of a worker: ours, closed in itself, and behind it the policy's as a function. */
function scriptOf(runner: string, { code, lines }: PolicyText): Pick<Job, 'text'> & { readonly script: string } {
  const before = `(() => {\n${runner}\n})();\ntokenyardPolicy((exports, module, require, console) => {\n`;
  const first = before.split('\n').length;
  return { script: `${before}${code}\n});\n`, text: { script: 'blob:', first, count: lines } };
}

function attempt(script: string, job: Job, options: PolicyRunOptions): Promise<PolicyOutcome> {
  const { signal, onProgress, onLog, openFrame = openHiddenFrame } = options;
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve({ ok: false, failure: { kind: 'cancelled' } });
    const startMs = performance.now();
    let moment: Moment = { step: null, nowUs: 0 };
    let signMs = startMs;
    let aliveMs = startMs;
    /** Silence counts while the visitor's code is running. */
    let phase: 'starting' | 'running' | 'summing' = 'starting';
    const frame = openFrame(script, job);

    const finish = (outcome: PolicyOutcome): void => {
      clearInterval(watch);
      signal?.removeEventListener('abort', onAbort);
      frame.port.onmessage = null;
      frame.close();
      resolve(outcome);
    };
    const fail = (failure: PolicyFailure): void => finish({ ok: false, failure });
    const onAbort = (): void => fail({ kind: 'cancelled' });
    signal?.addEventListener('abort', onAbort);

    const watch = setInterval(() => {
      const nowMs = performance.now();
      if (phase === 'starting' && nowMs - startMs > START_MS) fail({ kind: 'cannot-start', detail: '' });
      if (phase !== 'running') return;
      const silentMs = nowMs - signMs;
      if (silentMs < SILENCE_MS) return;
      if (nowMs - aliveMs < ALIVE_MS) fail({ kind: 'silent', afterMs: silentMs, ...moment });
      else if (nowMs - aliveMs > DEAD_MS) fail({ kind: 'died', ...moment });
    }, LOOK_EVERY_MS);

    frame.port.onmessage = ({ data }: MessageEvent<FromFrame>) => {
      aliveMs = performance.now();
      if (data.kind === 'alive') return;
      signMs = aliveMs;
      switch (data.kind) {
        case 'begins':
          phase = 'running';
          signMs = aliveMs;
          return;
        case 'beat':
          moment = { step: data.step, nowUs: data.nowUs };
          if (job.tellFrom === null) onProgress?.(moment, data.fraction);
          return;
        case 'log':
          if (job.tellFrom === null) onLog?.(data.step, data.text);
          return;
        case 'sums-up':
          phase = 'summing';
          return;
        case 'done':
          finish({ ok: true, run: data.run });
          return;
        case 'failed':
          fail(data.failure);
          return;
        case 'broke':
          fail(brokenBy(data, job, moment, phase !== 'starting'));
          return;
      }
    };
  });
}

/** The worker ended with an error of its own: a text that the browser does not take, or memory that ran out. */
function brokenBy(
  { message, line, column }: Extract<FromFrame, { kind: 'broke' }>,
  { text }: Job,
  moment: Moment,
  isRunning: boolean,
): PolicyFailure {
  const own = lineOf(line, text);
  if (!isRunning && own !== null) {
    // The first line has a few words of ours before it, so its columns are not the visitor's.
    const shown = message.replace(/^Uncaught (SyntaxError: )?/, '');
    return { kind: 'syntax', message: shown, line: own, column: own > 1 ? column : null };
  }
  if (isRunning) return { kind: 'died', ...moment };
  return { kind: 'cannot-start', detail: message };
}

const openHiddenFrame: OpenFrame = (script, job) => {
  const { port1, port2 } = new MessageChannel();
  const frame = document.createElement('iframe');
  frame.sandbox.add('allow-scripts');
  frame.hidden = true;
  frame.title = 'policy';
  frame.onload = () => frame.contentWindow?.postMessage({ script, job }, '*', [port2]);
  frame.src = new URL('policy-frame.html', document.baseURI).href;
  document.body.append(frame);
  return {
    port: port1,
    close: () => {
      port1.close();
      frame.remove();
    },
  };
};
