/** Why, of every engine: its own rule with its own flag, numbers, and what stands open, in both languages. */

import { describe, expect, it } from 'vitest';
import type { Language } from '../i18n/i18n.ts';
import { settingsNear } from '../scenario/advice.ts';
import { build } from '../scenario/build.ts';
import { engines } from '../scenario/engines/engines.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { ruleSettings } from '../scenario/rule-settings.ts';
import { withChoice } from '../scenario/value.ts';
import { Because, Bound } from '../sim/decision.ts';
import { Status } from '../sim/request.ts';
import { Simulation } from '../sim/simulation.ts';
import { explainStep, type StepAnswer } from '../sim/why/at-step.ts';
import { speechOf } from './speech.ts';
import { choiceWords, fixedWords, settingWords, stepWords } from './why.ts';

const speeches = (['en', 'zh'] satisfies Language[]).map((language) => speechOf(language));
/** Chat that comes faster than it can be served, into a small pool. */
const crowded = { ...presetOf('azure-chat').knobs, requests: 60, rate: 60 };
const runs: Readonly<Record<string, Knobs>> = {
  'tiny-paged': presetOf('tiny-paged').knobs,
  crowded,
  scarce: { ...crowded, 'max-num-seqs': 8, 'num-gpu-blocks-override': 500, 'max-model-len': 7936 },
};
/** Rules that are the engine's way of working. */
const withoutSetting: readonly Because[] = [
  Because.preemptedThisStep,
  Because.awaitsFinish,
  Because.notItsTurn,
  Because.standsStill,
  Because.inFlight,
  Because.endsInFlight,
  Because.batchRunning,
];
const answered: readonly StepAnswer['state'][] = ['prefill', 'recompute', 'decode', 'padding', 'finished'];

describe.each(engines().map(({ id }) => id))('why, of %s', (id) => {
  it.each(Object.keys(runs))('answers for everybody in %s', (name) => {
    const knobs = withChoice(runs[name], 'engine', id);
    const built = build(knobs);
    if (!built.ok) throw new Error(JSON.stringify(built.problems));
    const { config, source, cost } = built.value;
    const simulation = new Simulation(config, source, cost);
    const stepsByBound = new Array<number>(Object.keys(Bound).length).fill(0);
    for (let step = 0; simulation.next() && step < 400; step++) {
      stepsByBound[simulation.lastBatch.bound]++;
      // Steps at which somebody joined or left say most.
      if (step % 13 > 0 && simulation.engine.decisions.count < 3) continue;
      const { policy } = simulation.engine;
      for (const request of few([...policy.waiting(), ...policy.running])) expectSpecific(simulation, request, knobs);
    }
    expect(settingsNear(knobs, stepsByBound).length).toBeGreaterThan(0);
  });
});

function few(requests: readonly number[]): number[] {
  const every = Math.ceil(requests.length / 12);
  return requests.filter((_, i) => i < 2 || i % every === 0);
}

function expectSpecific(simulation: Simulation, request: number, knobs: Knobs): void {
  const answer = explainStep(simulation, request);
  const { state, because, need, alternatives, fixed } = answer;
  const what = `r${request} at step ${answer.step}: ${state}, rule ${because}`;
  const got = answered.includes(state);
  if (!got) expect(because, what).not.toBe(Because.none);
  if (because === Because.tokenBudget) expect(need, what).toBeGreaterThan(0);
  // Who waits can be let in, or it is said why not.
  const isWaiting = simulation.engine.sequences.status[request] !== Status.running && !got;
  if (isWaiting) expect(alternatives.length > 0, what).toBe(fixed === null);
  const ended = because === Because.length || because === Because.stop;
  const isOfTheEngine = because !== Because.none && !ended;
  if (isOfTheEngine && !withoutSetting.includes(because)) {
    expect(ruleSettings(because, knobs).length, what).toBeGreaterThan(0);
  }
  for (const speech of speeches) {
    const sentence = stepWords(answer, speech);
    const rule = settingWords(answer, knobs, speech);
    const others = [...alternatives.map((choice) => choiceWords(choice, speech)), fixedWords(answer, speech)];
    for (const text of [sentence, rule, ...others]) expect(text, what).not.toMatch(/[{}]|undefined|NaN/);
    expect(sentence, what).toContain(`r${request}`);
    expect(rule !== '', what).toBe(isOfTheEngine);
  }
}
