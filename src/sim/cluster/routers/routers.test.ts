import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../../testing.ts';
import { REFUSED } from '../router.ts';
import { softmax } from './pick.ts';
import { createRouter, routerNames, routers } from './routers.ts';
import { routerSettings } from './settings.ts';
import { Desk, prompt, routerArb, type Shown } from './testing.ts';

const idle = (count: number): Shown[] => Array.from({ length: count }, () => ({}));

/** An instance in any state. */
const shownArb: fc.Arbitrary<Shown> = fc.record({
  isClosed: fc.boolean(),
  inFlight: fc.nat(100),
  tokens: fc.nat(1000),
  waiting: fc.nat(50),
  running: fc.nat(50),
  kvUse: fc.constantFrom(0, 0.25, 0.5, 1),
  tokensAhead: fc.nat(200),
  cachedTokens: fc.nat(60),
});

const eventArb = fc.record({
  op: fc.constantFrom('send', 'send', 'send', 'end', 'lose', 'change'),
  shown: shownArb,
  instance: fc.nat(4),
  session: fc.nat(5),
  stream: fc.integer({ min: 1, max: 4 }),
  shared: fc.nat(60),
  own: fc.integer({ min: 1, max: 60 }),
  afterS: fc.constantFrom(0, 0, 1, 30, 200),
});

type Event = typeof eventArb extends fc.Arbitrary<infer E> ? E : never;

/** Goes through a story, and says what was chosen with which scores. */
function tell(desk: Desk, events: readonly Event[]) {
  const { view, router } = desk;
  /** Instances of the requests in flight. */
  const inFlight = new Map<number, number>();
  const end = (request: number, instance: number) => {
    inFlight.delete(request);
    router.ended?.(request, instance);
  };
  const told = [];
  for (const { op, shown, instance, session, stream, shared, own, afterS } of events) {
    desk.nowUs += afterS * 1e6;
    const at = instance % view.count;
    if (op === 'change') view.shown[at] = shown;
    if (op === 'lose') {
      view.shown[at] = { isClosed: true };
      router.lost?.(at);
      for (const [request, where] of inFlight) if (where === at) end(request, where);
    }
    const [first] = inFlight;
    if (op === 'end' && first !== undefined) end(...first);
    if (op !== 'send') continue;
    const request = desk.add({ session, ...prompt([stream, shared], [100 + own, own]) });
    const chosen = desk.ask(request);
    told.push({ chosen, scores: [...desk.scores], open: view.shown.map(({ isClosed }) => isClosed !== true) });
    if (chosen < 0) continue;
    router.sent?.(request, chosen, desk.nowUs, view);
    inFlight.set(request, chosen);
  }
  return told;
}

