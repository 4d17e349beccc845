import { exponential, Purpose } from '../random.ts';
import { Status } from '../request.ts';
import type { Source } from '../source.ts';
import { AttemptEnd, Attempts } from './attempts.ts';
import { Calendar } from './calendar.ts';
import { directCouplingOf } from './coupling.ts';
import { Fate, type FleetEvent, FleetEventKind } from './fates.ts';
import { type FleetConfig, type Role, specOf } from './fleet-config.ts';
import { Handovers } from './handovers.ts';
import { InstancesView } from './instances-view.ts';
import { KvStore } from './kv-store.ts';
import { Life, type LifeListener } from './life.ts';
import { MixedPool } from './mixed-pool.ts';
import { NextTimes } from './next-times.ts';
import { Planner } from './planner.ts';
import { Pool } from './pool.ts';
import { Reports } from './reports.ts';
import { RequestFates } from './request-fates.ts';
import { RouteLog } from './route-log.ts';
import { type FleetView, REFUSED, type Router } from './router.ts';
import { createRouter } from './routers/routers.ts';
import { Scaler } from './scaler.ts';
import { goesOn, Part } from './split.ts';

/** What the calendar holds; the numbers are the order of equal times. */
const Due = { die: 0, start: 1, timeOut: 2, retry: 3, scale: 4, flow: 5, plan: 6 } as const;

type Entry =
  /** Of one life, or of whichever there is. */
  | { readonly due: typeof Due.die; readonly instance: number; readonly forUs: number; readonly life?: number }
  | { readonly due: typeof Due.start; readonly instance: number }
  | { readonly due: typeof Due.timeOut; readonly request: number; readonly tries: number }
  | { readonly due: typeof Due.retry; readonly request: number }
  | { readonly due: typeof Due.scale }
  | { readonly due: typeof Due.plan }
  | { readonly due: typeof Due.flow; readonly attempt: number };

/**
 * Many engines behind a router: S of S. Arrivals, deaths, retries and the like come one after the other; before each of them every engine
 * is simulated up to that time, so the cost grows with what happens and not with instances times steps. Where
 * engines lead to each other in between (`directCouplingOf`), they go event by event in the order of time.
 */
export class Fleet implements LifeListener {
  readonly config: FleetConfig;
  readonly source: Source;
  readonly attempts = new Attempts();
  readonly routes: RouteLog;
  readonly events: FleetEvent[] = [];
  /** All lives so far, in the order of their starts. */
  readonly lives: Life[] = [];
  /** KV between instances that prefill and those that decode; null = they are not split. */
  readonly handovers: Handovers | null;
  /** Prefixes that all instances share; null = there is no store. */
  readonly store: KvStore | null;
  /** Changes roles; null = each instance keeps its own. */
  readonly planner: Planner | null;
  /** What each instance is for now. */
  readonly roles: Role[];
  /** Instances of a split fleet that do both phases for now; null = none ever does. */
  readonly mixedPool: MixedPool | null;
  readonly fates = new RequestFates();
  nowUs = 0;
  /** Requests that have arrived, and those whose fate is known. */
  arrived = 0;
  settled = 0;
  private readonly router: Router;
  /** Chooses where a request goes on; the same one where prefill and decode are not split. */
  private readonly decodeRouter: Router;
  /** All instances, and what the two routers see of them. */
  readonly view: FleetView;
  private readonly beginning: FleetView;
  private readonly decoding: FleetView;
  private readonly calendar = new Calendar<Entry>();
  /** The life of each instance, as a number of `lives`; -1 = it is down or off. */
  private readonly current: Int32Array;
  /** Lives of each instance so far. */
  private readonly begun: Int32Array;
  /** Whether it takes requests: not while it is stopped in an orderly way. */
  private readonly open: Uint8Array;
  /** null = routers see what engines have at that moment. */
  readonly reports: Reports | null;
  private readonly scores: Float64Array;
  private readonly isCoupled: boolean;
  private readonly isWholeRun: boolean;
  private nextSourceUs = 0;
  /** When something happens next at each instance, if nobody else is sent there. */
  private readonly next: NextTimes;
  /** The instance that `stepAny` is at; -1 = none. */
  private stepping = -1;
  private readonly scaler: Scaler | null;

