import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withholdFrom } from './withhold.ts';

/** A list of different requests, and one place in it. */
const listed = fc
  .uniqueArray(fc.nat(999), { minLength: 1, maxLength: 12 })
  .chain((list) => fc.tuple(fc.constant(list), fc.nat(list.length - 1)));

describe('a request withheld from a list', () => {
  it('comes back to its place where nothing else happened', () => {
    fc.assert(
      fc.property(listed, ([list, at]) => {
        const now = [...list];
        const putBack = withholdFrom(now, list[at]);
        expect(now).toEqual(list.filter((_, place) => place !== at));
        putBack?.(now);
        expect(now).toEqual(list);
      }),
    );
  });

  it('stands before all that stood behind it and behind what stayed of those ahead, whoever left meanwhile and came last', () => {
    fc.assert(
      fc.property(
        listed,
        fc.func(fc.boolean()),
        fc.uniqueArray(fc.integer({ min: 1000, max: 1999 })),
        (one, left, came) => {
          const [list, at] = one;
          const stays = (request: number) => !left(request);
          const now = [...list];
          const putBack = withholdFrom(now, list[at]);
          const later = [...now.filter(stays), ...came];
          putBack?.(later);
          const behind = list.slice(at + 1).filter(stays);
          const rest = behind.length > 0 ? [list[at], ...behind, ...came] : [...came, list[at]];
          expect(later).toEqual([...list.slice(0, at).filter(stays), ...rest]);
        },
      ),
    );
  });

  it('is not withheld where it does not stand', () => {
    const list = [3, 1, 2];
    expect(withholdFrom(list, 4)).toBeNull();
    expect(list).toEqual([3, 1, 2]);
  });
});
