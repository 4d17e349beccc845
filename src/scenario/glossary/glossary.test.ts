import { describe, expect, it } from 'vitest';
import { knobs as english } from '../../i18n/messages/knobs.ts';
import { knobs as chinese } from '../../i18n/messages/zh/knobs.ts';
import { engines } from '../engines/engines.ts';
import { fleetWords } from '../fleet/knobs.ts';
import { leaves } from '../gallery/gallery.ts';
import type { KnobEntry, KnobText } from '../knob-entry.ts';
import { findPreset } from '../presets.ts';
import { findKnob, helpKey, isShared, labelKey, registry } from '../registry.ts';
import { entryOf, glossaryKnobs, knobId, panelTerms, relatedTo, terms, termsOf } from './glossary.ts';
import { folded, glossaryRows, type KnobTexts, searchGlossary } from './search.ts';

const own: Readonly<Record<string, KnobText>> = Object.assign(
  {},
  ...(await Promise.all([fleetWords(), ...engines().map((engine) => engine.words?.())])),
);
const message = (key: string) => ({
  en: (english.en as Readonly<Record<string, string>>)[key],
  zh: (chinese as Readonly<Record<string, string>>)[key],
});
const wordsOf = (entry: KnobEntry, part: 'label' | 'help', key: string) =>
  isShared(entry) ? message(key) : (entry.text ?? own[entry.name])[part];
const words: KnobTexts = {
  label: (entry) => wordsOf(entry, 'label', labelKey(entry.name)),
  help: (entry) => wordsOf(entry, 'help', helpKey(entry.name)),
};
const rows = glossaryRows(words);
const first = (query: string, count = 1) =>
  searchGlossary(rows, query)
    .slice(0, count)
    .map((row) => row.id);

describe('the terms', () => {
  it('have ids of their own, fit for a link, and texts in both languages that are sentences', () => {
    const ids = rows.map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, name, says, formula, unit } of terms) {
      expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
      for (const text of [name, says, formula, unit]) if (text) expect(text.en && text.zh, id).toBeTruthy();
      expect(says.en, id).toMatch(/^[A-Z].*\.$/);
      expect(says.zh, id).toMatch(/。$/);
    }
  });

  it('refer to terms, knobs, presets and cards that exist, and not to themselves', () => {
    for (const { id, related = [], knobs = [], see = [] } of terms) {
      for (const list of [related, knobs, see]) expect(new Set(list).size, id).toBe(list.length);
      for (const other of related) expect(entryOf(other)?.kind, `${id} -> ${other}`).toBe('term');
      expect(related).not.toContain(id);
      for (const knob of knobs) expect(findKnob(knob), `${id} -> ${knob}`).toBeDefined();
      for (const sight of see) {
        const [kind, name] = sight.split(':');
        if (kind === 'preset') expect(findPreset(name), `${id} -> ${sight}`).toBeDefined();
        if (kind === 'card')
          expect(
            leaves.some((leaf) => leaf.id === name),
            `${id} -> ${sight}`,
          ).toBe(true);
      }
    }
  });

  it('can all be reached from another one, and lead to every card of the gallery', () => {
    for (const term of terms) expect(relatedTo(term).length, term.id).toBeGreaterThan(0);
    const seen = new Set(terms.flatMap((term) => term.see ?? []));
    for (const leaf of leaves) expect(seen, leaf.id).toContain(`card:${leaf.id}`);
  });

  it('name each other both ways', () => {
    const names = (id: string) => {
      const found = entryOf(id);
      return found?.kind === 'term' ? relatedTo(found.term).map((term) => term.id) : [];
    };
    expect(names('block-table')).toContain('paged-attention');
    expect(names('kv-block')).toContain('block-table');
    // Bubbles name idle gaps, and these name bubbles only because of that.
    expect(names('idle-gap')).toContain('bubble');
  });

  it('share no name: another name of one is neither the name nor another name of a second', () => {
    for (const language of ['en', 'zh'] as const) {
      const taken = new Map<string, string>();
      for (const { id, name, aliases } of terms)
        for (const called of [name[language], ...(aliases?.[language] ?? [])]) {
          expect(taken.get(folded(called)) ?? id, `${called} of ${id}`).toBe(id);
          taken.set(folded(called), id);
        }
    }
  });

  it('are the binding ones in Chinese', () => {
    const binding = {
      prefill: '预填充',
      decode: '解码',
      'continuous-batching': '连续批处理',
      'chunked-prefill': '分块预填充',
      'speculative-decoding': '推测解码',
      'kv-block': '块',
      fragmentation: '碎片',
      bubble: '气泡',
      'micro-batch': '微批处理',
      'paged-attention': '分页注意力',
      'block-table': '块表',
      'prefix-caching': '前缀缓存',
      preemption: '抢占',
      goodput: '有效吞吐',
    };
    for (const [id, name] of Object.entries(binding))
      expect(terms.find((term) => term.id === id)?.name.zh, id).toBe(name);
  });

  it('explain every panel', () => {
    for (const id of Object.values(panelTerms)) expect(entryOf(id)?.kind, id).toBe('term');
  });
});