  /** `isWholeRun`: engines advance steady decodes together, and rows of their requests are up to date only after `settle`. */
  constructor(config: FleetConfig, source: Source, isWholeRun = true) {
    this.config = config;
    this.isWholeRun = isWholeRun;
    this.source = source;
    const count = config.instances.length;
    this.routes = new RouteLog(count);
    const { split } = config;
    const changed = (life: Life) => this.noteNext(life.instance);
    this.handovers = split === null ? null : new Handovers(split, count, this.attempts, this.lives, changed);
    this.store = config.store === null ? null : new KvStore(config.store, count, (life) => changed(this.lives[life]));
    this.planner = config.planner === null ? null : new Planner(config.planner);
    this.roles = config.instances.map(({ role }) => role);
    this.router = createRouter(config.router, count);
    this.decodeRouter = split === null ? this.router : createRouter(split.router, count);
    this.current = new Int32Array(count).fill(-1);
    const view = new InstancesView(this);
    this.view = view;
    this.decoding = new Pool(this, 'decode');
    this.beginning = split === null ? view : new Pool(this, 'prefill');
    this.mixedPool = config.mixedPool === null ? null : new MixedPool(config.mixedPool, view);
    this.next = new NextTimes(count);
    this.begun = new Int32Array(count);
    this.open = new Uint8Array(count);
    this.reports = config.reportUs > 0 ? new Reports(config.reportUs, count) : null;
    this.scaler = config.scaling === null ? null : new Scaler(config.scaling);
    this.scores = new Float64Array(count);
    this.isCoupled = directCouplingOf(config, source) !== null;
    const first = config.scaling === null ? count : Math.min(count, config.scaling.least);
    for (let i = 0; i < first; i++) this.begin(i);
    for (const { instance, atUs, forUs } of config.failures) this.enter(atUs, { due: Due.die, instance, forUs });
    if (config.scaling !== null) this.enter(config.scaling.everyUs, { due: Due.scale });
    if (config.planner !== null) this.enter(config.planner.sampleUs, { due: Due.plan });
  }

  /** Goes on for about so many steps of engines. True when everything has ended. */
  advance(steps: number): boolean {
    for (let left = steps; left > 0; left--) {
      if (this.planner !== null) this.endTurn(this.planner);
      const nextUs = this.nextEventUs;
      // Where engines are coupled, their own events may lead to choices too.
      const ownUs = this.isCoupled ? this.next.firstUs : Number.POSITIVE_INFINITY;
      const reportUs = this.reports?.dueUs(Math.min(nextUs, ownUs)) ?? Number.POSITIVE_INFINITY;
      if (ownUs < nextUs && reportUs >= nextUs) this.stepFirst(ownUs);
      else if (!this.isCoupled && this.stepAny(Math.min(nextUs, reportUs))) continue;
      else if (reportUs < nextUs) this.reports?.take(reportUs, (instance) => this.lifeOf(instance));
      else if (nextUs === Number.POSITIVE_INFINITY) return this.end();
      else this.happen(nextUs);
    }
    return false;
  }

  /** Share of the known requests whose fate is known, a measure of progress. */
  get progress(): number {
    const all = this.source.requests.count;
    return all === 0 ? 1 : this.settled / all;
  }

  /** The life of an instance now; null = it is down or off. */
  lifeOf(instance: number): Life | null {
    const life = this.current[instance];
    return life < 0 ? null : this.lives[life];
  }

  get count(): number {
    return this.current.length;
  }

  /** Whether an instance takes requests. */
  isOpen(instance: number): boolean {
    return this.open[instance] === 1;
  }

  // LifeListener: what engines tell.

  arrivals(nowUs: number): void {
    // Where engines go up to the next event on their own, all that arrives by now has been sent.
    if (!this.isCoupled) return;
    while (this.nextArrivalUs <= nowUs) this.arrive();
  }

