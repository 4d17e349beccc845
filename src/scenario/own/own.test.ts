import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ModelId, models, parameters } from '../../sim/gpu/model.ts';
import { build } from '../build.ts';
import { deviceNamed } from '../device-named.ts';
import { decodeFile, encodeFile } from '../file.ts';
import { modelNamed } from '../hardware.ts';
import { decode, encode } from '../link.ts';
import { presetOf } from '../presets.ts';
import { withValue } from '../value.ts';
import { checkOwnDevice, type DeviceField, deviceFields, readOwnDevice, writeOwnDevice } from './device.ts';
import { ownOfModel } from './from-model.ts';
import { checkOwnModel, modelFields, modelOfOwn, readOwnModel, writeOwnModel } from './model.ts';
import { fieldMistake, ownName } from './text.ts';

const chat = presetOf('azure-chat').knobs;
const small = {
  layers: 4,
  hidden: 512,
  intermediate: 1024,
  heads: 8,
  vocabulary: 1000,
  'max-position': 4096,
};
const problemsOf = (text: string) => {
  const read = readOwnModel(text);
  return read.ok ? [] : read.problems.map(({ code, field }) => `${code} ${field ?? ''}`.trim());
};

describe('a model of one’s own', () => {
  it('can be every built-in model, which comes back from its text the same', () => {
    for (const id of Object.keys(models) as ModelId[]) {
      const text = writeOwnModel(ownOfModel(models[id]));
      const read = readOwnModel(text);
      expect(read.ok, text).toBe(true);
      if (read.ok) expect(modelOfOwn(read.value)).toEqual({ ...models[id], id: 'own' });
    }
  });

  it('is a short text that leaves out what is usual', () => {
    expect(writeOwnModel(ownOfModel(models['llama-3.1-8b']))).toBe(
      'own:1,name:Llama-3.1-8B,layers:32,hidden:4096,intermediate:14336,heads:32,kv-heads:8,vocabulary:128256,max-position:131072',
    );
  });

  it('says of every field what is wrong with it', () => {
    const good = 'own:1,name:a,layers:4,hidden:512,intermediate:1024,heads:8,vocabulary:1000,max-position:4096';
    expect(problemsOf(good)).toEqual([]);
    expect(problemsOf('own:2,name:a')).toEqual(['newer-version']);
    expect(problemsOf('own:x')).toEqual(['unknown-format']);
    expect(problemsOf('own:1,name:a')).toHaveLength(6);
    expect(problemsOf(good.replace('layers:4', 'layers:4.5'))).toEqual(['out-of-range layers']);
    expect(problemsOf(good.replace('layers:4', 'layers:1001'))).toEqual(['out-of-range layers']);
    expect(problemsOf(good.replace('layers:4', 'layers:-4'))).toContain('invalid-value layers');
    expect(problemsOf(`${good},colour:3`)).toEqual(['unknown-key colour']);
    expect(problemsOf(`${good},layers:4`)).toEqual(['invalid-value layers']);
    expect(problemsOf(good.replace('name:a', 'name: '))).toEqual(['missing-field name']);
    expect(problemsOf(`${good},kv-heads:3`)).toEqual(['invalid-value kv-heads']);
    expect(problemsOf(`${good},bits:5`)).toEqual(['invalid-value bits']);
    expect(problemsOf(`${good},experts:8`)).toEqual([
      'invalid-value experts-per-token',
      'invalid-value expert-intermediate',
    ]);
    expect(problemsOf(`${good},experts:8,experts-per-token:9,expert-intermediate:64`)).toEqual([
      'invalid-value experts-per-token',
    ]);
    expect(problemsOf(`${good},dense-layers:1`)).toEqual(['invalid-value dense-layers']);
    expect(problemsOf(`${good},kv-rank:64`)).toHaveLength(3);
    expect(problemsOf(`${good},query-rank:64`)).toEqual(['invalid-value query-rank']);
    expect(problemsOf(good.replace('hidden:512', 'hidden:500'))).toEqual(['invalid-value head-size']);
  });

  it('of allowed numbers has finite sizes, whatever they are', () => {
    const anyValues = fc.record(
      Object.fromEntries(
        Object.entries(modelFields).map(([name, { min, max, default: fallback }]) => [
          name,
          fallback === undefined ? fc.integer({ min, max }) : fc.oneof(fc.constant(fallback), fc.integer({ min, max })),
        ]),
      ),
    );
    fc.assert(
      fc.property(anyValues, (values) => {
        const own = checkOwnModel('any', values);
        if (!own.ok) return;
        const size = parameters(modelOfOwn(own.value));
        expect(size).toBeGreaterThan(0);
        expect(size).toBeLessThanOrEqual(1e14);
        expect(readOwnModel(writeOwnModel(own.value))).toEqual(own);
      }),
    );
  });

  it('travels in a link and in a file, and is simulated', () => {
    const own = checkOwnModel('My Modell, größer: 2', small);
    if (!own.ok) throw new Error(JSON.stringify(own.problems));
    const knobs = withValue(chat, 'model', writeOwnModel(own.value));
    const link = encode(knobs);
    expect(decode(link)).toMatchObject({ knobs, problems: [] });
    const file = decodeFile(new TextDecoder().decode(encodeFile(knobs)), 'a file');
    expect(file.ok && file.value).toMatchObject({ knobs, problems: [] });
    const built = build(knobs);
    expect(built.ok && built.value.facts.model).toBe('My Modell größer: 2');
  });

  it('that is spoilt in a link is reported with its field, and the preset’s model used', () => {
    const { knobs, problems } = decode('#/run?v=1&p=azure-chat&model=own:1,name:x,layers:4&eng=1');
    expect(knobs.model).toBe(chat.model);
    expect(problems).toMatchObject([{ code: 'missing-field', field: 'model', used: chat.model }]);
    expect(problems[0].expected).toMatch(/^hidden: integer/);
  });
});

