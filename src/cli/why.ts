import { parseArgs } from 'node:util';
import type { Advice, Aim } from '../scenario/advice.ts';
import { advise } from '../scenario/advise.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { encode } from '../scenario/link.ts';
import { simulateScenario } from '../scenario/simulate.ts';
import { Because, Bound } from '../sim/decision.ts';
import { readOutcomes } from '../sim/metrics/recorder.ts';
import type { LatencyMetric, Outcomes } from '../sim/metrics/result.ts';
import { Status } from '../sim/request.ts';
import { Simulation } from '../sim/simulation.ts';
import { explainStep, type StepAnswer } from '../sim/why/at-step.ts';
import { type CausalChain, causalChain, mostChanged } from '../sim/why/causal-chain.ts';
import { type TailCauses, tailCauses } from '../sim/why/causes.ts';
import { inOneGo } from '../sim/why/in-one-go.ts';
import { partNames } from '../sim/why/parts.ts';
import { TimeAccounts } from '../sim/why/time-account.ts';
import { runWhatIf, WHAT_IF_STEPS, type WhatIfResult } from '../sim/why/what-if.ts';
import { chainLines } from '../words/chain.ts';
import { speechOf } from '../words/speech.ts';
import {
  adviceChange,
  adviceEffects,
  adviceSetting,
  batchWords,
  choiceWords,
  fixedWords,
  limitWords,
  partsOfTime,
  partWords,
  settingWords,
  stepWords,
  tailWords,
  whatIfWords,
} from '../words/why.ts';
import type { Command, Terminal } from './command.ts';
import { Failure, problemLine, quote } from './failure.ts';
import { table } from './format.ts';
import { buildOrFail, type Loaded, loadScenario, oneEngineOrFail } from './load.ts';
import { operatorLines } from './operator-lines.ts';
import { onePositional, readCount } from './study.ts';

const help = `Usage: why SCENARIO --request N [--step T] [--what-if] [--advice METRIC] [--trace FILE] [--engine NAME] [--model NAME|FILE] [--device NAME|FILE] [--set KNOB=VALUE]... [--json]
       why SCENARIO --against --set KNOB=VALUE... [--engine NAME] [--model NAME|FILE] [--device NAME|FILE] [--trace FILE] [--json]

Explains one request: where its time from arrival to finish went, why it did in a step what it did, and what the slowest
requests of the run have in common. Without --step: the first step after its arrival.

  --what-if         simulates every other decision that was possible about the request in the step
  --advice METRIC   what would have helped: ttft or e2e of the request, or a percentile of the run: p99-ttft, p99-itl,
                    p50-e2e, mean-tpot; simulates each knob set to twice and half, or switched over
  --against         what a change leads to: A is the scenario, B the scenario with --set (and --engine); from the first
                    decision that differs to the request whose latency changes most
`;

/** The sentences are those of the page; a terminal breaks lines where it likes. */
const speech = speechOf('en');
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

export const whyCommand: Command = {
  name: 'why',
  summary: 'explains where the time of a request went, a decision about it, or what a change leads to',
  help,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: {
        request: { type: 'string' },
        step: { type: 'string' },
        'what-if': { type: 'boolean', default: false },
        advice: { type: 'string' },
        against: { type: 'boolean', default: false },
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
    const { trace, engine, model, device, set } = values;
    if (values.against) {
      if ((set ?? []).length === 0 && engine === undefined && model === undefined && device === undefined) {
        throw new Failure('--against: nothing differs, expected --set KNOB=VALUE, --engine, --model or --device');
      }
      const a = await loadScenario({ scenario, trace }, io);
      const b = await loadScenario({ scenario, trace, engine, model, device, set }, io);
      for (const side of [a, b]) oneEngineOrFail(side, 'why');
      io.out(compare(a, b, values.json));
      return 0;
    }
    if (values.request === undefined) throw new Failure('--request: missing, expected the number of a request');
    const loaded = await loadScenario({ scenario, trace, engine, model, device, set }, io);
    oneEngineOrFail(loaded, 'why');
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
    const advice = aim === null ? [] : adviceFor(loaded, aim, io);
    const { knobs } = loaded;
    const { outcomes } = run;
    const subject = { knobs, request, whatIfs, advice, outcomes, parts: run.accounts.of(request), answer, tails };
    io.out(values.json ? `${JSON.stringify({ link: encode(knobs), ...jsonOf(subject) })}\n` : plain(textOf(subject)));
    return 0;
  },
};