  attemptEnded(attempt: number, nowUs: number): void {
    const { attempts } = this;
    const life = this.lives[attempts.life[attempt]];
    const request = attempts.request[attempt];
    const isFinished = life.simulation.engine.sequences.status[attempts.local[attempt]] === Status.finished;
    this.nowUs = Math.max(this.nowUs, nowUs);
    this.endAttempt(attempt, isFinished ? AttemptEnd.finished : AttemptEnd.refused, nowUs);
    const isPrompt = attempts.part[attempt] === Part.prefill;
    if (isFinished && isPrompt && goesOn(this.source.requests, request, life.maxModelLen)) this.goOn(request, attempt);
    else this.settle(request, isFinished ? Fate.finished : Fate.refused, nowUs);
  }

  loadBegins(attempt: number, tokens: number, nowUs: number): void {
    const { handovers, config } = this;
    if (handovers === null || config.split === null) return;
    handovers.ask(attempt, tokens, nowUs);
    this.enter(nowUs + config.split.link.setupUs, { due: Due.flow, attempt });
  }

  // Time.

  /** The next arrival, entry of the calendar or end of a transfer. Where every fate is known, whatever else would come is of no concern. */
  private get nextEventUs(): number {
    if (this.isOver) return Number.POSITIVE_INFINITY;
    return Math.min(this.nextArrivalUs, this.calendar.nextUs, this.nextTransferUs);
  }

  private get nextTransferUs(): number {
    const { handovers, store } = this;
    return Math.min(handovers?.transfers.nextUs ?? Number.POSITIVE_INFINITY, store?.nextUs ?? Number.POSITIVE_INFINITY);
  }

  private get isOver(): boolean {
    return this.settled === this.arrived && this.nextArrivalUs === Number.POSITIVE_INFINITY;
  }

  private get nextArrivalUs(): number {
    const { requests } = this.source;
    const knownUs = this.arrived < requests.count ? requests.arrivalUs[this.arrived] : Number.POSITIVE_INFINITY;
    return Math.min(knownUs, this.nextSourceUs);
  }

  /** The engine at which something happens first goes on to that. */
  private stepFirst(nowUs: number): void {
    const { first } = this.next;
    this.lifeOf(first)?.simulation.next(nowUs + 1);
    this.noteNext(first);
  }

  /** A step of an engine that still has one before `untilUs`. False if none has: engines at which nothing happens until then are not looked at. */
  private stepAny(untilUs: number): boolean {
    for (;;) {
      if (this.stepping < 0) {
        if (this.next.firstUs >= untilUs) return false;
        this.stepping = this.next.first;
      }
      // One engine goes all the way before another does: its memory is at hand.
      if (this.lifeOf(this.stepping)?.simulation.next(untilUs) === true) return true;
      this.noteNext(this.stepping);
      this.stepping = -1;
    }
  }

  /** Something was done to an instance, or by it. */
  private noteNext(instance: number): void {
    this.next.set(instance, this.lifeOf(instance)?.simulation.nextUs ?? Number.POSITIVE_INFINITY);
  }

  /** Nothing more is to come. An engine in which requests wait for ever says so. */
  private end(): boolean {
    for (const life of this.current) if (life >= 0) this.lives[life].simulation.next();
    return true;
  }

  private happen(nowUs: number): void {
    this.nowUs = nowUs;
    if (this.nextTransferUs <= nowUs) {
      this.handovers?.complete(nowUs);
      this.store?.happen(nowUs);
      return;
    }
    if (this.calendar.nextUs > nowUs) {
      if (this.nextSourceUs <= nowUs) this.nextSourceUs = this.source.next(nowUs);
      if (this.nextArrivalUs <= nowUs) this.arrive();
      return;
    }
    const entry = this.calendar.take();
    switch (entry.due) {
      case Due.die:
        if (entry.life === undefined || entry.life === this.current[entry.instance])
          this.die(entry.instance, entry.forUs);
        break;
      case Due.start:
        this.start(entry.instance);
        break;
      case Due.timeOut:
        this.timeOut(entry.request, entry.tries);
        break;
      case Due.retry:
        this.route(entry.request);
        break;
      case Due.scale:
        if (this.scaler !== null) this.scale(this.scaler);
        break;
      case Due.flow:
        this.handovers?.flow(entry.attempt, nowUs);
        break;
      case Due.plan:
        if (this.planner !== null) this.plan(this.planner);
        break;
    }
  }