describe('a device of one’s own', () => {
  const mine = { memory: 24, bandwidth: 1008, bf16: 165.2, fp8: 330, launch: 4.5 };

  it('comes back from its text, whatever is allowed', () => {
    const anyValues = fc.record(
      Object.fromEntries(
        Object.entries(deviceFields).map(([name, { min, max }]) => [
          name,
          fc.double({ min, max, noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
        ]),
      ) as Record<DeviceField, fc.Arbitrary<number>>,
    );
    fc.assert(
      fc.property(anyValues, (values) => {
        const own = checkOwnDevice('any', values);
        if (!own.ok) throw new Error(JSON.stringify(own.problems));
        expect(readOwnDevice(writeOwnDevice(own.value))).toEqual(own);
      }),
    );
  });

  it('travels in a link and is simulated, with what is known of its error', () => {
    const own = checkOwnDevice('My card', mine);
    if (!own.ok) throw new Error(JSON.stringify(own.problems));
    const knobs = withValue(chat, 'device', writeOwnDevice(own.value));
    expect(encode(knobs)).toContain(
      'device=own:1,name:My%20card,memory:24,bandwidth:1008,bf16:165.2,fp8:330,launch:4.5&',
    );
    expect(decode(encode(knobs))).toMatchObject({ knobs, problems: [] });
    const built = build(knobs);
    expect(built.ok && built.value.facts).toMatchObject({ device: 'My card', evidence: 'estimated' });
    expect(built.ok && built.value.facts.stepErrorMedian).toBeGreaterThan(0);
  });

  it('needs memory, bandwidth and a rate', () => {
    const read = readOwnDevice('own:1,name:x');
    expect(!read.ok && read.problems.map(({ field }) => field)).toEqual(['memory', 'bandwidth', 'bf16']);
  });
});

describe('names', () => {
  it('keep to forty characters without what separates fields', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', ' ', '\n', '名', '😀'), maxLength: 80 }), (name) => {
        const clean = ownName(name);
        expect([...clean].length).toBeLessThanOrEqual(40);
        expect(clean).not.toMatch(/,/);
        expect(ownName(clean)).toBe(clean);
      }),
    );
  });

  it('of nothing are nothing', () => {
    expect(modelNamed('own:')).toBeUndefined();
    expect(deviceNamed('own:1')).toBeUndefined();
    expect(modelNamed('constructor')).toBeUndefined();
    expect(fieldMistake({ min: 1, max: 5, isWhole: true, default: 0 }, 0)).toBeNull();
    expect(fieldMistake({ min: 1, max: 5, isWhole: true, default: 0 }, 6)).toBe('integer 1..5 or 0');
  });
});
