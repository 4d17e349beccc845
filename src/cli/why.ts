import { parseArgs } from 'node:util';
import { type Advice, type Aim, advise } from '../scenario/advice.ts';
import { encode } from '../scenario/link.ts';
import { Because, Bound } from '../sim/decision.ts';
import { readOutcomes } from '../sim/metrics/recorder.ts';
import type { LatencyMetric, Outcomes } from '../sim/metrics/result.ts';
import { Status } from '../sim/request.ts';
import { Simulation } from '../sim/simulation.ts';
import { explainStep, type StepAnswer } from '../sim/why/at-step.ts';
import { type TailCauses, tailCauses } from '../sim/why/causes.ts';
import { partNames } from '../sim/why/parts.ts';
import { TimeAccounts } from '../sim/why/time-account.ts';
import { runWhatIf, type WhatIfResult } from '../sim/why/what-if.ts';
import type { Command, Terminal } from './command.ts';
import { Failure, problemLine, quote } from './failure.ts';
import { count, duration, percent, table } from './format.ts';
import { buildOrFail, type Loaded, loadScenario } from './load.ts';
import { onePositional, readCount } from './study.ts';
import { adviceWords, choiceWords, operatorLines, partWords, stepWords, tailWords, whatIfWords } from './words.ts';

const help = `Usage: why SCENARIO --request N [--step T] [--what-if] [--advice METRIC] [--trace FILE] [--engine NAME] [--model NAME|FILE] [--device NAME|FILE] [--set KNOB=VALUE]... [--json]

Explains one request: where its time from arrival to finish went, why it did in a step what it did, and what the slowest
requests of the run have in common. Without --step: the first step after its arrival.

  --what-if         simulates every other decision that was possible about the request in the step
  --advice METRIC   what would have helped: ttft or e2e of the request, or a percentile of the run: p99-ttft, p99-itl,
                    p50-e2e, mean-tpot; simulates each knob set to twice and half, or switched over
`;

export const whyCommand: Command = {
  name: 'why',
  summary: 'explains where the time of a request went, and a decision about it',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        request: { type: 'string' },
        step: { type: 'string' },
        'what-if': { type: 'boolean', default: false },
        advice: { type: 'string' },
        trace: { type: 'string' },
        engine: { type: 'string' },
        model: { type: 'string' },
        device: { type: 'string' },
        set: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const scenario = onePositional(positionals);
    if (values.request === undefined) throw new Failure('--request: missing, expected the number of a request');
    const { trace, engine, model, device, set } = values;
    const loaded = await loadScenario({ scenario, trace, engine, model, device, set }, io);
    const run = accountsOf(loaded);
    const request = readCount('--request', values.request, 0, run.outcomes.count - 1);
    const step = values.step === undefined ? null : readCount('--step', values.step, 0, run.steps - 1);
    const aim = values.advice === undefined ? null : readAim(values.advice, request);
    const answer = answerAt(loaded, request, step);
    const tails = [
      tailCauses(run.accounts, run.outcomes, 'ttft'),
      tailCauses(run.accounts, run.outcomes, 'e2e'),
    ] as const;
    const whatIfs = answer === null || !values['what-if'] ? [] : whatIfsOf(loaded, answer);
    const advice = aim === null ? [] : adviceOf(loaded, aim, io);
    const subject = {
      request,
      whatIfs,
      advice,
      outcomes: run.outcomes,
      parts: run.accounts.of(request),
      answer,
      tails,
    };
    io.out(values.json ? `${JSON.stringify({ link: encode(loaded.knobs), ...jsonOf(subject) })}\n` : textOf(subject));
    return 0;
  },
};

interface Subject {
  readonly request: number;
  readonly outcomes: Outcomes;
  /** Microseconds by `Part`; null for a request that was refused. */
  readonly parts: Float64Array | null;
  /** Null for a request that came when no step was left. */
  readonly answer: StepAnswer | null;
  readonly tails: readonly TailCauses[];
  readonly whatIfs: readonly WhatIfResult[];
  readonly advice: readonly Advice[];
}

function accountsOf(loaded: Loaded): { accounts: TimeAccounts; outcomes: Outcomes; steps: number } {
  const { config, source, cost } = buildOrFail(loaded);
  const accounts = new TimeAccounts();
  const simulation = new Simulation(config, source, cost, accounts);
  while (simulation.next()) {
    // The collector listens.
  }
  return { accounts, outcomes: readOutcomes(simulation), steps: simulation.steps };
}

/** Simulates up to the step, or up to the first one after the request's arrival. */
function answerAt(loaded: Loaded, request: number, step: number | null): StepAnswer | null {
  const { config, source, cost } = buildOrFail(loaded);
  const simulation = new Simulation(config, source, cost);
  while (simulation.next()) {
    if (step === null ? simulation.arrived > request : simulation.steps > step) return explainStep(simulation, request);
  }
  return null;
}