  private enter(atUs: number, entry: Entry): void {
    this.calendar.add(atUs, entry.due, entry);
  }

  // Requests.

  private arrive(): void {
    const request = this.arrived++;
    this.fates.add(request);
    this.nowUs = Math.max(this.nowUs, this.source.requests.arrivalUs[request]);
    this.route(request);
  }

  /** Sends a request to an instance, or has it refused. */
  private route(request: number): void {
    const lent = this.mixedPool === null ? -1 : this.chooseMixed(request, this.mixedPool);
    const part = this.handovers === null || lent >= 0 ? Part.whole : Part.prefill;
    const instance = lent >= 0 ? lent : this.choose(request, part);
    this.fates.tries[request]++;
    if (instance < 0) {
      this.turnedAway(request, instance);
      return;
    }
    const { maxInFlight, maxTokensAhead } = this.config.admission;
    const isFull =
      (maxInFlight > 0 && this.view.inFlight(instance) >= maxInFlight) ||
      (maxTokensAhead > 0 && this.view.tokensAhead(instance) > maxTokensAhead);
    if (isFull) {
      this.note(FleetEventKind.shed, instance, request);
      this.again(request, Fate.shed);
      return;
    }
    this.send(request, instance, part, -1);
    const { timeoutUs } = this.config.client;
    const tries = this.fates.tries[request];
    if (timeoutUs > 0) this.enter(this.nowUs + timeoutUs, { due: Due.timeOut, request, tries });
  }

  /** The prompt of a request has been computed: another instance takes over. */
  private goOn(request: number, prefill: number): void {
    const { handovers, nowUs } = this;
    const instance = this.choose(request, Part.decode);
    if (instance < 0) {
      handovers?.discard(prefill, nowUs);
      this.turnedAway(request, instance);
      return;
    }
    handovers?.begin(this.send(request, instance, Part.decode, prefill), nowUs);
  }

  private routerOf(part: number): Router {
    return part === Part.decode ? this.decodeRouter : this.router;
  }

  private viewOf(part: number): FleetView {
    return part === Part.decode ? this.decoding : this.beginning;
  }

  private choose(request: number, part: Part): number {
    const { nowUs, scores } = this;
    const view = this.viewOf(part);
    scores.fill(Number.NaN);
    const instance = this.routerOf(part).choose(request, nowUs, view, scores);
    const regret = instance < 0 ? 0 : this.regret(request, instance, view);
    this.routes.add(request, part, nowUs, instance, scores, regret);
    return instance;
  }

  /** An instance that takes a request as a whole since one side of the fleet is short; -1 = none does. */
  private chooseMixed(request: number, pool: MixedPool): number {
    const { nowUs, scores } = this;
    scores.fill(Number.NaN);
    const instance = pool.choose(request, scores);
    if (instance >= 0)
      this.routes.add(request, Part.whole, nowUs, instance, scores, this.regret(request, instance, this.view));
    return instance;
  }

  /** The router has sent a request nowhere. */
  private turnedAway(request: number, answer: number): void {
    if (answer === REFUSED) this.note(FleetEventKind.shed, -1, request);
    this.again(request, answer === REFUSED ? Fate.shed : Fate.unserved);
  }

  private send(request: number, instance: number, part: Part, prefill: number): number {
    const { nowUs, attempts } = this;
    const number = this.current[instance];
    const attempt = attempts.push(request, number, nowUs, part, prefill);
    this.fates.lastAttempt[request] = attempt;
    const { requests } = this.source;
    attempts.local[attempt] = this.lives[number].send(attempt, requests, request, nowUs, part, this.config.split);
    this.noteNext(instance);
    if (part === Part.whole) this.mixedPool?.began(instance);
    this.routerOf(part).sent?.(request, instance, nowUs, this.viewOf(part));
    return attempt;
  }

  /** Prompt tokens before the request at an instance, less the fewest anywhere. */
  private regret(request: number, chosen: number, view: FleetView): number {
    const ahead = (instance: number) => this.view.tokensAhead(instance) - this.view.cachedTokens(instance, request);
    const here = ahead(chosen);
    let fewest = here;
    for (let i = 0; i < this.count; i++) if (view.isOpen(i)) fewest = Math.min(fewest, ahead(i));
    return here - fewest;
  }

