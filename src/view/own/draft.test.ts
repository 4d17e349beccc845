import { describe, expect, it } from 'vitest';
import { ownOfModel } from '../../scenario/own/from-model.ts';
import { checkOwnModel, modelFields } from '../../scenario/own/model.ts';
import { models } from '../../sim/gpu/model.ts';
import { draftOf, isTick, readDraft } from './draft.ts';

const start = ownOfModel(models['llama-3.1-8b']);
const read = (changes: Readonly<Record<string, string>>, name = 'Mine') =>
  readDraft(modelFields, name, { ...draftOf(start), ...changes }, checkOwnModel);

describe('a form', () => {
  it('says what it was given', () => {
    expect(read({}, start.name)).toEqual({ own: start, mistakes: {} });
    expect(read({ layers: ' 16 ' }).own?.values.layers).toBe(16);
  });

  it('says of each field what is wrong with it, and all at once', () => {
    const { own, mistakes } = read({ layers: 'many', vocabulary: '3', heads: '' }, ' ');
    expect(own).toBeNull();
    expect(mistakes).toMatchObject({
      name: { kind: 'range' },
      layers: { kind: 'number' },
      heads: { kind: 'number' },
      vocabulary: { kind: 'range', expected: 'integer 16..4194304' },
    });
  });

  it('says which numbers do not go together', () => {
    expect(read({ 'kv-heads': '5' }).mistakes).toMatchObject({ 'kv-heads': { kind: 'together' } });
    expect(Object.keys(read({ experts: '8' }).mistakes)).toEqual(['experts-per-token', 'expert-intermediate']);
  });

  it('has ticks for what is yes or no', () => {
    const ticks = Object.entries(modelFields).filter(([, field]) => isTick(field));
    expect(ticks.map(([name]) => name)).toEqual(['tied', 'bias', 'qk-norm', 'plain']);
  });
});
