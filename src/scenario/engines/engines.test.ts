import { describe, expect, it } from 'vitest';
import { policyKind } from '../../sim/policy/kinds.ts';
import { build } from '../build.ts';
import type { Knobs } from '../knobs.ts';
import { presetOf } from '../presets.ts';
import { defaultOf, isRead, knobEntry } from '../registry.ts';
import { simulateScenario } from '../simulate.ts';
import { checkValue, withChoice } from '../value.ts';
import { engineOf, engines, ownKnobs, registerEngine } from './engines.ts';

const tiny = presetOf('tiny-paged').knobs;
const chat = { ...presetOf('azure-chat').knobs, requests: 200 };
const withEngine = (knobs: Knobs, id: string) => withChoice(knobs, 'engine', id);

describe('engines', () => {
  it.each(engines().map((e) => e.id))('%s has words in both languages, and says what is not modelled', async (id) => {
    const { name, sentence, about } = engineOf(id) ?? engines()[0];
    const { notModelled, version, source } = await about();
    for (const text of [name, sentence, ...notModelled]) expect(text.en && text.zh).toBeTruthy();
    expect(sentence.en).toMatch(/[.]$/);
    expect(version && source).toBeTruthy();
    expect(notModelled.length).toBeGreaterThan(0);
  });

  it.each(engines().map((e) => e.id))('%s has allowed defaults of its own', (id) => {
    const entry = engineOf(id);
    for (const [name, value] of Object.entries(entry?.defaults ?? {})) {
      expect(checkValue(knobEntry(name), value), name).toEqual({ ok: true, value });
      const knob = knobEntry(name);
      const hasPhase = knob.phase !== undefined && entry?.phases?.includes(knob.phase);
      expect(hasPhase || entry?.reads.some((each) => each === name), name).toBe(true);
    }
    for (const knob of entry?.knobs ?? []) expect(knob.readBy).toBe('engines');
  });

  it.each(engines().map((e) => e.id))(
    '%s runs an hour’s beginning to its end under its defaults, and names its policy',
    (id) => {
      // DeepSpeed's default workspace has rows of 1,024 tokens, too short for half of this chat.
      const knobs = { ...withEngine(chat, id), ...(id === 'deepspeed' ? { 'max-out-tokens': 4096 } : {}) };
      const simulated = simulateScenario(knobs, {});
      if (!simulated.ok) throw new Error(JSON.stringify(simulated.problems));
      const { account, built } = simulated.value;
      expect(policyKind(built.config.policy).id).toBe(built.config.policy);
      expect(account.summary.finished + account.summary.rejected).toBe(200);
      expect(account.summary.finished).toBeGreaterThan(100);
    },
  );

  it.each(engines().map((e) => e.id))('%s is left as it was found by a change to it and back', (id) => {
    expect(withEngine(withEngine(tiny, id), 'vllm')).toEqual(tiny);
  });

  it('refuses a memory that an engine cannot be given', () => {
    const own = engines().find((e) => e.memories.length === 1);
    if (own === undefined) return;
    const built = build({ ...withEngine(tiny, own.id), memory: 'contiguous' });
    expect(built.ok ? [] : built.problems).toMatchObject([{ code: 'invalid-value', field: 'memory' }]);
  });

  it('reads an engine’s own knobs with that engine only', () => {
    for (const entry of ownKnobs()) {
      // Whether the engine's other knobs leave anything to it is another question.
      const { isUsed: _, ...always } = entry;
      const readers = engines().filter(({ id }) => isRead(always, withEngine(tiny, id)));
      expect(readers.length, entry.name).toBeGreaterThan(0);
      for (const reader of readers) expect(reader.knobs).toContain(entry);
      expect(defaultOf(entry, 'vllm')).toBe(entry.default);
    }
  });

  it('has the defaults of the engine’s own repository, not of vLLM', () => {
    const share = knobEntry('gpu-memory-utilization');
    expect([defaultOf(share, 'sarathi'), defaultOf(share, 'vllm')]).toEqual([0.8, 0.92]);
    expect(withEngine(tiny, 'sarathi')['gpu-memory-utilization']).toBe(0.8);
  });

  it('takes no second engine or knob of a name', () => {
    expect(() => registerEngine({ ...engines()[0] })).toThrow('two engines');
    const [knob] = engines().flatMap((e) => e.knobs);
    expect(() => registerEngine({ ...engines()[0], id: 'another', knobs: [knob] })).toThrow('two knobs');
    expect(engineOf('another')).toBeUndefined();
  });
});
