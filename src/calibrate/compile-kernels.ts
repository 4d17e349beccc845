/** Compiles the kernels that this device can run: all at once, and not longer than it is worth. */

import type { Session } from './device.ts';
import { CalibrationError } from './failure.ts';
import type { Kernel } from './kernels/kernel.ts';
import { indispensable, type KernelSet, type Task, tasks } from './kernels/kernels.ts';
import { type Compiled, startCompiling } from './pipelines.ts';
import type { Plan } from './plan.ts';
import type { Notice } from './result.ts';
import type { ReadyKernel } from './work.ts';

/** A kernel of which every program is being compiled. */
interface Attempt {
  readonly kernel: Kernel;
  readonly done: Promise<void>;
  outcome?: readonly Compiled[];
}

/**
 * The kernels of each task that compiled, in their order. Those that do not compile are noted and left out; so are those that are not
 * ready after `plan.maxCompileMs` where a task has another one. Throws the first error where an indispensable task has none at all.
 */
export async function compileKernels(
  session: Session,
  plan: Pick<Plan, 'maxCompileMs'>,
  kernels: KernelSet,
  notices: Notice[],
  onProgress: (share: number) => void,
): Promise<Record<Task, ReadyKernel[]>> {
  const endMs = session.now() + plan.maxCompileMs;
  const programs = new Map<string, Promise<Compiled>>();
  const attempts = Object.fromEntries(
    tasks.map((task) => [task, suited(session, kernels.tasks[task]).map((kernel) => begin(session, kernel, programs))]),
  ) as Record<Task, Attempt[]>;
  const all = tasks.flatMap((task) => attempts[task]);
  let ready = 0;
  for (const { done } of all) void done.then(() => onProgress(++ready / all.length));

  await session.wait(Promise.race([Promise.all(all.map(({ done }) => done)), pause(endMs - session.now())]));
  const result = {} as Record<Task, ReadyKernel[]>;
  for (const task of tasks) {
    result[task] = [];
    let problem: CalibrationError | undefined;
    const own = attempts[task];
    // Where nothing is ready, waiting is better than having nothing.
    for (const attempt of own) {
      if (own.some(({ outcome }) => outcome?.every(({ ok }) => ok))) break;
      await session.wait(attempt.done);
    }
    for (const { kernel, outcome } of own) {
      if (outcome === undefined) {
        notices.push({ kind: 'kernel-dropped', kernel: kernel.id, because: 'slow-compile' });
        continue;
      }
      const failed = outcome.find((compiled) => !compiled.ok);
      if (failed === undefined) {
        result[task].push({
          kernel,
          pipelines: outcome.flatMap((compiled) => (compiled.ok ? [compiled.pipeline] : [])),
        });
      } else {
        notices.push({ kind: 'kernel-dropped', kernel: kernel.id, because: 'shader-error' });
        problem ??= new CalibrationError({ kind: 'shader-error', kernel: kernel.id, detail: failed.detail });
      }
    }
    if (result[task].length === 0 && problem && indispensable.includes(task)) throw problem;
  }
  return result;
}

/** Kernels that this device can run, and should: barriers are too slow on a CPU. */
function suited({ device, subgroups, adapter }: Session, candidates: readonly Kernel[]): Kernel[] {
  const able = candidates.filter(
    ({ needs, lanes = 1 }) =>
      needs.every((feature) => device.features.has(feature)) && (lanes === 1 || lanes <= (subgroups?.min ?? 0)),
  );
  if (adapter.isSoftware) return able.filter(({ hasBarriers }) => !hasBarriers);
  // Of ways that differ only in how many lanes share a token, the widest that fits.
  const widest = Math.max(...able.map(({ lanes = 0 }) => lanes));
  return able.filter(({ lanes }) => lanes === undefined || lanes === widest);
}

function begin({ device }: Session, kernel: Kernel, programs: Map<string, Promise<Compiled>>): Attempt {
  const compiled = Promise.all(
    kernel.programs.map((program) => {
      const known = programs.get(program.id) ?? startCompiling(device, program);
      programs.set(program.id, known);
      return known;
    }),
  );
  const attempt: Attempt = {
    kernel,
    done: compiled.then((outcome) => {
      attempt.outcome = outcome;
    }),
  };
  return attempt;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, Math.max(0, ms)));
