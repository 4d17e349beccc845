import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Collective, collectiveUs, sentBytes, withinHostUs } from './collectives.ts';
import { exchangeUs, libraryOnly, type PeerLink, pcieLink } from './peer-link.ts';
import { nvlink4, nvlinkA100 } from './profiles/links.ts';
import { networkOf, singleHost, type Topology } from './topology.ts';

const kinds: readonly Collective[] = ['all-reduce', 'all-gather', 'reduce-scatter', 'all-to-all', 'send'];
const links: readonly PeerLink[] = [nvlink4, nvlinkA100, pcieLink];
const anyKind = fc.constantFrom(...kinds);
const anyRanks = fc.constantFrom(2, 3, 4, 8);
const anyBytes = fc.integer({ min: 0, max: 2 ** 30 });

describe('bytes that a rank sends', () => {
  it('are those that a simulated ring carries', () => {
    // One chunk a rank; each rank passes on what it got last, until every chunk has been everywhere.
    for (const ranks of [2, 3, 5, 8]) {
      let sent = 0;
      const chunks = Array.from({ length: ranks }, (_, rank) => new Set([rank]));
      for (let step = 0; chunks.some((held) => held.size < ranks); step++) {
        for (let rank = 0; rank < ranks; rank++) {
          const chunk = (rank - step + ranks * ranks) % ranks;
          chunks[(rank + 1) % ranks].add(chunk);
          if (rank === 0) sent += 1000 / ranks;
        }
      }
      expect(sentBytes('all-gather', ranks, 1000)).toBeCloseTo(sent, 9);
      expect(sentBytes('reduce-scatter', ranks, 1000)).toBeCloseTo(sent, 9);
      // An all-reduce is one after the other.
      expect(sentBytes('all-reduce', ranks, 1000)).toBeCloseTo(2 * sent, 9);
      // Every rank keeps its own part of what it puts in.
      expect(sentBytes('all-to-all', ranks, 1000)).toBeCloseTo(1000 - 1000 / ranks, 9);
      expect(sentBytes('send', ranks, 1000)).toBe(1000);
    }
    for (const kind of kinds) expect(sentBytes(kind, 1, 1000)).toBe(0);
  });
});

describe('an operation within a host', () => {
  it('never gets faster with more bytes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...links), anyKind, anyRanks, anyBytes, anyBytes, (link, kind, ranks, a, b) => {
        const us = (bytes: number) => withinHostUs(link, kind, ranks, bytes);
        expect(us(Math.min(a, b))).toBeLessThanOrEqual(us(Math.max(a, b)));
      }),
    );
  });

  it('takes one shot for a small all-reduce, two for a larger one, the ring for a large one', () => {
    const { oneShot, twoShot, allReduce } = nvlink4;
    if (oneShot === undefined || twoShot === undefined) throw new Error('NVLink 4 has both');
    const us = (bytes: number) => withinHostUs(nvlink4, 'all-reduce', 8, bytes);
    const sent = (bytes: number) => sentBytes('all-reduce', 8, bytes);
    expect(us(16384)).toBe(exchangeUs(oneShot, 7, 7 * 16384, 16384));
    expect(us(2 ** 19)).toBe(exchangeUs(twoShot, 7, sent(2 ** 19), 2 ** 19));
    expect(us(2 ** 26)).toBe(exchangeUs(allReduce, 14, sent(2 ** 26), 2 ** 26));
    expect(us(16384)).toBeLessThan(withinHostUs(libraryOnly(nvlink4), 'all-reduce', 8, 16384) / 2);
  });
});

describe('over several hosts', () => {
  /** Two hosts of eight devices, joined by a card of so many gigabits a second in each. */
  const hosts = (gigabits: number): Topology => ({
    id: 'two',
    devicesPerHost: 8,
    peer: nvlink4,
    network: networkOf(gigabits),
  });
  const two = hosts(200);

  it('is the host alone where the group fits into one', () => {
    for (const kind of kinds)
      for (const ranks of [1, 2, 8])
        expect(collectiveUs(two, kind, ranks, 8, 1e6)).toBe(withinHostUs(nvlink4, kind, ranks, 1e6));
    expect(collectiveUs(singleHost(pcieLink), 'send', 2, 2, 1e6)).toBe(withinHostUs(pcieLink, 'send', 2, 1e6));
  });

  it('says so where there is no network', () => {
    expect(() => collectiveUs({ ...two, network: null }, 'all-reduce', 16, 8, 1e6)).toThrow('16 ranks');
  });

  it('never gets faster with more bytes or a slower network, and is slower than one host', () => {
    const slower = [hosts(400), hosts(200), hosts(100)];
    fc.assert(
      fc.property(anyKind, fc.constantFrom(1, 2, 4, 8), anyBytes, anyBytes, (kind, perHost, a, b) => {
        const ranks = 2 * perHost;
        const us = (of: Topology, bytes: number) => collectiveUs(of, kind, ranks, perHost, bytes);
        const [small, large] = [Math.min(a, b), Math.max(a, b)];
        for (const of of slower) {
          expect(us(of, small)).toBeLessThanOrEqual(us(of, large));
          expect(us(of, large)).toBeGreaterThan(withinHostUs(nvlink4, kind, perHost, large));
        }
        expect(us(slower[0], large)).toBeLessThanOrEqual(us(slower[1], large));
        expect(us(slower[1], large)).toBeLessThanOrEqual(us(slower[2], large));
      }),
    );
  });

  it('approaches the rate of the network with large tensors', () => {
    const bytes = 2 ** 34;
    const rate = (two.network?.bytesPerS ?? Number.NaN) * 1e-6;
    // Two hosts exchange half of the sum each way, twice.
    expect(collectiveUs(two, 'all-reduce', 16, 8, bytes)).toBeCloseTo(bytes / rate, -4);
    expect(collectiveUs(two, 'all-gather', 16, 8, bytes)).toBeCloseTo((15 / 16) * (bytes / rate), -4);
    expect(collectiveUs(two, 'send', 2, 1, bytes)).toBeCloseTo(bytes / rate, -4);
    // Eight ranks send half of what they put in through one link.
    expect(collectiveUs(two, 'all-to-all', 16, 8, bytes)).toBeCloseTo(4 * (bytes / rate), -4);
  });
});

describe('against all-reduces behind products on H200s', () => {
  const file = new URL('../../../fixtures/measured/nvlink-h200.json', import.meta.url);
  const { after_product } = JSON.parse(readFileSync(file, 'utf8'));
  const rows: readonly [number, string, number, number, number, number][] = after_product.rows;

  it('NCCL: median within 5 %, bias within 3 %', () => {
    const library = libraryOnly(nvlink4);
    const errors = rows
      .filter(([, way]) => way === 'nccl')
      .map(
        ([, , ranks, bytes, product, both]) => withinHostUs(library, 'all-reduce', ranks, bytes) / (both - product) - 1,
      );
    expect(errors).toHaveLength(33);
    const sorted = errors.map(Math.abs).sort((a, b) => a - b);
    expect(sorted[16]).toBeLessThan(0.05);
    expect(sorted[31]).toBeLessThan(0.2);
    expect(Math.abs(errors.reduce((a, b) => a + b) / 33)).toBeLessThan(0.03);
  });
});