describe('knobs and engines', () => {
  it('have an entry each, with words in both languages', () => {
    const knobs = rows.filter((row) => row.section === 'knobs');
    expect(knobs.map((row) => row.id)).toEqual(registry().map((entry) => knobId(entry.name)));
    for (const { id, name, says } of knobs) expect(name.en && name.zh && says, id).toBeTruthy();
    for (const engine of engines())
      expect(entryOf(`engine.${engine.id}`), engine.id).toEqual({ kind: 'engine', engine });
  });

  it('are each the concern of some term', () => {
    expect(registry().filter((entry) => termsOf(entry).length === 0)).toEqual([]);
  });

  it('have the flags of the engines that read them', () => {
    const flagsOf = (name: string) =>
      Object.fromEntries(
        (glossaryKnobs().find(({ entry }) => entry.name === name)?.flags ?? []).map(({ flag, engines: of }) => [
          flag,
          of.map((engine) => engine.id),
        ]),
      );
    expect(flagsOf('parallel')).toEqual({ '-np, --parallel': ['llama-cpp'] });
    expect(flagsOf('num-speculative-tokens')).toMatchObject({
      '--spec-tokens': ['vllm'],
      '--speculative-num-steps': ['sglang'],
    });
    expect(flagsOf('rate')).toEqual({});
  });
});

describe('the search', () => {
  it.each([
    ['prefill', 'prefill'],
    ['预填充', 'prefill'],
    ['首字延迟', 'ttft'],
    ['首Token延迟', 'ttft'],
    ['投机解码', 'speculative-decoding'],
    ['连续批量处理', 'continuous-batching'],
    ['TTFT', 'ttft'],
    ['page table', 'block-table'],
    ['σ', 'policy'],
    ['--max-num-seqs', 'knob.max-num-seqs'],
    ['max_num_seqs', 'knob.max-num-seqs'],
    ['--mem-fraction-static', 'knob.mem-fraction-static'],
    ['-ub', 'knob.ubatch-size'],
    ['llama.cpp', 'engine.llama-cpp'],
  ])('finds %s', (query, id) => {
    expect(first(query, 3)).toContain(id);
  });

  it('puts what is called so before what only mentions it', () => {
    expect(first('preemption')).toEqual(['preemption']);
    expect(first('goodput')).toEqual(['goodput']);
    expect(first('block size')).toEqual(['block-size']);
  });

  it('finds words in any order, and by what is said; nothing for nonsense; all for nothing', () => {
    expect(first('latency token first', 5)).toContain('ttft');
    expect(searchGlossary(rows, 'page table program').map((row) => row.id)).toEqual(['block-table']);
    expect(searchGlossary(rows, 'xyzzy')).toEqual([]);
    expect(searchGlossary(rows, '  ')).toEqual(rows);
  });
});
