import { describe, expect, it } from 'vitest';
import '../../i18n/later-messages.ts';
import { translator } from '../../i18n/i18n.ts';
import { type FleetResult, Part } from '../../protocol/fleet.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleResult } from '../batch/sample.ts';
import { byteRate } from '../rates.ts';
import { sheetOf } from '../sheet/sheets.ts';
import { linkNames } from './links.ts';
import { binAt, decisionAt, fleetModel, levelAt } from './model.ts';
import { four, full, momentsOf, roomy, sharing, shedding, sixteen, slow, splitSharing, turning } from './samples.ts';
import { storeOf } from './store.ts';
import { theLinks, theStore } from './strips.ts';
import { simulatedFleet, splitFleet } from './testing.ts';
import { decisionWords, descriptionOf, factsOf, figuresOf, readoutOf } from './words.ts';

const t = translator('en');
const format = formatsOf('en');
const spaced = (text: string) => text.replaceAll('\u00a0', ' ');

describe('a fleet in words', () => {
  it('tells what became of the requests, and only of troubles that there are', () => {
    const keys = (result: FleetResult) =>
      figuresOf(fleetModel(result, 'number'), 5_000_000, t, format).map(({ key }) => key);
    expect(keys(simulatedFleet(2, { seconds: 2 }))).toEqual(['inFlight', 'finished', 'ttft', 'e2e']);
    expect(keys(shedding)).toEqual(['inFlight', 'finished', 'timedOut', 'shed', 'lost', 'ttft', 'e2e']);
  });

  it('tells a decision', () => {
    const decision = {
      number: 0,
      request: 12,
      timeUs: 0,
      part: Part.whole,
      isMixed: false,
      from: -1,
      replica: 1,
      scores: null,
      regretTokens: 0,
      isShed: false,
    } as const;
    const said = (change: object) => spaced(decisionWords({ ...decision, ...change }, t, format));
    const scores = Float32Array.of(4, 2.5, Number.NaN);
    expect(said({ scores, regretTokens: 1234 })).toBe(
      'r12 went to replica 2: the lowest of 2 scores, 2.5. Elsewhere 1,234 fewer prompt tokens stood before it.',
    );
    expect(said({ scores, replica: 0 })).toMatch(/: drawn among 2, its score 4 is not the lowest\./);
    expect(said({ scores })).toMatch(/Nowhere did fewer prompt tokens stand before it\.$/);
    expect(said({})).toMatch(/^r12 went to replica 2; scores of decisions this late are not kept\./);
    expect(said({ isShed: true })).toBe('r12 met replica 2 full and was turned away.');
    expect(said({ replica: -1 })).toBe('r12 found no open replica.');
    expect(said({ replica: -2, isShed: true })).toMatch(/^r12 was turned away by the router/);
    expect(said({ part: Part.prefill })).toMatch(/^The prefill of r12 went to replica 2/);
    expect(said({ part: Part.decode, from: 0 })).toMatch(/^The decode of r12 went to replica 2/);
    expect(said({ isMixed: true })).toMatch(/^Both phases of r12 went to replica 2/);
    expect(decisionWords(null, t, format)).toBe('No request has come yet.');
  });

  it('reads a replica at a time, and what happened to it then', () => {
    const model = fleetModel(four, 'number');
    expect(readoutOf(model, { replica: 1, us: 3_020_000 }, t, format).map(spaced)).toEqual([
      'replica 2, 3.020 s',
      'dead',
      'died at 3.000 s with 21 requests',
    ]);
    const running = levelAt(model, 'running', 0, 6_000_000);
    expect(readoutOf(model, { replica: 0, us: 6_000_000 }, t, format)[2]).toBe(`${format.number(running, 1)} run`);
    expect(readoutOf(model, { replica: -1, us: 0 }, t, format)).toEqual([]);
  });

  it('says on which GPU a replica is, where they are not all of a kind', () => {
    const devices = ['Fast', 'Fast', 'Wide', 'Wide'];
    const short = { seconds: 2, blocks: 400 };
    const [mixed, plain] = [splitFleet({ ...short, devices }), splitFleet(short)].map((result) =>
      fleetModel(result, 'number'),
    );
    const first = (model: typeof mixed, replica: number) => readoutOf(model, { replica, us: 1e6 }, t, format)[0];
    expect(spaced(first(mixed, 0))).toBe('replica 1 (prefill on Fast), 1.000 s');
    expect(spaced(first(mixed, 3))).toBe('replica 4 (decode on Wide), 1.000 s');
    expect(spaced(first(plain, 3))).toBe('replica 4 (decode), 1.000 s');
    expect(factsOf(mixed, t, format)).toContain('2 × Fast, 2 × Wide');
    expect(factsOf(plain, t, format)).toEqual([factsOf(mixed, t, format)[0]]);
    expect(descriptionOf(mixed, 1e6, null, t, format)).toContain(' GPUs of the replicas: 2 × Fast, 2 × Wide. ');
    expect(readoutOf(mixed, { replica: 3, us: 1e6 }, translator('zh'), formatsOf('zh'))[0]).toContain('（解码，Wide）');
  });

  it('reads without a hole, in both languages and at all times', () => {
    for (const language of ['en', 'zh'] as const) {
      const words = [translator(language), formatsOf(language)] as const;
      for (const result of [four, sixteen, shedding, full, slow, roomy, sharing, splitSharing, turning]) {
        const model = fleetModel(result, 'number');
        for (const us of momentsOf(result)) {
          const said = [
            ...factsOf(model, ...words),
            descriptionOf(model, us, decisionAt(model, us), ...words),
            ...[theLinks, theStore, ...model.rows.map((row) => row.replica)].flatMap((replica) =>
              readoutOf(model, { replica, us }, ...words),
            ),
          ].join('\n');
          expect(said).not.toMatch(/NaN|undefined|\{\w+\}|\d\.\d{5}/);
        }
      }
    }
  });

  it('tells of a replica what it is for at a time, and when and why it turns', () => {
    const model = fleetModel(turning, 'number');
    const row = model.rows.find(({ roles }) => roles[0].role === 'decode' && roles.length > 1);
    const mark = row?.marks.find(({ name }) => name === 'turnsToPrefill');
    const replica = row?.replica ?? -1;
    const at = (us: number) => readoutOf(model, { replica, us }, t, format).map(spaced);
    expect(at(1_000)[0]).toMatch(/^replica \d \(decode\)/);
    expect(at(row?.roles[1].fromUs ?? 0)[0]).toMatch(/^replica \d \(prefill\)/);
    expect(at(mark?.timeUs ?? 0).join('\n')).toMatch(
      /^turns to prefill from [\d.]+ s on, after \d+ requests that it ends: prompts queue, decode has room$/m,
    );
    const sides = (us: number) => descriptionOf(model, us, null, t, format);
    expect(sides(1_000)).toContain('Replicas that prefill: 1, that decode: 3. ');
    const turnsUs = model.rows.flatMap(({ roles }) => roles.slice(1).map(({ fromUs }) => fromUs));
    expect(sides(Math.min(...turnsUs))).toContain('Replicas that prefill: 2, that decode: 2. ');
    // Between its two lives it is being started.
    expect(row?.away.map(({ why }) => why)).toContain('starting');
  });

  it('tells that a replica is being started that turned and was not up again when the run ended', () => {
    const late = splitFleet({
      prefills: 1,
      decodes: 3,
      blocks: 1_200,
      turns: true,
      startUs: 60_000_000,
      perReplicaS: 11,
      seconds: 5,
    });
    const { rows } = fleetModel(late, 'number');
    const gone = rows.filter((row) => row.marks.some(({ name }) => name === 'turnsToPrefill'));
    expect(gone.length).toBeGreaterThan(0);
    for (const { roles, away } of gone) {
      expect(roles.map(({ role }) => role)).toEqual(['decode']);
      expect(away.map(({ why, toUs }) => [why, toUs])).toEqual([['starting', late.summary.durationUs]]);
    }
  });

  it('tells of the store: how full it is, who waits for it, and whose prompts it spared', () => {
    const model = fleetModel(sharing, 'number');
    const store = storeOf(sharing);
    const bin = binAt(sharing.series, 9_000_000);
    const figure = (name: 'stored' | 'fetching' | 'fetched') => store?.levels[name][bin] ?? Number.NaN;
    const [own, share] = [store?.ownShare, store?.storeShare].map((value) => format.percent(value ?? Number.NaN));
    expect(readoutOf(model, { replica: theStore, us: 9_000_000 }, t, format).map(spaced)).toEqual([
      'shared KV store, 9.000 s',
      spaced(`${format.bytes(figure('stored'))} of ${format.bytes(sharing.store?.capacityBytes ?? 0)} in the store`),
      `${format.number(figure('fetching'), 1)} requests wait for a prefix`,
      `${spaced(byteRate(format, figure('fetched')))} out of it`,
      spaced(`of all prompt tokens ${own} from own caches, ${share} from the store`),
    ]);
    expect(factsOf(model, t, format)).toEqual([
      `round-robin: ${own} of prompt tokens from own caches, ${share} from the store`,
    ]);
    const both = storeOf(splitSharing);
    const [ownToo, shareToo] = [both?.ownShare, both?.storeShare].map((value) => format.percent(value ?? Number.NaN));
    expect(factsOf(fleetModel(splitSharing, 'number'), t, format)).toEqual([
      expect.stringMatching(/of the time$/),
      `Prompt tokens: ${ownToo} from own caches, ${shareToo} from the store`,
    ]);
    // Every turn lands on another replica: what own caches lack the store has, as far as it has room.
    expect(store?.storeShare).toBeGreaterThan(store?.ownShare ?? 1);
    expect(sharing.store?.evictedBytes).toBeGreaterThan(0);
  });

  it('tells of the links and of the side that holds up the other', () => {
    const model = fleetModel(full, 'number');
    const bin = binAt(full.series, 6_000_000);
    const [held, moving, rate] = linkNames.map((name) => model.links?.levels[name][bin] ?? Number.NaN);
    expect(readoutOf(model, { replica: theLinks, us: 6_000_000 }, t, format).map(spaced)).toEqual([
      'from prefill to decode, 6.000 s',
      `${format.number(held, 1)} prompts wait for room to decode`,
      `${format.number(moving, 1)} on their way`,
      `${spaced(byteRate(format, rate))} on the links`,
    ]);
    expect(readoutOf(model, { replica: 2, us: 6_000_000 }, t, format)[0]).toBe('replica 3 (decode), 6.000\u00a0s');
    expect(factsOf(model, t, format).map(spaced)).toEqual(['Decode is the bottleneck: prompts wait 96 % of the time']);
    expect(factsOf(fleetModel(slow, 'number'), t, format)[0]).toMatch(/^The links are the bottleneck/);
    expect(factsOf(fleetModel(roomy, 'number'), t, format)[0]).not.toMatch(/bottleneck/);
  });

  it('is a table with a row a replica', () => {
    const input = { frame: null, result: sampleResult([]), selected: -1 };
    const sheet = sheetOf('fleet', { ...input, fleet: four }, t, format);
    expect(sheet.rows.map(({ cells }) => cells[0].text)).toEqual(['1', '2', '3', '4']);
    const column = (name: string) => sheet.rows.map(({ cells }) => cells[sheet.columns.indexOf(name)].value as number);
    expect(column('Requests sent there').reduce((sum, count) => sum + count, 0)).toBe(four.routes.count);
    expect(column('Deaths')).toEqual([0, 2, 0, 0]);
    expect(sheet.columns).not.toContain('Role');
    const split = sheetOf('fleet', { ...input, fleet: full }, t, format);
    const role = split.columns.indexOf('Role');
    expect(split.rows.map(({ cells }) => cells[role].text)).toEqual(['prefill', 'prefill', 'decode', 'decode']);
    expect(split.text).toMatch(/From prefill to decode: /);
    expect(split.columns).not.toContain('GPU');
    const devices = ['Fast', 'Fast', 'Wide', 'Wide'];
    const mixed = sheetOf('fleet', { ...input, fleet: { ...full, devices } }, t, format);
    expect(mixed.rows.map(({ cells }) => cells[mixed.columns.indexOf('GPU')].text)).toEqual(devices);
    const turned = sheetOf('fleet', { ...input, fleet: turning }, t, format);
    expect(turned.rows.map(({ cells }) => cells[role].text)).toContain('decode → prefill');
    expect(sheetOf('fleet', input, t, format)).toMatchObject({ rows: [], text: t('fleet.alone') });
  });
});