/** The chain from the first decision that differs to the request that changes most. */
function compare(a: Loaded, b: Loaded, isJson: boolean): string {
  const target = mostChanged(outcomesOf(a), outcomesOf(b));
  const chain = target === null ? null : inOneGo(causalChain(simulationOf(a), simulationOf(b), target));
  const lines = chain === null ? [speech.t('chain.none')] : chainLines(chain, speech).map(({ text }) => text);
  if (!isJson) return plain(`${lines.join('\n')}\n`);
  return `${JSON.stringify({ a: encode(a.knobs), b: encode(b.knobs), chain: named(chain), words: lines.map(plain) })}\n`;
}

function outcomesOf({ knobs, materials }: Loaded): Outcomes {
  const simulated = simulateScenario(knobs, materials);
  if (!simulated.ok) throw new Failure(simulated.problems.map(problemLine).join('; '));
  return simulated.value.account.outcomes;
}

/** Rules by name instead of number. */
function named(chain: CausalChain | null) {
  if (chain === null) return null;
  const { root, links } = chain;
  return {
    ...chain,
    root: { ...root, a: root.a === null ? null : namedAnswer(root.a), b: root.b === null ? null : namedAnswer(root.b) },
    links: links.map(({ cause, ...link }) => ({
      ...link,
      cause: { ...cause, because: nameOf(Because, cause.because), bound: nameOf(Bound, cause.bound) },
    })),
  };
}

function namedAnswer(answer: StepAnswer) {
  return { ...answer, because: nameOf(Because, answer.because), bound: nameOf(Bound, answer.bound) };
}

function simulationOf(loaded: Loaded, observer: TimeAccounts | null = null): Simulation {
  const { config, source, cost } = buildOrFail(loaded);
  return new Simulation(config, source, cost, observer);
}

interface Subject {
  readonly knobs: Knobs;
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
  const accounts = new TimeAccounts();
  const simulation = simulationOf(loaded, accounts);
  while (simulation.next()) {
    // The collector listens.
  }
  return { accounts, outcomes: readOutcomes(simulation), steps: simulation.steps };
}

/** Simulates up to the step, or up to the first one after the request's arrival. */
function answerAt(loaded: Loaded, request: number, step: number | null): StepAnswer | null {
  const simulation = simulationOf(loaded);
  while (simulation.next()) {
    if (step === null ? simulation.arrived > request : simulation.steps > step) return explainStep(simulation, request);
  }
  return null;
}

function whatIfsOf(loaded: Loaded, { step, request, alternatives }: StepAnswer): WhatIfResult[] {
  const create = () => simulationOf(loaded);
  return alternatives.map((choice) => runWhatIf(create, { step, request, choice, budget: WHAT_IF_STEPS }));
}

function adviceFor({ knobs, materials }: Loaded, aim: Aim, io: Terminal): Advice[] {
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
            ...namedAnswer(answer),
            words: plain(stepWords(answer, speech)),
            rule: plain(settingWords(answer, subject.knobs, speech)),
            fixedWords: plain(fixedWords(answer, speech)),
          },
    tails,
    whatIfs,
    advice,
  };
}

function textOf(subject: Subject): string {
  const { request, outcomes, answer, tails, parts, whatIfs, advice, knobs } = subject;
  const { count, duration, percent } = speech.format;
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
    const rows = partsOfTime(parts).map(
      ({ part, us, share }) =>
        [`  ${duration(us)}`, `${percent(share).padEnd(7)}  ${partWords(part, speech)}`] as const,
    );
    lines.push(table(rows));
  }
  if (answer !== null) {
    lines.push(stepWords(answer, speech), batchWords(answer, speech));
    const rule = settingWords(answer, knobs, speech);
    if (rule !== '') lines.push(rule);
    lines.push(limitWords(answer, speech), operatorLines(answer.operators));
    if (whatIfs.length > 0) lines.push(...whatIfs.map((result) => whatIfWords(result, request, speech)));
    else if (answer.alternatives.length > 0) {
      const choices = answer.alternatives.map((choice) => choiceWords(choice, speech)).join('; ');
      lines.push(speech.t('why.open', { choices }));
    } else if (answer.fixed !== null) lines.push(fixedWords(answer, speech));
    lines.push('');
  }
  lines.push(...tails.map((tail) => tailWords(tail, speech)));
  if (advice.length > 0) {
    lines.push('', 'What would have helped, the most helpful first:');
    for (const each of advice) {
      lines.push(`  ${adviceSetting(knobs, each)} ${adviceChange(each, speech)}; ${adviceEffects(each, speech)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return Object.keys(codes).find((name) => codes[name] === code) ?? String(code);
}
