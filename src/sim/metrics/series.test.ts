import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cases } from '../testing.ts';
import { SeriesRecorder, type Stretch } from './series.ts';

/** Stretches one after the other, with gaps, from microseconds to minutes. */
const stretchesArb = fc
  .array(
    fc.record({
      gapUs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000_000 })),
      durationUs: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 5_000_000 })),
      isBusy: fc.boolean(),
      prefillTokens: fc.nat(1000),
      decodeTokens: fc.nat(100),
      paddingTokens: fc.nat(10),
      waiting: fc.nat(50),
      running: fc.nat(50),
      usedBlocks: fc.nat(1000),
      wastedTokens: fc.nat(1000),
      reservedTokens: fc.nat(1000),
      externalBlocks: fc.nat(100),
      cachedBlocks: fc.nat(100),
      preemptions: fc.nat(3),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((raw) => {
    let nowUs = 0;
    return raw.map(({ gapUs, durationUs, ...rest }, step): Stretch => {
      const startUs = nowUs + gapUs;
      nowUs = startUs + durationUs;
      return { ...rest, step, startUs, endUs: nowUs };
    });
  });

/** What is counted in the bin in which a stretch ends. */
const counts = ['prefillTokens', 'decodeTokens', 'paddingTokens', 'preemptions'] as const;

it('is what adding every stretch to every bin it touches gives', () => {
  fc.assert(
    fc.property(stretchesArb, (stretches) => {
      const recorder = new SeriesRecorder();
      for (const stretch of stretches) recorder.add(stretch);
      const series = recorder.finish(stretches.length);
      const { binUs, count } = series;
      const inBin = (s: Stretch, bin: number): number =>
        Math.max(0, Math.min(s.endUs, (bin + 1) * binUs) - Math.max(s.startUs, bin * binUs));
      const sum = (bin: number, read: (s: Stretch, us: number) => number): number =>
        stretches.reduce((total, s) => total + read(s, inBin(s, bin)), 0);
      const endsIn = (s: Stretch, bin: number): number => (Math.floor(s.endUs / binUs) === bin ? 1 : 0);
      expect(count).toBe(Math.floor(stretches[stretches.length - 1].endUs / binUs) + 1);
      expect(count).toBeLessThanOrEqual(1024);
      const phase = (hasDecodes: boolean) => (s: Stretch, us: number) =>
        s.isBusy && s.prefillTokens > 0 && s.decodeTokens > 0 === hasDecodes ? us : 0;
      const levels = {
        busyUs: (s, us) => (s.isBusy ? us : 0),
        waitingUs: (s, us) => s.waiting * us,
        runningUs: (s, us) => s.running * us,
        usedBlocksUs: (s, us) => s.usedBlocks * us,
        wastedTokensUs: (s, us) => s.wastedTokens * us,
        reservedTokensUs: (s, us) => s.reservedTokens * us,
        externalBlocksUs: (s, us) => s.externalBlocks * us,
        cachedBlocksUs: (s, us) => s.cachedBlocks * us,
        prefillUs: phase(false),
        mixedUs: phase(true),
      } satisfies Readonly<Record<string, (s: Stretch, us: number) => number>>;
      const bins = Array.from({ length: count }, (_, bin) => bin);
      const told = (name: keyof typeof levels | (typeof counts)[number] | 'firstStep') =>
        Array.from(series[name].subarray(0, count));
      for (const [name, read] of Object.entries(levels) as [keyof typeof levels, (s: Stretch, us: number) => number][])
        expect(told(name), name).toEqual(bins.map((bin) => sum(bin, read)));
      for (const name of counts)
        expect(told(name), name).toEqual(bins.map((bin) => sum(bin, (s) => s[name] * endsIn(s, bin))));
      expect(told('firstStep')).toEqual(
        bins.map((bin) => stretches.find((s) => s.startUs >= bin * binUs)?.step ?? stretches.length),
      );
    }),
    { numRuns: Math.ceil(cases / 4) },
  );
});

it('tells of each stage of a pipeline in the same bins', () => {
  const runArb = stretchesArb.chain((stretches) =>
    fc.tuple(
      fc.constant(stretches),
      fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { minLength: stretches.length, maxLength: stretches.length }),
    ),
  );
  fc.assert(
    fc.property(runArb, ([stretches, cuts]) => {
      const recorder = new SeriesRecorder(2);
      // Two stages that a step is in one after the other, with a pause between them.
      const partsOf = ({ startUs, endUs }: Stretch, i: number) => {
        const [a, b] = cuts[i]
          .toSorted((x, y) => x - y)
          .map((cut) => startUs + Math.floor(((endUs - startUs) * cut) / 100));
        return [
          [startUs, a],
          [b, endUs],
        ];
      };
      stretches.forEach((stretch, i) => {
        recorder.add(stretch);
        partsOf(stretch, i).forEach(([fromUs, toUs], stage) => {
          recorder.addStage(stage, fromUs, toUs, stretch.prefillTokens > 0, stretch.decodeTokens > 0);
        });
      });
      const { binUs, count } = recorder.finish(stretches.length);
      const told = recorder.finishStages();
      const sum = (stage: number, bin: number, isIn: (s: Stretch) => boolean) =>
        stretches.reduce((total, s, i) => {
          const [fromUs, toUs] = partsOf(s, i)[stage];
          const us = Math.max(0, Math.min(toUs, (bin + 1) * binUs) - Math.max(fromUs, bin * binUs));
          return total + (isIn(s) ? us : 0);
        }, 0);
      const inAll = (isIn: (s: Stretch) => boolean) =>
        [0, 1].flatMap((stage) => Array.from({ length: count }, (_, bin) => sum(stage, bin, isIn)));
      expect(Array.from(told.busyUs)).toEqual(inAll(() => true));
      expect(Array.from(told.prefillUs)).toEqual(inAll((s) => s.prefillTokens > 0 && s.decodeTokens === 0));
      expect(Array.from(told.mixedUs)).toEqual(inAll((s) => s.prefillTokens > 0 && s.decodeTokens > 0));
    }),
    { numRuns: Math.ceil(cases / 3) },
  );
});
