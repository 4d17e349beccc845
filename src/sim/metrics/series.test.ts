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
