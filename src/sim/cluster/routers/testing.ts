/** A fleet as a router sees it, by hand, and settings to draw. */

import fc from 'fast-check';
import { type RequestSpec, RequestTable } from '../../request.ts';
import type { FleetView, Router, RouterConfig } from '../router.ts';
import { createRouter, routers } from './routers.ts';
import type { RouterSetting } from './settings.ts';

/** An instance as it shows itself. What is left out is 0. */
export interface Shown {
  readonly isClosed?: boolean;
  readonly inFlight?: number;
  readonly tokens?: number;
  readonly waiting?: number;
  readonly running?: number;
  readonly kvUse?: number;
  readonly tokensAhead?: number;
  /** Of every prompt. */
  readonly cachedTokens?: number;
}

/** A view of instances that a test changes as it likes. A prefill takes a millisecond a new token, a fetch a tenth of that. */
export class HandView implements FleetView {
  readonly requests = new RequestTable();
  shown: Shown[];
  /** Of every prompt, in the store. */
  stored = 0;

  constructor(shown: readonly Shown[]) {
    this.shown = [...shown];
  }

  get count(): number {
    return this.shown.length;
  }

  isOpen(instance: number): boolean {
    return this.shown[instance].isClosed !== true;
  }

  draw(): number {
    return 0;
  }

  inFlight(instance: number): number {
    return this.shown[instance].inFlight ?? 0;
  }

  tokens(instance: number): number {
    return this.shown[instance].tokens ?? 0;
  }

  waiting(instance: number): number {
    return this.shown[instance].waiting ?? 0;
  }

  running(instance: number): number {
    return this.shown[instance].running ?? 0;
  }

  kvUse(instance: number): number {
    return this.shown[instance].kvUse ?? 0;
  }

  tokensAhead(instance: number): number {
    return this.shown[instance].tokensAhead ?? 0;
  }

  cachedTokens(instance: number, request: number): number {
    return Math.min(this.shown[instance].cachedTokens ?? 0, this.requests.promptTokens[request] - 1);
  }

  storedTokens(request: number): number {
    return Math.min(this.stored, this.requests.promptTokens[request] - 1);
  }

  fetchUs(_instance: number, from: number, to: number): number {
    return 100 * (to - from);
  }

  prefillUs(_instance: number, newTokens: number): number {
    return 1000 * newTokens;
  }
}

/** A router and the fleet before it: asks it, and sends where it says. */
export class Desk {
  readonly router: Router;
  readonly view: HandView;
  readonly scores: Float64Array;
  nowUs = 0;

  constructor(kind: string, shown: readonly Shown[], settings: RouterConfig['settings'] = {}, seed = 1) {
    this.view = new HandView(shown);
    this.router = createRouter({ kind, seed, settings }, shown.length);
    this.scores = new Float64Array(shown.length);
  }

  /** Where a request would go. */
  ask(request: number): number {
    this.scores.fill(Number.NaN);
    return this.router.choose(request, this.nowUs, this.view, this.scores);
  }

  add(spec: Partial<RequestSpec>): number {
    return this.view.requests.push({ arrivalUs: 0, promptTokens: 10, outputTokens: 5, ...spec });
  }

  /** A request comes and goes where the router says, or where the test says. */
  send(spec: Partial<RequestSpec>, to?: number): number {
    const request = this.add(spec);
    const instance = to ?? this.ask(request);
    if (instance >= 0) this.router.sent?.(request, instance, this.nowUs, this.view);
    return instance;
  }
}

/** A prompt of one stream after the other, as `[stream, tokens]`. */
export function prompt(...pieces: readonly (readonly [stream: number, tokens: number])[]): Partial<RequestSpec> {
  const segments = pieces.map(([segment, length]) => ({ segment, offset: 0, length }));
  return { segments, promptTokens: segments.reduce((sum, { length }) => sum + length, 0) };
}

/** Any router with settings of any size, small ones above all: then rules come to act in small fleets. */
export const routerArb = fc.constantFrom(...routers).chain(({ name, settings }) =>
  fc.record({
    kind: fc.constant(name),
    settings: fc.record(Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, valueArb(setting)]))),
  }),
);

function valueArb(setting: RouterSetting): fc.Arbitrary<number | string | boolean> {
  if ('words' in setting) return fc.constantFrom(...setting.words);
  if (!('least' in setting)) return fc.boolean();
  const { initial, least, most, step } = setting;
  return fc
    .constantFrom(initial, initial, 0.2, 1, 20)
    .map((value) => Math.min(most, Math.max(least, step === 1 ? Math.ceil(value) : value)));
}