  /** A try has come to nothing: the client tries again, or the request's fate is settled. */
  private again(request: number, fate: Fate): void {
    const { retries, backoffUs } = this.config.client;
    const tries = this.fates.tries[request];
    if (tries > retries) {
      this.settle(request, fate, this.nowUs);
      return;
    }
    this.note(FleetEventKind.retried, -1, request);
    this.enter(this.nowUs + backoffUs * (1 << Math.min(tries - 1, 20)), { due: Due.retry, request });
  }

  /** The client has waited long enough for the try that was its `tries`-th. */
  private timeOut(request: number, tries: number): void {
    const { attempts } = this;
    if (this.fates.fate[request] !== Fate.open || this.fates.tries[request] !== tries) return;
    const attempt = this.fates.lastAttempt[request];
    // A try that was lost before has its own way on.
    if (attempt < 0 || attempts.end[attempt] !== AttemptEnd.open) return;
    if (this.giveUp(attempt, AttemptEnd.timedOut)) {
      this.note(FleetEventKind.timedOut, this.lives[attempts.life[attempt]].instance, request);
      this.again(request, Fate.timedOut);
    }
  }

  /** Ends a try that is in flight. False if it ends by itself in this very moment. */
  private giveUp(attempt: number, end: AttemptEnd): boolean {
    const { attempts, nowUs } = this;
    const life = this.lives[attempts.life[attempt]];
    if (!life.abort(attempts.local[attempt], nowUs)) return false;
    this.noteNext(life.instance);
    this.endAttempt(attempt, end, nowUs);
    return true;
  }

  private endAttempt(attempt: number, end: AttemptEnd, nowUs: number): void {
    this.attempts.end[attempt] = end;
    this.attempts.endUs[attempt] = nowUs;
    const part = this.attempts.part[attempt];
    if (part === Part.decode) this.handovers?.drop(attempt, nowUs);
    const { instance, store } = this.lives[this.attempts.life[attempt]];
    if (part === Part.whole) this.mixedPool?.ended(instance);
    store?.drop(this.attempts.local[attempt], nowUs);
    this.routerOf(part).ended?.(this.attempts.request[attempt], instance);
  }

  private settle(request: number, fate: Fate, nowUs: number): void {
    this.fates.set(request, fate, nowUs);
    this.settled++;
    this.source.finished(request, nowUs);
    this.nextSourceUs = Math.min(this.nextSourceUs, this.source.next(nowUs));
  }

  // Instances.

  /** A life begins. */
  private begin(instance: number): void {
    const spec = specOf(this.config, instance, this.roles[instance]);
    const life = this.lives.length;
    this.current[instance] = life;
    const { store, source, nowUs } = this;
    this.lives.push(new Life(life, instance, nowUs, spec, store, source.classes, this, this.isWholeRun));
    this.open[instance] = 1;
    this.noteNext(instance);
    const { wear } = this.config;
    if (wear === null) return;
    const { seed, meanLifeUs, repairUs } = wear;
    const lifeUs = Math.ceil(meanLifeUs * exponential(seed, Purpose.failure, instance, this.begun[instance]++));
    this.enter(this.nowUs + lifeUs, { due: Due.die, instance, forUs: repairUs, life });
  }

  private die(instance: number, forUs: number): void {
    const life = this.lifeOf(instance);
    if (life === null) return;
    const { attempts, nowUs } = this;
    const number = this.current[instance];
    this.stop(instance);
    this.open[instance] = 0;
    life.store?.lost(nowUs);
    const { memory } = life.simulation.engine;
    const lost = life.openAttempts(attempts);
    // Elsewhere some wait for KV that is gone.
    const waiting = this.handovers?.waitingFor(number) ?? [];
    const orphans = waiting.filter((attempt) => this.giveUp(attempt, AttemptEnd.lost));
    this.note(FleetEventKind.died, instance, -1, lost.length + orphans.length, memory.usableBlocks - memory.freeBlocks);
    for (const attempt of lost) this.endAttempt(attempt, AttemptEnd.lost, nowUs);
    for (const attempt of [...lost, ...orphans]) this.again(attempts.request[attempt], Fate.lost);
    if (forUs < Number.POSITIVE_INFINITY) this.enter(nowUs + forUs, { due: Due.start, instance });
  }

