import { describe, expect, it } from 'vitest';
import { type Language, translator } from '../../i18n/i18n.ts';
import '../../i18n/later-messages.ts';
import { type HashChain, LinkState, linkHash } from '../../sim/memory/hash-chain.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { chainSheet } from '../sheet/sheets.ts';
import { columnsOf, draw, hit } from './draw.ts';
import { chainModel } from './model.ts';
import { describeChain, describeLink } from './words.ts';

const t = translator('en');
const format = formatsOf('en');
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

/** Three hits that two others hold too, computed ones, and a last block that is half full. */
function sample(blocks: number): HashChain {
  const hashes: number[] = [];
  for (let i = 0; i < blocks; i++) hashes.push(linkHash(hashes[i - 1] ?? null, [4, i * 16, 16]));
  const column = (of: (i: number) => number) => Int32Array.from({ length: blocks }, (_, i) => of(i));
  const last = blocks - 1;
  return {
    request: 17,
    count: blocks,
    blockSize: 16,
    state: Uint8Array.from({ length: blocks }, (_, i) =>
      i < 3 ? LinkState.hit : i < last ? LinkState.computed : LinkState.open,
    ),
    hash: Uint32Array.from(hashes, (hash, i) => (i === last ? 0 : hash)),
    tokens: column((i) => (i === last ? 9 : 16)),
    filled: column((i) => (i === last ? 8 : 16)),
    block: column((i) => 100 + 3 * i),
    references: column((i) => (i < 3 ? 3 : 1)),
    others: column((i) => (i < 3 ? 2 : 0)),
    order: column(() => -1),
    leaves: 3,
  };
}

/** One that waits: the first blocks are cached, one of them is the next victim; the rest is to be computed. */
function waiting(): HashChain {
  const chain = sample(9);
  const held = (i: number) => i < 4;
  return {
    ...chain,
    state: chain.state.map((_, i) => (held(i) ? LinkState.found : LinkState.missing)),
    filled: new Int32Array(9),
    block: chain.block.map((block, i) => (held(i) ? block : -1)),
    references: new Int32Array(9),
    others: new Int32Array(9),
    order: Int32Array.of(12, 7, 3, 0, -1, -1, -1, -1, -1),
    leaves: -1,
  };
}

describe('hash of a block', () => {
  it('hangs on its tokens and on all before it', () => {
    expect(linkHash(null, [1, 0, 16])).toBe(linkHash(null, [1, 0, 16]));
    expect(linkHash(null, [1, 0, 16])).not.toBe(linkHash(null, [1, 16, 16]));
    expect(linkHash(1, [1, 16, 16])).not.toBe(linkHash(2, [1, 16, 16]));
  });
});

describe('chain in words', () => {
  it('counts the blocks and says where it leaves the others', () => {
    expect(plain(describeChain(chainModel(sample(12)), t, format))).toBe(
      'r17, 12 blocks: 3 hit, 8 computed, 1 not full; leaves the shared chain at block 3',
    );
  });

  it('says what a hash is made of, what holds it and whether that may go', () => {
    const { links } = chainModel(sample(12));
    const [zero, one] = links;
    expect(describeLink(one, t, format).map(plain)).toEqual([
      `block 1: hash(${zero.hash}, tokens 16–31) = ${one.hash}`,
      'hit',
      'in pool block 103, reference count 3',
      '2 other requests hold these tokens',
      'not evictable while somebody holds it',
    ]);
    expect(plain(describeLink(zero, t, format)[0])).toContain('hash(start, tokens 0–15)');
    expect(plain(describeLink(links[11], t, format)[0])).toBe(
      'block 11: tokens 176–184, 8 computed; no hash before it is full',
    );
    expect(describeLink(chainModel(waiting()).links[3], t, format).at(-1)).toBe('the next to be evicted');
    expect(describeLink(chainModel(waiting()).links[4], t, format)).toContain('in no block');
  });

  it.each<Language>(['en', 'zh'])('is a table and a text, %s', (language) => {
    const words = [translator(language), formatsOf(language)] as const;
    const sheet = chainSheet(sample(12), 17, ...words);
    expect(sheet.rows).toHaveLength(12);
    expect(new Set(sheet.columns).size).toBe(sheet.columns.length);
    for (const { cells } of sheet.rows) expect(cells).toHaveLength(sheet.columns.length);
    expect(sheet.text.split('\n')).toHaveLength(13);
    expect(sheet.text).not.toMatch(/NaN|undefined|\{\w+\}/);
    expect(chainSheet(null, -1, ...words).text).not.toBe('');
    expect(chainSheet(null, 3, ...words).text).toContain('r3');
  });
});

describe('chain drawing', () => {
  function svg(chain: HashChain, size: { width: number; height: number }, theme: Theme, pointed = -1): string {
    const painter = createSvgPainter(size, theme.page);
    draw(painter, { model: chainModel(chain), pointed, hoveredBlock: 106, t, format }, theme, size);
    return painter.toSvg();
  }

  it.each([
    ['boxes', sample(12), { width: 640, height: 160 }, light],
    ['waiting-dark', waiting(), { width: 640, height: 120 }, dark],
    ['hashes', sample(40), { width: 640, height: 160 }, light],
    ['squares', sample(400), { width: 360, height: 160 }, dark],
  ] as const)('%s', async (name, chain, size, theme) => {
    await expect(svg(chain, size, theme, 4)).toMatchFileSnapshot(`testdata/${name}.svg`);
  });

  it.each([12, 40, 400])('finds each of %d blocks where it is drawn, once', (blocks) => {
    const size = { width: 640, height: 200 };
    const model = chainModel(sample(blocks));
    const found = new Set<number>();
    for (let x = 0; x < size.width; x += 2) for (let y = 0; y < size.height; y += 2) found.add(hit(model, size, x, y));
    found.delete(-1);
    expect(found.size).toBe(blocks);
    expect(columnsOf(model, size)).toBeGreaterThan(1);
  });
});
