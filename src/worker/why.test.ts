import { describe, expect, it } from 'vitest';
import { tried } from '../scenario/advice.ts';
import { build } from '../scenario/build.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { presetOf } from '../scenario/presets.ts';
import { simulateScenario } from '../scenario/simulate.ts';
import { withValue } from '../scenario/value.ts';
import { Simulation } from '../sim/simulation.ts';
import { explainStep } from '../sim/why/at-step.ts';
import { causalChain, mostChanged } from '../sim/why/causal-chain.ts';
import { inOneGo } from '../sim/why/in-one-go.ts';
import { runWhatIf, WHAT_IF_STEPS } from '../sim/why/what-if.ts';
import { createSimulator } from './simulator.ts';

const { knobs } = presetOf('tiny-paged');
const fewer = withValue(knobs, 'max-num-seqs', 2);
const signal = new AbortController().signal;
const untold = () => {};

function simulationOf(of: Knobs): Simulation {
  const built = build(of);
  if (!built.ok) throw new Error('not built');
  const { config, source, cost } = built.value;
  return new Simulation(config, source, cost);
}

async function ranTo(step: number) {
  const simulator = createSimulator();
  const run = await simulator.run({ knobs, thisGpu: null }, signal, untold);
  if (!run.ok) throw new Error('not run');
  await simulator.seek({ seek: { to: 'step', step }, select: -1, windowSteps: 50 }, signal, untold);
  return { simulator, result: run.value };
}

describe('why, from the worker', () => {
  it('explains the shown step as a plain simulation does, and knows whom it does not know', async () => {
    const { simulator } = await ranTo(60);
    const simulation = simulationOf(knobs);
    while (simulation.steps <= 60) simulation.next();
    for (let request = 0; request < 6; request++) {
      expect(await simulator.explain({ request }, signal, untold)).toEqual(explainStep(simulation, request));
    }
    expect(await simulator.explain({ request: 6 }, signal, untold)).toBeNull();
    expect(await createSimulator().explain({ request: 0 }, signal, untold)).toBeNull();
  });

  it('accounts for all of a request, and the cursor stays where it is', async () => {
    const { simulator, result } = await ranTo(60);
    const before = await simulator.explain({ request: 4 }, signal, untold);
    const parts = await simulator.account({ request: 4, of: 'shown' }, signal, untold);
    const { finishUs, arrivalUs } = result.outcomes;
    expect(parts?.reduce((us, part) => us + part, 0)).toBe(finishUs[4] - arrivalUs[4]);
    expect(await simulator.explain({ request: 4 }, signal, untold)).toEqual(before);
  });

  it('passes the steps before a what-if quickly, with the same answer', async () => {
    const { simulator } = await ranTo(10);
    const answer = await simulator.explain({ request: 3 }, signal, untold);
    expect(answer?.alternatives.length).toBeGreaterThan(0);
    for (const choice of answer?.alternatives ?? []) {
      const whatIf = { step: 10, request: 3, choice, budget: WHAT_IF_STEPS };
      const found = await simulator.whatIf({ request: 3, choice }, signal, untold);
      expect(found).toEqual(runWhatIf(() => simulationOf(knobs), whatIf));
      expect(found?.wasTaken).toBe(true);
    }
  });

  it('tries settings out and follows a chain as one run after the other does', async () => {
    const { simulator, result } = await ranTo(60);
    const aim = { of: 'request', request: 4, metric: 'ttft' } as const;
    const other = simulateScenario(fewer, {});
    if (!other.ok) throw new Error('not run');
    expect(await simulator.tryOut({ knobs: fewer, thisGpu: null, aim }, signal, untold)).toEqual(
      tried(other.value.account, aim),
    );
    const target = mostChanged(result.outcomes, other.value.account.outcomes);
    if (target === null) throw new Error('nothing changed');
    const a = { knobs, fork: null };
    const chain = await simulator.chain(
      { a, b: { knobs: fewer, fork: null }, thisGpu: null, target, from: 0 },
      signal,
      untold,
    );
    expect(chain).toEqual(inOneGo(causalChain(simulationOf(knobs), simulationOf(fewer), target)));
    // A fork leaves its base at its step and not before.
    const fork = { base: knobs, step: 20 };
    const forked = await simulator.run({ knobs: fewer, thisGpu: null, fork }, signal, untold);
    if (!forked.ok) throw new Error('not run');
    const late = mostChanged(result.outcomes, forked.value.outcomes);
    if (late === null) throw new Error('nothing changed');
    const b = { knobs: fewer, fork };
    const late20 = await simulator.chain({ a, b, thisGpu: null, target: late, from: 20 }, signal, untold);
    expect(late20?.root.step).toBeGreaterThanOrEqual(20);
  });

  it('stops when nobody waits for the answer any more', async () => {
    const { simulator } = await ranTo(60);
    const long = { ...presetOf('azure-chat').knobs, requests: 5000 };
    const controller = new AbortController();
    const aim = { of: 'run', metric: 'itl', at: 'p99' } as const;
    const answer = simulator.tryOut({ knobs: long, thisGpu: null, aim }, controller.signal, untold);
    controller.abort();
    await expect(answer).rejects.toThrow(/abort/i);
  });
});