describe('every router', () => {
  it('chooses an open instance if there is one, and one with the lowest score; who is closed has none', () => {
    fc.assert(
      fc.property(
        routerArb,
        fc.array(shownArb, { minLength: 1, maxLength: 5 }),
        fc.array(eventArb, { maxLength: 30 }),
        ({ kind, settings }, shown, events) => {
          for (const { chosen, scores, open } of tell(new Desk(kind, shown, settings), events)) {
            const isAnyOpen = open.includes(true);
            if (chosen === REFUSED) expect(kind).toBe('mooncake');
            else expect(chosen >= 0).toBe(isAnyOpen);
            scores.forEach((score, i) => {
              // Power of two looks at two only.
              if (!open[i] || kind !== 'power-of-two') expect(Number.isNaN(score)).toBe(!open[i]);
            });
            if (chosen < 0) continue;
            expect(open[chosen]).toBe(true);
            const isDrawn = kind === 'dynamo' && Number(settings['router-temperature']) > 0;
            const scored = scores.filter((score) => !Number.isNaN(score));
            if (isDrawn) expect(scored).toContain(scores[chosen]);
            else expect(scores[chosen]).toBe(Math.min(...scored));
          }
        },
      ),
      { numRuns: 4 * cases },
    );
  });

  it('decides the same again', () => {
    fc.assert(
      fc.property(
        routerArb,
        fc.array(shownArb, { minLength: 1, maxLength: 5 }),
        fc.array(eventArb, { maxLength: 20 }),
        ({ kind, settings }, shown, events) => {
          const once = tell(new Desk(kind, shown, settings), events);
          expect(tell(new Desk(kind, shown, settings), events)).toEqual(once);
        },
      ),
      { numRuns: cases },
    );
  });

  it('that calls itself blind asks instances for nothing but whether they are open', () => {
    fc.assert(
      fc.property(routerArb, fc.array(eventArb, { maxLength: 20 }), ({ kind, settings }, events) => {
        const desk = new Desk(kind, idle(3), settings);
        if (!desk.router.isBlind) return;
        expect(desk.router.ended).toBeUndefined();
        const refuse = () => {
          throw new Error('a blind router has looked');
        };
        const { view } = desk;
        Object.assign(view, {
          inFlight: refuse,
          tokens: refuse,
          waiting: refuse,
          running: refuse,
          kvUse: refuse,
          tokensAhead: refuse,
          cachedTokens: refuse,
          storedTokens: refuse,
          fetchUs: refuse,
          prefillUs: refuse,
        });
        tell(desk, events);
      }),
      { numRuns: cases },
    );
    expect(routerNames.filter((kind) => createRouter({ kind, seed: 0 }, 2).isBlind)).toEqual([
      'random',
      'round-robin',
      'session-affinity',
      'sticky',
    ]);
  });

  it('has a name of its own, and settings whose initial values are allowed', () => {
    expect(new Set(routerNames).size).toBe(routers.length);
    const withSettings = routers.filter(({ settings }) => Object.keys(settings).length > 0);
    expect(Object.fromEntries(withSettings.map(({ name, settings }) => [name, settings]))).toEqual(routerSettings);
    for (const { settings } of routers) {
      for (const setting of Object.values(settings)) {
        if ('words' in setting) expect(setting.words).toContain(setting.initial);
        else if ('least' in setting)
          expect(setting.initial >= setting.least && setting.initial <= setting.most).toBe(true);
        if (setting.readIf !== undefined) expect(Object.keys(settings)).toContain(setting.readIf[0]);
      }
    }
    expect(() => createRouter({ kind: 'round-robin', seed: 0, settings: { speed: 1 } }, 2)).toThrow('no setting speed');
  });
});

describe('routers by load', () => {
  const shown = [
    { inFlight: 9, waiting: 0, running: 4, tokens: 500, tokensAhead: 30 },
    { inFlight: 3, waiting: 2, running: 1, tokens: 900, tokensAhead: 20 },
    { inFlight: 5, waiting: 1, running: 1, tokens: 400, tokensAhead: 90 },
  ];

  it.each([
    ['least-requests', 1, [9, 3, 5]],
    ['least-waiting', 0, [0, 2, 1]],
    ['least-waiting-and-running', 2, [4, 3, 2]],
    ['vllm-data-parallel', 0, [4, 9, 5]],
    ['least-tokens', 2, [500, 900, 400]],
    ['least-pending-tokens', 1, [30, 20, 90]],
  ])('%s', (kind, chosen, scores) => {
    const desk = new Desk(kind, shown);
    expect(desk.ask(desk.add({}))).toBe(chosen);
    expect([...desk.scores]).toEqual(scores);
  });
});

describe('session affinity', () => {
  it('keeps a session, and moves no other when instances come and go', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.integer({ min: 2, max: 6 }), fc.nat(5), (seed, count, who) => {
        const gone = who % count;
        const desk = new Desk('session-affinity', idle(count), {}, seed);
        const places = () => Array.from({ length: 40 }, (_, session) => desk.send({ session }));
        const before = places();
        desk.view.shown[gone] = { isClosed: true };
        const without = places();
        without.forEach((place, session) => {
          if (before[session] !== gone) expect(place).toBe(before[session]);
        });
        desk.view.shown[gone] = {};
        expect(places()).toEqual(before);
      }),
      { numRuns: cases },
    );
  });

  it('spreads many sessions about evenly', () => {
    const desk = new Desk('session-affinity', idle(4));
    const sessions = [0, 0, 0, 0];
    for (let session = 0; session < 4000; session++) sessions[desk.send({ session })]++;
    for (const share of sessions) expect(Math.abs(share - 1000)).toBeLessThan(120);
  });
});

describe('sticky', () => {
  it('leaves a session where it is while that instance is open and the session is not forgotten', () => {
    const desk = new Desk('sticky', [{}, { isClosed: true }], { 'assignment-mode': 'min_load', 'max-idle-secs': 60 });
    expect(desk.send({ session: 7 })).toBe(0);
    // A better one comes.
    desk.view.shown = [{ inFlight: 5 }, {}];
    desk.nowUs = 60e6;
    expect(desk.send({ session: 7 })).toBe(0);
    expect(desk.send({ session: 8 })).toBe(1);
    desk.nowUs += 60e6 + 1;
    expect(desk.send({ session: 7 })).toBe(1);
    desk.view.shown = [{ inFlight: 5 }, { isClosed: true }];
    expect(desk.send({ session: 7 })).toBe(0);
  });

  it('counts sessions, not requests, by groups', () => {
    const desk = new Desk('sticky', idle(2), { 'assignment-mode': 'min_group' });
    const asked = [1, 1, 1, 2, 1, 3, 4].map((session) => desk.send({ session }));
    expect(asked).toEqual([0, 0, 0, 1, 0, 0, 1]);
  });
});

