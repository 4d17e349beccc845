import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KnobEntry } from './knob-entry.ts';
import type { Knobs } from './knobs.ts';
import { decode, encode, type LinkView, type Pair, upgradePairs } from './link.ts';
import { defaultPreset, presetOf, presets } from './presets.ts';
import { registry } from './registry.ts';
import { type KnobValue, withValue } from './value.ts';

const stall = presetOf('long-prompt-stall').knobs;

/** Links that were once given out. They stay for ever, whatever later versions write. */
const golden: readonly { readonly link: string; readonly knobs: Knobs; readonly view: LinkView }[] = [
  {
    link: '#/run?v=1&p=long-prompt-stall&rate=16&max-num-batched-tokens=512&seed=8&t=412&sel=r17&eng=1&fp=9k2f',
    knobs: { ...stall, rate: 16, 'max-num-batched-tokens': 512, seed: 8 },
    view: { step: 412, selected: 17, simulator: 1, fingerprint: '9k2f' },
  },
  {
    link: '#/run?v=1&p=tiny-paged&enable-chunked-prefill=off&num-gpu-blocks-override=48&eng=1',
    knobs: { ...presetOf('tiny-paged').knobs, 'enable-chunked-prefill': false, 'num-gpu-blocks-override': 48 },
    view: { simulator: 1 },
  },
  {
    link: '#/run?v=1&p=static-against-continuous&engine=vllm&model=qwen2.5-0.5b&gpu-memory-utilization=0.5&t=0&eng=1',
    knobs: {
      ...presetOf('static-against-continuous').knobs,
      engine: 'vllm',
      model: 'qwen2.5-0.5b',
      'gpu-memory-utilization': 0.5,
    },
    view: { step: 0, simulator: 1 },
  },
];

function anyValue(entry: KnobEntry): fc.Arbitrary<KnobValue> {
  if (entry.type === 'switch') return fc.boolean();
  if (entry.type === 'choice') return fc.constantFrom(...(entry.choices as readonly KnobValue[]));
  const { min, max, zero, type } = entry;
  const inside =
    type === 'integer' ? fc.integer({ min, max }) : fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
  return zero ? fc.oneof(inside, fc.constant(0)) : inside;
}

const anyKnobs: fc.Arbitrary<Knobs> = fc
  .tuple(fc.constantFrom(...presets), fc.subarray([...registry()]))
  .chain(([preset, entries]) =>
    fc
      .tuple(...entries.map((entry) => anyValue(entry).map((value) => [entry.name, value] as const)))
      .map((values) => values.reduce((knobs, [name, value]) => withValue(knobs, name, value), preset.knobs)),
  );

const chunked = { ...stall, 'max-num-batched-tokens': 512 };

/** Links of two scenarios. */
const compared: typeof golden = [
  {
    link: '#/run?v=1&p=long-prompt-stall&seed=8&b.max-num-batched-tokens=512&b.from=118&t=412&eng=1',
    knobs: { ...stall, seed: 8 },
    view: { step: 412, simulator: 1, compared: { knobs: { ...chunked, seed: 8 }, fromStep: 118 } },
  },
  {
    link: '#/run?v=1&p=long-prompt-stall&b.max-num-batched-tokens=512&b.from=start&eng=1',
    knobs: stall,
    view: { simulator: 1, compared: { knobs: chunked, fromStep: null } },
  },
];

describe('links of a comparison', () => {
  it.each(compared)('read and write $link', ({ link, knobs, view }) => {
    expect(decode(link)).toEqual({ knobs, view, problems: [] });
    expect(encode(knobs, view)).toBe(link);
  });

  it('report what of the other scenario cannot be read, and keep the rest', () => {
    const { view, problems } = decode('#/run?v=1&p=long-prompt-stall&b.max-num-seqs=none&b.seed=9&b.from=soon&eng=1');
    expect(view.compared).toEqual({ knobs: { ...stall, seed: 9 }, fromStep: null });
    expect(problems.map(({ code, field }) => [code, field])).toEqual([
      ['invalid-value', 'b.max-num-seqs'],
      ['invalid-value', 'b.from'],
    ]);
    expect(decode('#/run?v=1&p=long-prompt-stall&b.nonsense=1&eng=1').problems[0]).toMatchObject({
      code: 'unknown-key',
    });
  });
});