  private start(instance: number): void {
    this.scaler?.starting.delete(instance);
    if (this.current[instance] >= 0) return;
    this.begin(instance);
    this.note(FleetEventKind.started, instance, -1);
  }

  /** Starts as many instances as the load asks for; stops one when fewer have been enough for long. */
  private scale(scaler: Scaler): void {
    const { everyUs, startUs } = scaler.config;
    this.enter(this.nowUs + everyUs, { due: Due.scale });
    let inFlight = 0;
    let open = 0;
    for (let i = 0; i < this.count; i++) {
      inFlight += this.view.inFlight(i);
      open += this.open[i];
      // One that was stopped has ended what it had.
      if (this.current[i] >= 0 && this.open[i] === 0 && this.view.inFlight(i) === 0) this.stop(i);
    }
    const { wanted, stops } = scaler.look(this.nowUs, inFlight, open, this.count);
    for (let i = 0; i < this.count && open + scaler.starting.size < wanted; i++) {
      if (this.current[i] >= 0 || scaler.starting.has(i)) continue;
      scaler.starting.add(i);
      this.enter(this.nowUs + startUs, { due: Due.start, instance: i });
      this.note(FleetEventKind.scaledUp, i, -1);
    }
    if (!stops) return;
    const last = this.open.lastIndexOf(1);
    this.open[last] = 0;
    this.note(FleetEventKind.scaledDown, last, -1);
    if (this.view.inFlight(last) === 0) this.stop(last);
  }

  /** Looks at the loads of the two sides, and changes the role of an instance if they ask for it. */
  private plan(planner: Planner): void {
    this.enter(this.nowUs + planner.config.sampleUs, { due: Due.plan });
    const side = (role: Role) => [...this.roles.keys()].filter((i) => this.open[i] === 1 && this.roles[i] === role);
    const [prefills, decodes] = [side('prefill'), side('decode')];
    const kvUse = decodes.reduce((sum, i) => sum + (this.lifeOf(i)?.kvUse ?? 0), 0) / Math.max(1, decodes.length);
    planner.sample(
      prefills.some((i) => (this.lifeOf(i)?.waiting ?? 0) > 0),
      kvUse,
    );
    if (!planner.isDue) return;
    const decision = planner.decide(prefills.length, decodes.length);
    if (decision === null) return;
    const givers = decision.to === 'prefill' ? decodes : prefills;
    const instance = givers.reduce((best, i) => (this.view.inFlight(i) < this.view.inFlight(best) ? i : best));
    this.open[instance] = 0;
    planner.begin({ ...decision, instance, decidedUs: this.nowUs, drainedUs: Number.NaN });
    const kind = decision.to === 'prefill' ? FleetEventKind.turnsToPrefill : FleetEventKind.turnsToDecode;
    this.note(kind, instance, -1, this.view.inFlight(instance));
  }

  /** An instance that is to change its role has ended what it had, or died: another life begins in the new one. */
  private endTurn(planner: Planner): void {
    if (planner.turn === null) return;
    const { instance, to } = planner.turn;
    const life = this.lifeOf(instance);
    if (life?.isIdle === false) return;
    if (life !== null) {
      this.nowUs = Math.max(this.nowUs, life.simulation.nowUs);
      this.stop(instance);
      this.enter(this.nowUs + planner.config.startUs, { due: Due.start, instance });
    }
    this.roles[instance] = to;
    planner.end(this.nowUs);
  }

  /** A life ends, with what it has. */
  private stop(instance: number): void {
    const life = this.lifeOf(instance);
    if (life === null) return;
    life.endUs = this.nowUs;
    this.current[instance] = -1;
    this.noteNext(instance);
    this.forget(instance);
  }

  /** Routers forget what the instance had. */
  private forget(instance: number): void {
    this.router.lost?.(instance);
    if (this.decodeRouter !== this.router) this.decodeRouter.lost?.(instance);
  }

  private note(kind: FleetEventKind, instance: number, request: number, requests = 0, blocks = 0): void {
    this.events.push({ timeUs: this.nowUs, kind, instance, request, requests, blocks });
  }
}