/** Steps that a what-if may simulate beyond the step in question. */
const whatIfBudget = 200_000;

function whatIfsOf(loaded: Loaded, answer: StepAnswer): WhatIfResult[] {
  const create = () => {
    const { config, source, cost } = buildOrFail(loaded);
    return new Simulation(config, source, cost);
  };
  const { step, request } = answer;
  return answer.alternatives.map((choice) => runWhatIf(create, { step, request, choice, budget: whatIfBudget }));
}

function adviceOf({ knobs, materials }: Loaded, aim: Aim, io: Terminal): Advice[] {
  const advice = advise(knobs, materials, aim, (done, all) => io.note(`setting ${done + 1} of ${all}`));
  if (!advice.ok) throw new Failure(advice.problems.map(problemLine).join('; '));
  return advice.value;
}

/** Reads `ttft`, `e2e` (of the request) or `p99-itl` (of the run). */
function readAim(text: string, request: number): Aim {
  if (text === 'ttft' || text === 'e2e') return { of: 'request', request, metric: text };
  const match = /^(mean|p50|p90|p99)-(ttft|itl|tpot|e2e)$/.exec(text);
  if (match === null)
    throw new Failure(`--advice: found ${quote(text)}, expected ttft|e2e|(mean|p50|p90|p99)-(ttft|itl|tpot|e2e)`);
  // The pattern admits exactly these values.
  const [, at, metric] = match as unknown as [string, 'mean' | 'p50' | 'p90' | 'p99', LatencyMetric];
  return { of: 'run', metric, at };
}

function partsOf({ parts }: Subject): { part: (typeof partNames)[number]; us: number }[] {
  if (parts === null) return [];
  return partNames
    .map((part, i) => ({ part, us: parts[i] }))
    .filter(({ us }) => us > 0)
    .sort((a, b) => b.us - a.us);
}

function jsonOf(subject: Subject) {
  const { request, outcomes, answer, tails, parts, whatIfs, advice } = subject;
  const ms = (us: number) => (Number.isNaN(us) ? null : us / 1000);
  const arrivalUs = outcomes.arrivalUs[request];
  return {
    request,
    status: nameOf(Status, outcomes.status[request]),
    arrivalMs: ms(arrivalUs),
    promptTokens: outcomes.promptTokens[request],
    outputTokens: outcomes.outputTokens[request],
    preemptions: outcomes.preemptions[request],
    ttftMs: ms(outcomes.firstTokenUs[request] - arrivalUs),
    e2eMs: ms(outcomes.finishUs[request] - arrivalUs),
    accountUs: parts === null ? null : Object.fromEntries(partNames.map((part, i) => [part, parts[i]])),
    step:
      answer === null
        ? null
        : {
            ...answer,
            because: nameOf(Because, answer.because),
            bound: nameOf(Bound, answer.bound),
            words: stepWords(answer),
          },
    tails,
    whatIfs,
    advice,
  };
}

function textOf(subject: Subject): string {
  const { request, outcomes, answer, tails, parts, whatIfs, advice } = subject;
  const arrivalUs = outcomes.arrivalUs[request];
  const lines = [
    `Request ${request}: ${count(outcomes.promptTokens[request])} prompt tokens, arrives at ${duration(arrivalUs)}, ` +
      `${count(outcomes.outputTokens[request])} tokens generated, preempted ${count(outcomes.preemptions[request])} times`,
    '',
  ];
  if (parts === null) lines.push(`It did not finish: ${nameOf(Status, outcomes.status[request])}.`, '');
  else {
    const e2eUs = outcomes.finishUs[request] - arrivalUs;
    const ttftUs = outcomes.firstTokenUs[request] - arrivalUs;
    lines.push(`First token after ${duration(ttftUs)}, end after ${duration(e2eUs)}:`);
    const rows = partsOf(subject).map(
      ({ part, us }) => [`  ${duration(us)}`, `${percent(us / e2eUs).padEnd(7)}  ${partWords[part]}`] as const,
    );
    lines.push(table(rows));
  }
  if (answer !== null) {
    lines.push(stepWords(answer), operatorLines(answer.operators));
    if (whatIfs.length > 0) lines.push(...whatIfs.map(whatIfWords));
    else if (answer.alternatives.length > 0) {
      lines.push(`It could have been decided otherwise: ${answer.alternatives.map(choiceWords).join('; ')}.`);
    }
    lines.push('');
  }
  lines.push(...tails.map(tailWords));
  if (advice.length > 0) lines.push('', 'What would have helped, the most helpful first:', ...advice.map(adviceWords));
  return `${lines.join('\n')}\n`;
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return Object.keys(codes).find((name) => codes[name] === code) ?? String(code);
}
