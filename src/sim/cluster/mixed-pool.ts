import type { RequestTable } from '../request.ts';
import type { Role } from './fleet-config.ts';

/** When a split fleet has requests served in one place. */
export interface MixedPoolConfig {
  /** Prompt tokens that may wait at an instance, those of a new request included; where more do at each that prefills, prefill is short. */
  readonly maxTokensAhead: number;
}

/** What is known of the instances of a split fleet. */
export interface MixedPoolView {
  readonly count: number;
  readonly requests: RequestTable;
  readonly roles: readonly Role[];
  isOpen(instance: number): boolean;
  /** Prompt tokens before a request that comes now. */
  tokensAhead(instance: number): number;
  /** Prompts in flight and what they have generated, and how many tokens its KV memory has room for. */
  tokens(instance: number): number;
  roomTokens(instance: number): number;
}

/**
 * Splitwise's mixed pool (ISCA 2024, section IV-A; `MixedPoolScheduler` of its simulator): when one side is short an instance of the other one takes
 * requests of both phases, as an engine that is not split does, and is back on its side when it has ended them. Which side an instance is
 * of stays, and so do its cache and what it has.
 *
 * Prefill is short where prompts queue at every instance that prefills, decode where none that decodes has room for the prompt. A request that
 * finds one side short goes to a mixed instance if one has room, else to one of the other side. If both are short, it goes the usual way.
 *
 * A request that comes to a mixed instance stays there. Splitwise may have its phases in two places even then, and takes its
 * blocks in both places when it comes; ours hold blocks until they are fetched, so that two mixed instances which prefill for each other could wait
 * for each other for ever. As it is, KV goes from those that prefill to those that decode, never back: those that decode wait for nobody.
 */
export class MixedPool {
  /** Requests of both phases in flight, by instance. */
  private readonly whole: Int32Array;
  private readonly config: MixedPoolConfig;
  private readonly view: MixedPoolView;

  constructor(config: MixedPoolConfig, view: MixedPoolView) {
    this.config = config;
    this.view = view;
    this.whole = new Int32Array(view.count);
  }

  /** Which instance takes the whole of a request; -1 = the two sides share it. Whoever could take it has a score. */
  choose(request: number, scores: Float64Array): number {
    const { view } = this;
    const prompt = view.requests.promptTokens[request];
    const isQueueLong = (i: number) => {
      const ahead = view.tokensAhead(i);
      return ahead > 0 && ahead + prompt > this.config.maxTokensAhead;
    };
    const isFull = (i: number) => view.tokens(i) + prompt >= view.roomTokens(i);
    const open = Array.from(this.whole.keys()).filter((i) => view.isOpen(i));
    const side = (role: Role) => open.filter((i) => view.roles[i] === role);
    const isPrefillShort = side('prefill').every(isQueueLong);
    const isDecodeShort = side('decode').every(isFull);
    if (isPrefillShort === isDecodeShort) return -1;
    const lenders = side(isPrefillShort ? 'decode' : 'prefill');
    for (const candidates of [open.filter((i) => this.isMixed(i)), lenders]) {
      const able = candidates.filter((i) => !isQueueLong(i) && !isFull(i));
      if (able.length === 0) continue;
      for (const i of able) scores[i] = isPrefillShort ? view.tokensAhead(i) : view.tokens(i);
      return able.reduce((best, i) => (scores[i] < scores[best] ? i : best));
    }
    return -1;
  }

  /** Whether an instance has requests of both phases. */
  isMixed(instance: number): boolean {
    return this.whole[instance] > 0;
  }

  /** Whether a side does without an instance for now: it is mixed, and another one of its side is not. */
  isLent(instance: number): boolean {
    if (!this.isMixed(instance)) return false;
    const { roles } = this.view;
    return this.whole.some((count, i) => count === 0 && roles[i] === roles[instance] && this.view.isOpen(i));
  }

  began(instance: number): void {
    this.whole[instance]++;
  }

  ended(instance: number): void {
    this.whole[instance]--;
  }
}
