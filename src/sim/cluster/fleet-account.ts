import { distributionOf, fromHistogram } from '../metrics/distribution.ts';
import { Histogram } from '../metrics/histogram.ts';
import { latencies, type RunAccount } from '../metrics/recorder.ts';
import type { Distribution, LatencyMetric, Outcomes } from '../metrics/result.ts';
import { Status } from '../request.ts';
import type { Attempts } from './attempts.ts';
import { Fate, type FleetEvent } from './fates.ts';
import type { Fleet } from './fleet.ts';
import type { Role } from './fleet-config.ts';
import { type FleetRecord, fleetRecord } from './fleet-record.ts';
import type { HandoverRow } from './handovers.ts';
import type { TurnRow } from './planner.ts';
import type { RouteLog } from './route-log.ts';
import { Part } from './split.ts';
import type { StoreAccount } from './store-account.ts';

/** Headline numbers of a fleet. Rates are a second; shares are 0 to 1. */
export interface FleetSummary {
  readonly requests: number;
  /** Requests by `Fate`. */
  readonly fates: readonly number[];
  /** Tries sent to instances; more than requests where clients tried again. */
  readonly attempts: number;
  readonly durationUs: number;
  readonly steps: number;
  readonly requestsPerS: number;
  readonly outputTokensPerS: number;
  /** Tries that an instance of a split fleet served as a whole; null = there is no mixed pool. */
  readonly mixed: number | null;
  /** Time that instances were up, together: what they cost. */
  readonly upUs: number;
  /** Busy time over that. */
  readonly utilisation: number;
  /** Tokens that were generated for tries that came to nothing. */
  readonly lostTokens: number;
  /** Share of the prompt tokens that engines found in their own caches. */
  readonly hitRate: number;
  /** Busy time of the busiest instance over the mean: 1 = even. NaN without any. */
  readonly imbalance: number;
  /** Mean regret of a routing decision, prompt tokens; NaN where it is not known. */
  readonly regretTokens: number;
}

/** One life of an instance and its account. */
export interface LifeAccount {
  readonly instance: number;
  /** What the instance was in this life. */
  readonly role: Role;
  readonly startUs: number;
  /** When it died or was stopped; the fleet's end for the others. */
  readonly endUs: number;
  /** KV blocks that its engine can hand out. */
  readonly usableBlocks: number;
  /** Datasheet rates of its GPUs together. */
  readonly peakFlopsPerS: number;
  readonly peakBytesPerS: number;
  readonly account: RunAccount;
}

/** What a run of a fleet amounts to. */
export interface FleetAccount {
  readonly summary: FleetSummary;
  /**
   * By request of the fleet. Times are those of its last try, but for the arrival; status `rejected` where none was ever
   * served, `aborted` where the last one was lost or given up.
   */
  readonly outcomes: Outcomes;
  /** By request: a `Fate`, tries, and the instance of the last one (-1 = none). */
  readonly fate: Uint8Array;
  /** When the fate was known; NaN where it never was. */
  readonly fateUs: Float64Array;
  readonly tries: Uint16Array;
  readonly instance: Int32Array;
  /** Gaps between tokens of one instance are in `itl`; the one between two instances is in `handover`. */
  readonly distributions: Readonly<Record<LatencyMetric, Distribution>>;
  readonly handover: Distribution;
  readonly handovers: readonly HandoverRow[];
  /** Instances that changed their roles. */
  readonly turns: readonly TurnRow[];
  /** null = there is no store. */
  readonly store: StoreAccount | null;
  readonly lives: readonly LifeAccount[];
  readonly attempts: Attempts;
  readonly routes: RouteLog;
  readonly events: readonly FleetEvent[];
}

/** The account of a fleet that has ended (or was stopped). */
export function accountOf(fleet: Fleet): FleetAccount {
  return accountOfRecord(fleetRecord(fleet));
}

/** The same of what a fleet has left behind. */
export function accountOfRecord(fleet: FleetRecord): FleetAccount {
  const { arrived } = fleet;
  const durationUs = Math.max(1, fleet.nowUs, ...fleet.lives.map(({ account }) => account.summary.durationUs));
  const { outcomes, instance, handoverUs } = outcomesOf(fleet);
  const itl = new Histogram();
  for (const life of fleet.lives) itl.merge(life.itl);
  const lives = fleet.lives.map(({ itl: _, ...life }) => ({ ...life, endUs: Math.min(life.endUs, durationUs) }));
  return {
    summary: summaryOf(fleet, lives, outcomes, durationUs),
    store: fleet.store === null ? null : { ...fleet.store, ...tokensOf(lives) },
    outcomes,
    fate: fleet.fate.slice(0, arrived),
    fateUs: fleet.fateUs.slice(0, arrived).map((us, request) => (fleet.fate[request] === Fate.open ? Number.NaN : us)),
    tries: fleet.tries.slice(0, arrived),
    instance,
    distributions: { ...latencies(outcomes), itl: fromHistogram(itl) },
    handover: distributionOf(handoverUs),
    handovers: fleet.handovers,
    turns: fleet.turns,
    lives,
    attempts: fleet.attempts,
    routes: fleet.routes,
    events: fleet.events,
  };
}

interface Ends {
  readonly outcomes: Outcomes;
  readonly instance: Int32Array;
  /** From the first token, given by the instance that prefilled, to the second; NaN where one instance gave both. */
  readonly handoverUs: Float64Array;
}