describe('golden links', () => {
  it.each(golden)('reads $link', ({ link, knobs, view }) => {
    expect(decode(link)).toEqual({ knobs, view, problems: [] });
  });
  it.each(golden)('writes $link', ({ link, knobs, view }) => {
    expect(encode(knobs, view)).toBe(link);
  });
});

describe('round trip', () => {
  it('gives every scenario back', () => {
    const anyView = fc.record(
      { step: fc.nat(), selected: fc.nat(), fingerprint: fc.stringMatching(/^[a-z0-9]{1,10}$/) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anyKnobs, anyView, (knobs, view) => {
        const link = encode(knobs, view);
        const back = decode(link);
        expect(back).toEqual({ knobs, view: { ...view, simulator: 1 }, problems: [] });
        expect(encode(back.knobs, back.view)).toBe(link);
      }),
    );
  });

  it('does not depend on the order of the keys', () => {
    const link = '#/run?seed=8&eng=1&p=long-prompt-stall&t=4&v=1&max-num-batched-tokens=512&rate=16';
    const { knobs, view, problems } = decode(link);
    expect(problems).toEqual([]);
    expect(encode(knobs, view)).toBe(
      '#/run?v=1&p=long-prompt-stall&rate=16&max-num-batched-tokens=512&seed=8&t=4&eng=1',
    );
  });

  it('survives any text, and what it writes then is read without a problem but for unknown keys', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
    );
    const piece = fc.oneof(
      text,
      fc.constantFrom('v=1', 'p=azure-chat', 'seed=8', 'rate=', 't=-1', 'sel=r', '%', 'eng=1'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const first = decode(`#/run?${pieces.join('&')}`);
        const again = decode(encode(first.knobs, first.view));
        expect(again.knobs).toEqual(first.knobs);
        expect(again.problems.filter((p) => p.code !== 'unknown-key')).toEqual([]);
      }),
    );
  });
});

