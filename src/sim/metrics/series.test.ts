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
      for (let bin = 0; bin < count; bin++) {
        expect(series.busyUs[bin]).toBe(sum(bin, (s, us) => (s.isBusy ? us : 0)));
        expect(series.waitingUs[bin]).toBe(sum(bin, (s, us) => s.waiting * us));
        expect(series.runningUs[bin]).toBe(sum(bin, (s, us) => s.running * us));
        expect(series.usedBlocksUs[bin]).toBe(sum(bin, (s, us) => s.usedBlocks * us));
        expect(series.wastedTokensUs[bin]).toBe(sum(bin, (s, us) => s.wastedTokens * us));
        expect(series.reservedTokensUs[bin]).toBe(sum(bin, (s, us) => s.reservedTokens * us));
        expect(series.externalBlocksUs[bin]).toBe(sum(bin, (s, us) => s.externalBlocks * us));
        expect(series.cachedBlocksUs[bin]).toBe(sum(bin, (s, us) => s.cachedBlocks * us));
        const phase = (hasDecodes: boolean) => (s: Stretch, us: number) =>
          s.isBusy && s.prefillTokens > 0 && s.decodeTokens > 0 === hasDecodes ? us : 0;
        expect(series.prefillUs[bin]).toBe(sum(bin, phase(false)));
        expect(series.mixedUs[bin]).toBe(sum(bin, phase(true)));
        expect(series.prefillTokens[bin]).toBe(sum(bin, (s) => s.prefillTokens * endsIn(s, bin)));
        expect(series.decodeTokens[bin]).toBe(sum(bin, (s) => s.decodeTokens * endsIn(s, bin)));
        expect(series.paddingTokens[bin]).toBe(sum(bin, (s) => s.paddingTokens * endsIn(s, bin)));
        expect(series.preemptions[bin]).toBe(sum(bin, (s) => s.preemptions * endsIn(s, bin)));
        const first = stretches.find((s) => s.startUs >= bin * binUs);
        expect(series.firstStep[bin]).toBe(first?.step ?? stretches.length);
      }
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
      for (let stage = 0; stage < 2; stage++)
        for (let bin = 0; bin < count; bin++) {
          const at = stage * count + bin;
          expect(told.busyUs[at]).toBe(sum(stage, bin, () => true));
          expect(told.prefillUs[at]).toBe(sum(stage, bin, (s) => s.prefillTokens > 0 && s.decodeTokens === 0));
          expect(told.mixedUs[at]).toBe(sum(stage, bin, (s) => s.prefillTokens > 0 && s.decodeTokens > 0));
        }
    }),
    { numRuns: Math.ceil(cases / 3) },
  );
});
