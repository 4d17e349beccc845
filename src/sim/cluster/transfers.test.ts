import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cases } from '../testing.ts';
import { type TransferLink, Transfers } from './transfers.ts';

interface Given {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
  readonly atUs: number;
}

const link: TransferLink = { outBytesPerS: 3e6, inBytesPerS: 2e6, setupUs: 0 };

/** When each is complete, by the definition: every microsecond each moves its share. */
function slowly(given: readonly Given[]): number[] {
  const left = given.map(({ bytes }) => bytes);
  const doneUs = given.map(() => Number.NaN);
  for (let nowUs = 0; doneUs.some(Number.isNaN); nowUs++) {
    const on = [...given.keys()].filter((i) => given[i].atUs <= nowUs && Number.isNaN(doneUs[i]));
    for (const i of on) if (left[i] <= 1e-6) doneUs[i] = nowUs;
    const still = on.filter((i) => Number.isNaN(doneUs[i]));
    for (const i of still) {
      const out = still.filter((j) => given[j].from === given[i].from).length;
      const into = still.filter((j) => given[j].to === given[i].to).length;
      left[i] -= Math.min(link.outBytesPerS / out, link.inBytesPerS / into) / 1e6;
    }
  }
  return doneUs;
}

function ran(given: readonly Given[]): number[] {
  const transfers = new Transfers(link, 6);
  const doneUs = given.map(() => Number.NaN);
  const order = [...given.keys()].sort((a, b) => given[a].atUs - given[b].atUs || a - b);
  let next = 0;
  while (next < order.length || transfers.size > 0) {
    const startUs = next < order.length ? given[order[next]].atUs : Number.POSITIVE_INFINITY;
    if (transfers.nextUs <= startUs) {
      const nowUs = transfers.nextUs;
      for (const id of transfers.takeComplete(nowUs)) doneUs[id] = nowUs;
    } else {
      const { from, to, bytes, atUs } = given[order[next]];
      transfers.begin(order[next++], from, to, bytes, atUs);
    }
  }
  return doneUs;
}

describe('transfers', () => {
  it('one alone takes its bytes at the slower of the two links', () => {
    expect(ran([{ from: 0, to: 3, bytes: 2_000, atUs: 10 }])).toEqual([1010]);
  });

  it('tells what is still to come to an instance', () => {
    const transfers = new Transfers(link, 4);
    expect(transfers.enteringBytes(3, 0)).toBe(0);
    transfers.begin(0, 0, 3, 2_000, 0);
    transfers.begin(1, 1, 3, 4_000, 0);
    // Both at half of 2 bytes a microsecond.
    expect(transfers.enteringBytes(3, 500)).toBe(5_000);
    expect(transfers.enteringBytes(2, 500)).toBe(0);
    transfers.takeComplete(2_000);
    expect(transfers.enteringBytes(3, 2_500)).toBe(1_000);
  });

  it('two on one link take turns, and the rest of the longer has it alone', () => {
    const both = ran([
      { from: 0, to: 3, bytes: 2_000, atUs: 0 },
      { from: 1, to: 3, bytes: 4_000, atUs: 0 },
    ]);
    expect(both).toEqual([2000, 3000]);
  });

  it('share their links as the definition says, microsecond by microsecond', () => {
    const given = fc.array(
      fc.record({
        from: fc.nat(2),
        to: fc.integer({ min: 3, max: 5 }),
        bytes: fc.integer({ min: 0, max: 900 }),
        atUs: fc.nat(600),
      }),
      { minLength: 1, maxLength: 7 },
    );
    fc.assert(
      fc.property(given, (transfers) => {
        const fast = ran(transfers);
        // Whole microseconds are rounded up at every end, which moves the others by less than that.
        slowly(transfers).forEach((us, i) => {
          expect(Math.abs(us - fast[i])).toBeLessThanOrEqual(transfers.length + 1);
        });
      }),
      { numRuns: cases },
    );
  });
});