describe('prefix hash', () => {
  it('looks at the first 256 tokens only', () => {
    const desk = new Desk('prefix-hash', idle(8));
    const places = Array.from({ length: 20 }, (_, i) => desk.send(prompt([1, 256], [10 + i, 50])));
    expect(new Set(places).size).toBe(1);
    const others = Array.from({ length: 20 }, (_, i) => desk.send(prompt([1, 255], [10 + i, 50])));
    expect(new Set(others).size).toBeGreaterThan(3);
  });

  it('passes an instance over that has more than 1.25 times the mean', () => {
    const desk = new Desk('prefix-hash', idle(2));
    const owner = desk.send(prompt([1, 300]));
    const other = 1 - owner;
    // (5 + 3 + 1) / 2 x 1.25 = 5.625.
    desk.view.shown[owner] = { inFlight: 5 };
    desk.view.shown[other] = { inFlight: 3 };
    expect(desk.send(prompt([1, 300]))).toBe(owner);
    // (6 + 2 + 1) / 2 x 1.25 is the same.
    desk.view.shown[owner] = { inFlight: 6 };
    desk.view.shown[other] = { inFlight: 2 };
    expect(desk.send(prompt([1, 300]))).toBe(other);
    expect(desk.scores[other]).toBe(3);
  });
});

describe('cache-aware', () => {
  it('follows the prefix if more than three tenths of the prompt were sent there', () => {
    const desk = new Desk('cache-aware', [{ inFlight: 9 }, {}]);
    desk.send(prompt([1, 300]), 0);
    expect(desk.send(prompt([1, 300], [2, 700]))).toBe(1);
    // Now both have the 300, and the second has it since later, but is loaded as well.
    expect(desk.ask(desk.add(prompt([1, 301], [3, 699])))).toBe(1);
    desk.send(prompt([1, 310]), 0);
    expect(desk.send(prompt([1, 305], [4, 695]))).toBe(0);
    expect([...desk.scores]).toEqual([1 - 0.305, 1 - 0.3]);
  });

  it('goes by load while loads are unbalanced, by more than 64 and by more than half', () => {
    const desk = new Desk('cache-aware', idle(2));
    desk.send(prompt([1, 100]), 0);
    const ask = (inFlight: readonly number[]) => {
      desk.view.shown = inFlight.map((count) => ({ inFlight: count }));
      return desk.ask(desk.add(prompt([1, 100])));
    };
    expect([ask([64, 0]), ask([65, 0]), ask([300, 200]), ask([301, 200])]).toEqual([0, 1, 0, 1]);
  });

  it('looks at the size of its tree every two minutes, and forgets an instance that is lost', () => {
    const desk = new Desk('cache-aware', [{ inFlight: 1 }, {}], { 'max-tree-size': 100 });
    const ask = (stream: number) => desk.ask(desk.add(prompt([stream, 90])));
    desk.send(prompt([1, 90]), 0);
    desk.send(prompt([2, 90]), 0);
    desk.nowUs = 120e6 - 1;
    expect([ask(1), ask(2)]).toEqual([0, 0]);
    desk.nowUs = 120e6;
    expect([ask(1), ask(2)]).toEqual([1, 0]);
    desk.router.lost?.(0);
    expect(ask(2)).toBe(1);
  });
});

