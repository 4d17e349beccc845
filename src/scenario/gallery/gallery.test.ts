import { expect, it } from 'vitest';
import { engineOf } from '../engines/engines.ts';
import { decode, encode } from '../link.ts';
import data from './gallery.json';
import { branches, leaves } from './gallery.ts';
import { chains, quotedSystems, timeline } from './map.ts';
import { type LeafResult, measureLeaf } from './measure.ts';
import { galleryMetrics } from './metrics.ts';
import { sideKnobs } from './side.ts';

// Written by `npm run -s gallery` from this type.
const written = (data as unknown as { readonly leaves: readonly LeafResult[] }).leaves;
const resultOf = (id: string) => written.find((result) => result.id === id);

/** Leaves whose second side is the dearer one: they show what something costs. */
const costs = ['decode-moves-bytes', 'prefill-computes', 'long-context'];

it('shows of every leaf what its two runs give today', () => {
  expect(written.map(({ id }) => id)).toEqual(leaves.map(({ id }) => id));
  for (const leaf of leaves) expect(measureLeaf(leaf), leaf.id).toEqual(resultOf(leaf.id));
}, 120_000);

it('has a difference worth a look in every leaf, in the direction that its sentence says', () => {
  for (const { id, metric } of leaves) {
    const [first, second] = resultOf(id)?.values ?? [0, 0];
    const isGain = galleryMetrics[metric].isBetterHigh ? second > first : second < first;
    expect(isGain, id).toBe(!costs.includes(id));
  }
  // 32 sequences cost hardly more than one; a prompt eight times as long costs more than eight times as much.
  const ratio = (id: string) => {
    const [first, second] = resultOf(id)?.values ?? [1, 0];
    return second / first;
  };
  expect(ratio('decode-moves-bytes')).toBeLessThan(1.15);
  expect(ratio('prefill-computes')).toBeGreaterThan(8);
  expect(ratio('all-reduce')).toBeGreaterThan(0.5);
});

it('opens every side by a link that holds the very scenario', () => {
  for (const leaf of leaves) {
    for (const side of leaf.sides) {
      const knobs = sideKnobs(side);
      const decoded = decode(encode(knobs));
      expect(decoded.problems, leaf.id).toEqual([]);
      expect(decoded.knobs, leaf.id).toEqual(knobs);
    }
  }
});

it('has words in both languages, and ways in that lead to leaves', () => {
  const ids = leaves.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { name, says, sides } of leaves) {
    for (const text of [name, says, sides[0].name, sides[1].name]) expect(text.en && text.zh).toBeTruthy();
    expect(says.en).toMatch(/\.$/);
  }
  for (const { name } of branches) expect(name.en && name.zh).toBeTruthy();
  const waysIn = [...chains().flat(), ...timeline].flatMap(({ leaves: shown }) => shown);
  for (const id of [...waysIn, ...quotedSystems.map(({ leaf }) => leaf)]) expect(ids).toContain(id);
  for (const { engine } of quotedSystems) expect(engineOf(engine), engine).toBeDefined();
  // From a cause to a latency that somebody feels.
  expect(chains().map((chain) => chain.map(({ id }) => id))).toEqual([
    ['parameters', 'utilisation', 'tail'],
    ['kv-growth', 'fragmentation', 'decode-efficiency', 'inter-token'],
    ['prefill', 'first-token'],
  ]);
});
