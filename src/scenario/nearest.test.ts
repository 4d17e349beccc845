import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hintOf } from './hint.ts';
import { nearestNames } from './nearest.ts';
import { registry } from './registry.ts';

const knobs = registry().map(({ name }) => name);

describe('nearest names', () => {
  it.each([
    ['cache-treshold', 'cache-threshold'],
    ['max_num_seqs', 'max-num-seqs'],
    ['--max-num-seqs', 'max-num-seqs'],
    ['Replicas', 'replicas'],
    ['relpicas', 'replicas'],
    ['prefix-cachin', 'prefix-caching'],
    ['overlap-weight', 'dynamo-kv-overlap-score-weight'],
    ['mem-fraction', 'mem-fraction-static'],
  ])('of %s begin with %s', (typed, name) => {
    expect(nearestNames(typed, knobs)[0]).toBe(name);
  });

  it('are none for what looks like nothing', () => {
    for (const typed of ['nonsense', 'utm_source', '', 'x', '---']) expect(nearestNames(typed, knobs)).toEqual([]);
  });

  it('are three at most, the nearest first', () => {
    const found = nearestNames('autoscale', knobs);
    expect(found).toHaveLength(3);
    for (const name of found) expect(name).toMatch(/^autoscale-/);
    expect(nearestNames('h20', ['h2000', 'h100', 'h200', 'a10'])).toEqual(['h200']);
  });

  it('has every name near to itself, and finds it with any two neighbours swapped', () => {
    fc.assert(
      fc.property(fc.constantFrom(...knobs), fc.nat(), (name, place) => {
        expect(nearestNames(name, knobs)).toContain(name);
        const at = place % (name.length - 1);
        const swapped = name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2);
        if (!knobs.includes(swapped) && !swapped.startsWith('-')) expect(nearestNames(swapped, knobs)).toContain(name);
      }),
    );
  });
});

describe('hints', () => {
  it('are given for a knob that is none, a wrong choice, preset and locked knob', () => {
    expect(hintOf({ code: 'unknown-key', field: 'replica-s' })?.near).toContain('replicas');
    expect(
      hintOf({ code: 'invalid-value', field: 'p', found: 'azure-cat', expected: 'name of a preset' })?.near,
    ).toEqual(['azure-chat']);
    const choice = { code: 'invalid-value', field: 'x', found: 'b4', expected: 'a1|b2|c3' } as const;
    expect(hintOf(choice)).toEqual({ near: ['b2'], count: 0 });
    expect(hintOf({ ...choice, field: 'b.router' })).toEqual({ near: ['b2'], count: 3 });
  });

  it('are not given where names are not what is wrong', () => {
    expect(hintOf({ code: 'invalid-value', field: 'seed', found: 'x', expected: 'integer 0..9' })).toBeNull();
    expect(hintOf({ code: 'invalid-value', field: 'async-scheduling', found: 'no', expected: 'on|off' })).toBeNull();
    // The knob is known: something in its value is not.
    expect(hintOf({ code: 'unknown-key', field: 'model' })).toBeNull();
    expect(hintOf({ code: 'empty-file' })).toBeNull();
  });
});
