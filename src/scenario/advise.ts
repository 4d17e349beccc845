import { type Advice, type Aim, adviceOf, ranked, settingsNear, tried } from './advice.ts';
import type { Materials } from './build.ts';
import type { Knobs } from './knobs.ts';
import type { Result } from './result.ts';
import { simulateScenario } from './simulate.ts';
import { withValue } from './value.ts';

/**
 * What would have helped: every engine and memory knob twice and half as large, or switched over, each simulated again;
 * the most helpful first. Settings that cannot run, that change nothing, or that lift a limit which binds in no step are
 * left out.
 * @param progress told before every simulation
 */
export function advise(
  knobs: Knobs,
  materials: Materials,
  aim: Aim,
  progress: (done: number, all: number) => void = () => {},
): Result<Advice[]> {
  const base = simulateScenario(knobs, materials);
  if (!base.ok) return base;
  const tries = settingsNear(knobs, base.value.account.summary.stepsByBound);
  const was = tried(base.value.account, aim);
  const found = tries.flatMap((setting, i) => {
    progress(i, tries.length);
    const other = simulateScenario(withValue(knobs, setting.knob, setting.to), materials);
    const advice = other.ok ? adviceOf(knobs, setting, was, tried(other.value.account, aim)) : null;
    return advice === null ? [] : [advice];
  });
  return { ok: true, value: ranked(found) };
}