describe('llm-d', () => {
  const only = (name: string, extra: Readonly<Record<string, number>> = {}) => ({
    'queue-scorer': 0,
    'kv-cache-utilization-scorer': 0,
    'prefix-cache-scorer': 0,
    [name]: 1,
    ...extra,
  });
  const shown = [
    { waiting: 8, kvUse: 0.5, inFlight: 10 },
    { waiting: 2, kvUse: 0.75, inFlight: 4 },
    { waiting: 4, kvUse: 0.25, inFlight: 0 },
  ];
  const scoresOf = (settings: Readonly<Record<string, number>>) => {
    const desk = new Desk('llm-d', shown, settings);
    desk.ask(desk.add({}));
    return Array.from(desk.scores, (score) => -score);
  };

  it.each([
    ['queue-scorer', {}, [0, 1, 4 / 6]],
    ['kv-cache-utilization-scorer', {}, [0.5, 0.25, 0.75]],
    ['load-aware-scorer', { threshold: 4 }, [0, 0.25, 0]],
    ['active-request-scorer', { maxBusyScore: 0.5 }, [0, 0.3, 1]],
    ['active-request-scorer', { idleThreshold: 4 }, [0, 1, 1]],
  ])('%s %o', (name, extra, scores) => {
    scoresOf(only(name, extra)).forEach((score, i) => {
      expect(score).toBeCloseTo(scores[i], 12);
    });
  });

  it('adds what the scorers say, each with its weight', () => {
    scoresOf({}).forEach((score, i) => {
      expect(score).toBeCloseTo([2 * 0 + 2 * 0.5, 2 * 1 + 2 * 0.25, 2 * (4 / 6) + 2 * 0.75][i], 12);
    });
  });

  it('counts blocks that an instance was sent, the last used ones', () => {
    const desk = new Desk('llm-d', idle(2), only('prefix-cache-scorer', { lruCapacityPerServer: 6 }));
    desk.send(prompt([1, 64]), 0);
    desk.send(prompt([1, 32], [2, 32]), 1);
    // 80 tokens are 5 blocks: 4 and 2 of them are known.
    const ask = () => {
      desk.ask(desk.add(prompt([1, 80])));
      return Array.from(desk.scores, (score) => -score + 0);
    };
    expect(ask()).toEqual([4 / 5, 2 / 5]);
    // Four more blocks push the two out that were used longest ago: the first ones. The others still count.
    desk.send(prompt([3, 64]), 0);
    expect(ask()).toEqual([2 / 5, 2 / 5]);
    desk.router.lost?.(1);
    expect(ask()).toEqual([0, 0]);
  });

  it('leaves ties to chance', () => {
    const desk = new Desk('llm-d', idle(3));
    const chosen = Array.from({ length: 300 }, () => desk.ask(desk.add({})));
    for (let i = 0; i < 3; i++) expect(chosen.filter((one) => one === i).length).toBeGreaterThan(60);
  });
});

describe('dynamo', () => {
  it('adds blocks to prefill and blocks to decode', () => {
    const desk = new Desk('dynamo', [{ tokensAhead: 40 }, { cachedTokens: 40 }, {}]);
    // 40 tokens are 2.5 blocks to prefill, of which the router counts 2 for decoding.
    desk.send(prompt([1, 40]), 0);
    desk.send(prompt([2, 64]), 2);
    desk.ask(desk.add(prompt([1, 96])));
    // First: 96 + 40 tokens to prefill, 6 blocks of which 2 are there. Second: 64 to prefill, as whole blocks are cached. Third: done with what it had.
    expect([...desk.scores]).toEqual([(96 + 40) / 16 + 6, (96 - 32) / 16 + 6, 96 / 16 + 4 + 6]);
    expect(desk.send(prompt([1, 96]))).toBe(1);
    desk.router.ended?.(1, 2);
    desk.ask(desk.add(prompt([1, 96])));
    expect(desk.scores[2]).toBe(6 + 6);
  });

  it('with a weight of 0 goes by load alone', () => {
    const desk = new Desk('dynamo', [{ cachedTokens: 96 }, {}], { 'router-kv-overlap-score-weight': 0 });
    desk.send(prompt([2, 32]), 0);
    expect(desk.send(prompt([1, 96]))).toBe(1);
    expect([...desk.scores]).toEqual([8, 6]);
  });

  it('without events believes for two minutes that what was sent is cached', () => {
    const desk = new Desk('dynamo', idle(2), { 'router-kv-events': false });
    const ask = () => {
      const request = desk.add(prompt([1, 64], [2, 32]));
      desk.ask(request);
      return [...desk.scores];
    };
    desk.send(prompt([1, 64]), 0);
    desk.router.ended?.(0, 0);
    desk.nowUs = 120e6 - 1;
    expect(ask()).toEqual([2 + 6, 6 + 6]);
    desk.nowUs = 120e6;
    expect(ask()).toEqual([6 + 6, 6 + 6]);
  });

  it('without events forgets the oldest blocks when there are too many', () => {
    const settings = { 'router-kv-events': false, 'router-max-tree-size': 10, 'router-prune-target-ratio': 0.5 };
    const desk = new Desk('dynamo', idle(2), settings);
    desk.send(prompt([1, 96]), 0);
    desk.nowUs = 1;
    desk.send(prompt([2, 80]), 1);
    desk.router.ended?.(0, 0);
    desk.router.ended?.(1, 1);
    // 11 blocks became 5: those of the second.
    desk.ask(desk.add(prompt([1, 96])));
    expect([...desk.scores]).toEqual([12, 12]);
    desk.ask(desk.add(prompt([2, 80])));
    expect([...desk.scores]).toEqual([10, 5]);
  });

  it('draws by temperature', () => {
    // Costs 0, 1 and 2 over their range, at one half: e^0, e^-1, e^-2.
    const costs = Float64Array.of(10, 11, Number.NaN, 12);
    const weights = [1, Math.exp(-1), 0, Math.exp(-2)];
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const drawn = [0, 0, 0, 0];
    for (let i = 0; i < 1000; i++) drawn[softmax(costs, 0.5, (i + 0.5) / 1000)]++;
    drawn.forEach((count, i) => {
      expect(Math.abs(count / 1000 - weights[i] / total)).toBeLessThan(0.002);
    });
    expect(softmax(Float64Array.of(Number.NaN), 1, 0.5)).toBe(-1);
  });

  it('of 2025 weighs cache, memory and queue', () => {
    const desk = new Desk('dynamo-2025', [
      { cachedTokens: 50, kvUse: 0.5, waiting: 4 },
      { cachedTokens: 0, kvUse: 0.25, waiting: 2 },
    ]);
    expect(desk.ask(desk.add({ promptTokens: 100 }))).toBe(0);
    expect([...desk.scores]).toEqual([0.5 + 1 - 1, 0.25 + 0.5]);
  });
});

