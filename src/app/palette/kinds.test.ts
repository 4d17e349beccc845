import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Language, translate, translator } from '../../i18n/i18n.ts';
import type { RunResult } from '../../protocol/run.ts';
import { engineOf } from '../../scenario/engines/engines.ts';
import { plainStaging } from '../../scenario/lecture.ts';
import { presetOf } from '../../scenario/presets.ts';
import { runStore } from '../../state/run.ts';
import { createScenarioStore } from '../../state/scenario.ts';
import { selectionStore } from '../../state/selection.ts';
import type { Session } from '../../state/session.ts';
import { formatsOf } from '../../ui/formats.ts';
import { loadWords } from '../use-knob-words.ts';
import type { PaletteContext } from './entry.ts';
import { kinds } from './kinds.ts';
import { search } from './search.ts';

const scenario = createScenarioStore(presetOf('tiny-paged').knobs);
let seeked = -1;
const session = { scenario, seekStep: (step: number) => (seeked = step) } as unknown as Session;

function contextIn(
  language: Language,
  languages: readonly Language[] = [language, language === 'en' ? 'zh' : 'en'],
): PaletteContext {
  return {
    session,
    language,
    languages,
    t: translator(language),
    format: formatsOf(language),
    names: (key, values) => languages.map((each) => translate(each, key, values)),
    obstacleOf: () => null,
  };
}

const find = (query: string, language: Language = 'en') =>
  search(
    kinds.flatMap((kind) => kind(contextIn(language), query)),
    query,
  ).flatMap(({ found }) => found.map(({ entry }) => entry));
const ids = (query: string, language?: Language) => find(query, language).map(({ id }) => id);
const first = (query: string, language?: Language) => ids(query, language)[0];
const named = (id: string, query: string) => {
  const entry = find(query).find((each) => each.id === id);
  if (entry === undefined) throw new Error(`${query} does not find ${id}`);
  return entry;
};

beforeAll(async () => {
  await loadWords(engineOf('sglang'));
});
beforeEach(() => {
  scenario.setState({ knobs: presetOf('tiny-paged').knobs, bookmarks: [], staging: plainStaging });
  const outcomes = {
    count: 6,
    arrivalUs: new Float64Array(6),
    promptTokens: new Int32Array(6).fill(128),
    outputTokens: new Int32Array(6).fill(9),
  };
  runStore.setState({ result: { summary: { steps: 500 }, outcomes } as unknown as RunResult });
  selectionStore.getState().clear();
});

describe('the palette', () => {
  it('has every entry once, with names', () => {
    for (const language of ['en', 'zh'] as const) {
      const entries = kinds.flatMap((kind) => kind(contextIn(language), '')).flatMap((section) => section.entries);
      expect(entries.length).toBeGreaterThan(150);
      expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
      for (const { names } of entries) for (const name of names) expect(name).not.toBe('');
    }
  });

  it('works with the texts of one language', () => {
    const entries = kinds.flatMap((kind) => kind(contextIn('en', ['en']), 'x')).flatMap((section) => section.entries);
    expect(entries.length).toBeGreaterThan(150);
  });

  it.each<[string, Language, string]>([
    ['share', 'en', 'command.share'],
    ['dark', 'en', 'command.theme.dark'],
    ['help', 'zh', 'command.help'],
    ['full screen', 'en', 'command.maximise'],
    ['animation', 'en', 'command.motion.reduced'],
    ['dark', 'zh', 'command.theme.dark'],
    ['深色', 'en', 'command.theme.dark'],
    ['roofline', 'en', 'command.panel8'],
    ['token budget', 'en', 'knob.max-num-batched-tokens'],
    ['max-num-batched-tokens', 'zh', 'knob.max-num-batched-tokens'],
    ['--max_num_seqs', 'en', 'knob.max-num-seqs'],
    ['chunked prefill', 'zh', 'knob.enable-chunked-prefill'],
    ['H100', 'en', 'knob.device'],
    ['sglang', 'zh', 'engine.sglang'],
    ['six requests', 'en', 'preset.tiny-paged'],
    ['radix tree', 'zh', 'knob.prefix-cache'],
    ['Prefill computes', 'zh', 'gallery.prefill-computes'],
    ['time to first token', 'zh', 'term.ttft'],
    ['r3', 'en', 'request.3'],
    ['请求 3', 'en', 'request.3'],
    ['412', 'en', 'step.412'],
    ['step 412', 'zh', 'step.412'],
    ['第412步', 'zh', 'step.412'],
  ])('finds by %s in %s', (query, language, id) => {
    expect(first(query, language)).toBe(id);
  });

  it('goes to steps and selects requests that are there, and says which there are', () => {
    named('step.412', '412').choose();
    expect(seeked).toBe(412);
    named('request.3', 'r3').choose();
    named('request.3', 'r3').choose();
    expect(selectionStore.getState().selected).toBe(3);
    expect(named('step.500', 'step 500').obstacle).toBe('The run has steps 0 to 499');
    expect(named('request.6', 'r6').obstacle).toBe('The run has requests r0 to r5');
    // A number alone is a step.
    expect(ids('6')).toContain('step.6');
    expect(ids('6')).not.toContain('request.6');
    runStore.setState({ result: null });
    expect(ids('412')).not.toContain('step.412');
  });

  it('finds bookmarks by what is said of them', () => {
    scenario.setState({ bookmarks: [{ step: 40, text: 'The pool is full', question: null }] });
    expect(first('pool is full')).toBe('bookmark.40');
  });

  it('chooses presets and engines', () => {
    named('engine.sglang', 'sglang').choose();
    expect(scenario.getState().knobs.engine).toBe('sglang');
    expect(named('engine.sglang', 'sglang').isOn).toBe(true);
  });

  it('tells which engine reads a knob that this one does not', () => {
    const other = named('knob.chunked-prefill-size', '--chunked-prefill-size');
    expect(other.obstacle).toMatch(/^Read by SGLang/);
    // One of the common table, which engines name.
    expect(named('knob.batch-size', 'batch-size').obstacle).toBe('Read by DeepSpeed-Inference of 2022, Static batches');
    // This engine has it, and leaves it unread as it is set.
    scenario.getState().set('enable-prefix-caching', false);
    expect(named('knob.kv-offloading-size', 'kv-offloading-size').obstacle).toBe('Not read in this scenario');
    scenario.getState().set('engine', 'sglang');
    expect(named('knob.chunked-prefill-size', 'chunked-prefill-size').obstacle).toBeUndefined();
  });

  it('keeps the locks of a lecture', () => {
    const obstacles = () => [
      named('knob.max-num-seqs', 'max-num-seqs').obstacle,
      named('engine.sglang', 'sglang').obstacle,
      named('preset.azure-chat', 'azure-chat').obstacle,
    ];
    const locked = 'Locked by this lecture';
    const hidden = 'Left out of this lecture';
    expect(obstacles()).toEqual([undefined, undefined, undefined]);
    scenario.setState({ staging: { ...plainStaging, locked: ['engine', 'max-num-seqs'] } });
    expect(obstacles()).toEqual([locked, locked, undefined]);
    scenario.setState({ staging: { ...plainStaging, locked: ['all'] } });
    expect(obstacles()).toEqual([locked, locked, locked]);
    scenario.setState({ staging: { ...plainStaging, hidden: ['rail'] } });
    expect(obstacles()).toEqual([hidden, undefined, undefined]);
    scenario.setState({ staging: { ...plainStaging, isPresenting: true } });
    expect(obstacles()).toEqual([hidden, undefined, undefined]);
  });
});
