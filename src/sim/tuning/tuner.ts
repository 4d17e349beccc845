import type { EngineConfig } from '../engine-config.ts';
import type { Limits } from '../limits.ts';
import type { QueueOrders } from '../queue/orders.ts';
import type { QueueOrder } from '../queue/queue.ts';
import type { Sequences } from '../sequences.ts';
import { Bandit, type BanditRule, type BanditState } from './bandit.ts';

interface Common {
  readonly rule: BanditRule;
  /** Length of a window, microseconds. */
  readonly windowUs: number;
  /**
   * The situation a window begins in is how many requests wait: below the first of these numbers, below the second, and so on.
   * Rising; none = one situation.
   */
  readonly loadLevels: readonly number[];
  /** What a request must keep to be worth a reward: time to its first token, and its mean time between tokens. Microseconds. */
  readonly ttftUs: number;
  readonly tpotUs: number;
  readonly seed: number;
}

/** Orders a bandit may choose from: fair share is left out, as its account must see every request. */
export type TunableOrder = Exclude<QueueOrder, 'fair-share'>;

/** A learner that changes one limit of the engine while it runs. `arms`: the values it may choose from. */
export type TuningConfig =
  | (Common & { readonly what: 'token-budget'; readonly arms: readonly number[] })
  | (Common & { readonly what: 'queue-order'; readonly arms: readonly TunableOrder[] });

/** One row a window, in order of time. */
export interface TuningWindows {
  readonly count: number;
  /** When the window's first step was launched, microseconds. */
  readonly startUs: Float64Array;
  /** When its time was over: a whole number of window lengths. It lasted until the next step was launched. */
  readonly endUs: Float64Array;
  /** The situation it began in, and the arm that was chosen. */
  readonly context: Uint8Array;
  readonly arm: Uint8Array;
  /** Requests that ended in it, and how many of them were worth a reward. */
  readonly ended: Int32Array;
  readonly kept: Int32Array;
}

/**
 * Chooses a token budget or a queue order for each window of simulated time, and learns from what came of it. The reward of a
 * window is the share of the requests that ended in it which kept both limits (TTFT and TPOT). A window ends with the first
 * step launched after its time; one in which nobody ended teaches nothing.
 *
 * What it cannot know: a request that ends in a window was mostly served in windows before it, and a queue that one choice
 * left behind is the next one's burden. Windows that are long against the time of a request blur that, and do not remove it.
 */
export class Tuner {
  private readonly config: TuningConfig;
  private readonly limits: Limits;
  private readonly orders: QueueOrders;
  private readonly sequences: Sequences;
  private readonly bandit: Bandit;
  private readonly startUs: number[] = [];
  private readonly endUs: number[] = [];
  private readonly context: number[] = [];
  private readonly arm: number[] = [];
  private readonly ended: number[] = [];
  private readonly kept: number[] = [];

  constructor(config: TuningConfig, limits: Limits, orders: QueueOrders, sequences: Sequences) {
    const { arms, rule } = config;
    if (arms.length === 0 || arms.length > 255) throw new Error('a bandit has 1 to 255 arms');
    if (rule.kind === 'fixed' && !(rule.arm < arms.length)) throw new Error(`there is no arm ${rule.arm}`);
    if (config.what === 'token-budget' && Math.max(...config.arms) > limits.maxNumBatchedTokens) {
      throw new Error('a token budget may not be raised above that of the configuration');
    }
    this.config = config;
    this.limits = limits;
    this.orders = orders;
    this.sequences = sequences;
    this.bandit = new Bandit(arms.length, config.loadLevels.length + 1, rule, config.seed);
  }

  /** The scheduler is about to be called, with so many requests waiting. */
  beginCall(nowUs: number, waiting: number): void {
    if (this.endUs.length > 0 && nowUs < this.endUs[this.endUs.length - 1]) return;
    this.learn();
    const { windowUs, loadLevels } = this.config;
    // Windows lie on a grid, so that runs with other choices have the same ones.
    this.endUs.push((Math.floor(nowUs / windowUs) + 1) * windowUs);
    let context = 0;
    while (context < loadLevels.length && waiting >= loadLevels[context]) context++;
    const arm = this.bandit.choose(context);
    this.startUs.push(nowUs);
    this.context.push(context);
    this.arm.push(arm);
    this.ended.push(0);
    this.kept.push(0);
    this.pull(arm);
  }

  /** A request has ended by itself. */
  finished(request: number): void {
    const { requests, firstTokenUs, finishUs, generated } = this.sequences;
    const window = this.arm.length - 1;
    const ttftUs = firstTokenUs[request] - requests.arrivalUs[request];
    const gaps = generated[request] - 1;
    const tpotUs = gaps > 0 ? (finishUs[request] - firstTokenUs[request]) / gaps : 0;
    this.ended[window]++;
    if (ttftUs <= this.config.ttftUs && tpotUs <= this.config.tpotUs) this.kept[window]++;
  }

  windows(): TuningWindows {
    return {
      count: this.arm.length,
      startUs: Float64Array.from(this.startUs),
      endUs: Float64Array.from(this.endUs),
      context: Uint8Array.from(this.context),
      arm: Uint8Array.from(this.arm),
      ended: Int32Array.from(this.ended),
      kept: Int32Array.from(this.kept),
    };
  }

  save(): TunerState {
    return { bandit: this.bandit.save(), windows: this.windows() };
  }

  /** Call it when the limits and queues are those of the saved state, but for the token budget. */
  restore(saved: unknown): void {
    const { bandit, windows } = saved as TunerState;
    this.bandit.restore(bandit);
    refill(this.startUs, windows.startUs);
    refill(this.endUs, windows.endUs);
    refill(this.context, windows.context);
    refill(this.arm, windows.arm);
    refill(this.ended, windows.ended);
    refill(this.kept, windows.kept);
    if (this.arm.length > 0 && this.config.what === 'token-budget') this.pull(this.arm[this.arm.length - 1]);
  }

  private learn(): void {
    const window = this.arm.length - 1;
    if (window < 0 || this.ended[window] === 0) return;
    this.bandit.learn(this.context[window], this.arm[window], this.kept[window] / this.ended[window]);
  }

  private pull(arm: number): void {
    const { config } = this;
    if (config.what === 'queue-order') this.orders.switchTo(config.arms[arm]);
    else {
      this.limits.maxNumBatchedTokens = config.arms[arm];
      this.limits.maxNumScheduledTokens = config.arms[arm];
    }
  }
}

/** The tuner of a configuration; null = nothing changes. */
export function createTuner(
  { tuning }: EngineConfig,
  limits: Limits,
  orders: QueueOrders,
  sequences: Sequences,
): Tuner | null {
  return tuning === null ? null : new Tuner(tuning, limits, orders, sequences);
}

function refill(list: number[], from: ArrayLike<number>): void {
  list.length = 0;
  for (let i = 0; i < from.length; i++) list.push(from[i]);
}

interface TunerState {
  readonly bandit: BanditState;
  readonly windows: TuningWindows;
}