describe('bad links', () => {
  it('keeps and reports an unknown key', () => {
    const { knobs, view, problems } = decode('#/run?p=long-prompt-stall&seed=8&spec-tokens=3&c.rate=4%20');
    expect(knobs.seed).toBe(8);
    expect(problems.map((p) => [p.code, p.field])).toEqual([
      ['unknown-key', 'spec-tokens'],
      ['unknown-key', 'c.rate'],
    ]);
    expect(encode(knobs, view)).toBe('#/run?v=1&p=long-prompt-stall&seed=8&spec-tokens=3&c.rate=4%20&eng=1');
  });

  it('reports a value out of range by name and uses that of the preset', () => {
    const { knobs, problems } = decode('#/run?p=long-prompt-stall&max-num-batched-tokens=999999999&seed=8');
    expect(knobs).toEqual({ ...stall, seed: 8 });
    expect(problems).toEqual([
      {
        code: 'out-of-range',
        where: 'link',
        field: 'max-num-batched-tokens',
        found: '999999999',
        expected: 'integer 16..131072',
        used: '8192',
      },
    ]);
  });

  it('reports an invalid value, an unknown preset and a second value', () => {
    const { knobs, problems } = decode('#/run?p=nowhere&engine=warp&seed=8&seed=9');
    expect(knobs).toEqual({ ...presetOf(defaultPreset).knobs, seed: 8 });
    expect(problems.map((p) => [p.code, p.field, p.used])).toEqual([
      ['invalid-value', 'p', defaultPreset],
      ['invalid-value', 'engine', 'vllm'],
      ['invalid-value', 'seed', undefined],
    ]);
  });

  it.each([
    ['#/run?v=1&p=long-prompt-stall&seed', 'seed'],
    ['#/run?v=1&p=long-prompt-stall&seed=', 'seed'],
    ['#/run?v=1&p=long-prompt-stall&max-num-ba', 'max-num-ba'],
    ['#/run?v=1&p=long-prompt-stall&max-num-batched-tokens=51', 'max-num-batched-tokens'],
    ['#/run?v=1&p=azure-chat&gpu-memory-utilization=0.', 'gpu-memory-utilization'],
    ['#/run?v=1&p=azure-chat&x=%E4%B', 'x'],
    ['#/run?v=1&p=azure-chat&x=%', 'x'],
    ['#/run?v=1&p=', 'p'],
    ['#/run?v=', 'v'],
    ['#/run?v=1&p=azure-chat&t=', 't'],
    ['#/run?v=1&p=azure-chat&sel=r', 'sel'],
  ])('says that %s is cut off', (link, field) => {
    const { problems } = decode(link);
    expect(problems.map((p) => [p.code, p.field])).toEqual([['truncated-link', field]]);
  });

  it('keeps the rest of a link whose end is lost', () => {
    const whole = encode(
      { ...stall, rate: 16, 'max-num-batched-tokens': 512, seed: 8 },
      { step: 4, fingerprint: '9k2f' },
    );
    for (let length = 0; length <= whole.length; length++) {
      const { knobs, problems } = decode(whole.slice(0, length));
      const cut = Math.max(0, whole.slice(0, length).lastIndexOf('&'));
      for (const { code } of problems) expect(['truncated-link', 'invalid-value', 'out-of-range']).toContain(code);
      expect(problems.length).toBeLessThan(2);
      // Every key before the last is as it was.
      if (whole.slice(0, cut).includes('&rate=16')) expect(knobs.rate).toBe(16);
      if (whole.slice(0, cut).includes('=512')) expect(knobs['max-num-batched-tokens']).toBe(512);
      // A wrong number is never taken without a word.
      if (knobs['max-num-batched-tokens'] !== 512 && whole.slice(0, length).includes('-tokens='))
        expect(problems).toHaveLength(1);
    }
  });

  it('reads a link of a newer version as far as it can and says so', () => {
    const { knobs, problems } = decode('#/run?v=2&p=long-prompt-stall&seed=8&eng=9');
    expect(knobs.seed).toBe(8);
    expect(problems).toEqual([{ code: 'newer-version', where: 'link', field: 'v', found: '2', expected: '1..1' }]);
  });

  it('takes no address, an empty one and one without a query for the default', () => {
    for (const link of ['', '#', '#/', '#/run', '#/run?', 'https://example.org/app/'])
      expect(decode(link)).toEqual({ knobs: presetOf(defaultPreset).knobs, view: {}, problems: [] });
  });

  it('reads the whole address of a page', () => {
    expect(decode('https://example.org/a/?lang=zh#/run?p=azure-chat&seed=8').knobs).toEqual({
      ...presetOf('azure-chat').knobs,
      seed: 8,
    });
  });
});

describe('upgrade chain', () => {
  it('applies the upgrades from the version of the link on, in order', () => {
    const rename = (from: string, to: string) => (pairs: readonly Pair[]) =>
      pairs.map(([key, value]): Pair => [key === from ? to : key, value]);
    const chain = [rename('budget', 'token-budget'), rename('token-budget', 'max-num-batched-tokens')];
    expect(upgradePairs([['budget', '512']], 1, chain)).toEqual([['max-num-batched-tokens', '512']]);
    expect(upgradePairs([['token-budget', '512']], 2, chain)).toEqual([['max-num-batched-tokens', '512']]);
    expect(upgradePairs([['budget', '512']], 3, chain)).toEqual([['budget', '512']]);
  });
});
