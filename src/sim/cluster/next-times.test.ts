import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cases } from '../testing.ts';
import { NextTimes } from './next-times.ts';

it('knows the first of any number of instances, whatever changes, as one who looks at all of them', () => {
  const usArb = fc.oneof(fc.nat(5), fc.constant(Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.tuple(fc.nat(8), usArb)), (instances, changes) => {
      const times = new NextTimes(instances);
      const slow = new Array<number>(instances).fill(Number.POSITIVE_INFINITY);
      expect([times.first, times.firstUs]).toEqual([0, Number.POSITIVE_INFINITY]);
      for (const [any, us] of changes) {
        slow[any % instances] = us;
        times.set(any % instances, us);
        const firstUs = Math.min(...slow);
        expect([times.first, times.firstUs]).toEqual([slow.indexOf(firstUs), firstUs]);
      }
    }),
    { numRuns: cases },
  );
});