function outcomesOf(fleet: FleetRecord): Ends {
  const { arrived: count, attempts, lives, requests } = fleet;
  const none = () => new Float64Array(count).fill(Number.NaN);
  const outcomes = {
    count,
    arrivalUs: requests.arrivalUs.slice(0, count),
    promptTokens: requests.promptTokens.slice(0, count),
    outputTokens: new Int32Array(count),
    firstScheduledUs: none(),
    firstTokenUs: none(),
    finishUs: none(),
    preemptions: new Int32Array(count),
    status: new Uint8Array(count),
    klass: requests.klass.slice(0, count),
    user: requests.user.slice(0, count),
  };
  const instance = new Int32Array(count).fill(-1);
  const handoverUs = none();
  for (let r = 0; r < count; r++) {
    const attempt = fleet.lastAttempt[r];
    outcomes.status[r] = statusOf(fleet.fate[r]);
    if (attempt < 0) continue;
    const life = lives[attempts.life[attempt]];
    const local = attempts.local[attempt];
    const own = life.account.outcomes;
    instance[r] = life.instance;
    // Perhaps its engine died before it saw it.
    if (local < own.count) {
      outcomes.outputTokens[r] = own.outputTokens[local];
      outcomes.firstScheduledUs[r] = own.firstScheduledUs[local];
      outcomes.firstTokenUs[r] = own.firstTokenUs[local];
      outcomes.finishUs[r] = own.finishUs[local];
      outcomes.preemptions[r] = own.preemptions[local];
    }
    const prefill = attempts.prefill[attempt];
    if (prefill < 0) continue;
    const before = lives[attempts.life[prefill]].account.outcomes;
    const row = attempts.local[prefill];
    outcomes.firstScheduledUs[r] = before.firstScheduledUs[row];
    outcomes.preemptions[r] += before.preemptions[row];
    if (fleet.config.split?.firstToken !== 'prefill') continue;
    handoverUs[r] = outcomes.firstTokenUs[r] - before.firstTokenUs[row];
    outcomes.firstTokenUs[r] = before.firstTokenUs[row];
    outcomes.outputTokens[r]++;
  }
  return { outcomes, instance, handoverUs };
}

function statusOf(fate: number): Status {
  switch (fate) {
    case Fate.finished:
      return Status.finished;
    case Fate.refused:
    case Fate.shed:
    case Fate.unserved:
      return Status.rejected;
    case Fate.timedOut:
    case Fate.lost:
      return Status.aborted;
    default:
      return Status.running;
  }
}

function summaryOf(
  fleet: FleetRecord,
  lives: readonly LifeAccount[],
  outcomes: Outcomes,
  durationUs: number,
): FleetSummary {
  const replicas = fleet.config.instances.length;
  const fates = new Array<number>(Object.keys(Fate).length).fill(0);
  let outputTokens = 0;
  for (let r = 0; r < fleet.arrived; r++) {
    fates[fleet.fate[r]]++;
    if (fleet.fate[r] === Fate.finished) outputTokens += outcomes.outputTokens[r];
  }
  const sum = (value: (life: LifeAccount) => number) => lives.reduce((total, life) => total + value(life), 0);
  const busyUs = sum(({ account }) => account.summary.busyUs);
  const upUs = sum(({ startUs, endUs }) => endUs - startUs);
  const [hits, computed] = promptTokens(lives);
  const wanted = hits + computed + (fleet.store?.fetchedTokens ?? 0);
  const generated = sum(({ account }) => account.summary.outputTokens);
  const byInstance = new Float64Array(replicas);
  for (const { instance, account } of lives) byInstance[instance] += account.summary.busyUs;
  const { count, regretTokens } = fleet.routes;
  let regret = 0;
  for (let i = 0; i < count; i++) regret += regretTokens[i];
  const perS = 1e6 / durationUs;
  return {
    requests: fleet.arrived,
    fates,
    attempts: fleet.attempts.count,
    mixed: fleet.config.mixedPool === null ? null : wholeTries(fleet.attempts),
    durationUs,
    steps: sum(({ account }) => account.summary.steps),
    requestsPerS: fates[Fate.finished] * perS,
    outputTokensPerS: outputTokens * perS,
    upUs,
    utilisation: upUs > 0 ? busyUs / upUs : 0,
    lostTokens: generated - outputTokens,
    hitRate: wanted > 0 ? hits / wanted : 0,
    imbalance: busyUs > 0 ? (Math.max(...byInstance) * replicas) / busyUs : Number.NaN,
    regretTokens: count > 0 ? regret / count : 0,
  };
}

function wholeTries({ count, part }: Attempts): number {
  return part.subarray(0, count).reduce((sum, each) => sum + Number(each === Part.whole), 0);
}

function tokensOf(lives: readonly LifeAccount[]): Pick<StoreAccount, 'ownTokens' | 'computedTokens'> {
  const [ownTokens, computedTokens] = promptTokens(lives);
  return { ownTokens, computedTokens };
}

/** Prompt tokens that engines found in their caches, and those that they computed. */
function promptTokens(lives: readonly LifeAccount[]): readonly [hits: number, computed: number] {
  let [hits, computed] = [0, 0];
  for (const { account } of lives) {
    hits += account.summary.hitTokens;
    for (const tokens of account.series.prefillTokens) computed += tokens;
  }
  return [hits, computed];
}