describe('mooncake', () => {
  it('goes to the shortest estimated time to the first token, and refuses what would take too long', () => {
    const desk = new Desk('mooncake', [{ cachedTokens: 80, tokensAhead: 60 }, {}], { 'ttft-slo-ms': 79 });
    desk.send({ promptTokens: 140 }, 0);
    // 60 of 140 tokens are not cached: they come before. Then 20 of 100, against 100 where nothing is cached.
    expect(desk.send({ promptTokens: 100 })).toBe(REFUSED);
    expect([...desk.scores]).toEqual([60_000 + 20_000, 100_000]);
    desk.view.shown[0] = { cachedTokens: 80 };
    expect(desk.send({ promptTokens: 100 })).toBe(0);
    expect(desk.scores[0]).toBe(20_000);
  });

  it('counts what an instance would fetch from the store, and the time of that', () => {
    const desk = new Desk('mooncake', [{ cachedTokens: 60, tokensAhead: 35 }, {}]);
    desk.view.stored = 80;
    desk.send({ promptTokens: 35 }, 0);
    // Of 100 tokens 20 are computed anywhere: after 20 fetched and a prefill of one token before it, or after 80 fetched.
    expect(desk.send({ promptTokens: 100 })).toBe(0);
    expect([...desk.scores]).toEqual([2_000 + 1_000 + 20_000, 8_000 + 20_000]);
    desk.view.shown[0] = { cachedTokens: 20, tokensAhead: 35 };
    desk.send({ promptTokens: 25 }, 0);
    expect(desk.send({ promptTokens: 100 })).toBe(1);
    expect(desk.scores[1]).toBe(28_000);
  });

  it('takes an instance to compute what it lacks unless the store has more than the threshold times as much', () => {
    const scores = (threshold: number, cachedTokens: number) => {
      const desk = new Desk('mooncake', [{ cachedTokens }], { kvcache_balancing_threshold: threshold });
      desk.view.stored = 80;
      desk.ask(desk.add({ promptTokens: 100 }));
      return desk.scores[0];
    };
    expect(scores(2, 39)).toBe(4_100 + 20_000);
    expect(scores(2, 40)).toBe(60_000);
    expect(scores(1, 80)).toBe(20_000);
    expect(scores(1, 99)).toBe(1_000);
    expect(scores(20, 0)).toBe(8_000 + 20_000);
  });

  it('forgets what has ended', () => {
    const desk = new Desk('mooncake', [{ tokensAhead: 100 }, {}]);
    desk.send({ promptTokens: 100 }, 0);
    desk.router.ended?.(0, 0);
    desk.ask(desk.add({ promptTokens: 10 }));
    expect([...desk.scores]).toEqual([10_000, 10_000]);
  });
});
