import { describe, expect, it } from 'vitest';
import { traceOf } from '../workload/trace.ts';
import { decodeFile, encodeFile } from './file.ts';
import { presetOf, presets } from './presets.ts';

const chat = presetOf('azure-chat').knobs;
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const file = (knobs: object, rest: object = {}) =>
  JSON.stringify({ format: 'tokenyard-scenario', version: 1, knobs, ...rest });

describe('scenario files', () => {
  it('give every preset back', () => {
    for (const { knobs } of presets)
      expect(decodeFile(text(encodeFile(knobs)), 'a.json')).toEqual({ ok: true, value: { knobs, problems: [] } });
  });

  it('carry a trace', () => {
    const trace = traceOf({
      name: 'a.csv',
      format: 'azure',
      arrivalUs: Float64Array.of(0, 5),
      promptTokens: Int32Array.of(3, 4),
      outputTokens: Int32Array.of(1, 2),
      blocks: null,
      droppedCount: 0,
      problems: [],
    });
    const knobs = presetOf('trace').knobs;
    expect(decodeFile(text(encodeFile(knobs, trace)), 'a.json')).toEqual({
      ok: true,
      value: { knobs, trace, problems: [] },
    });
    const damaged = text(encodeFile(knobs, trace)).replace('"rows":2', '"rows":3');
    expect(decodeFile(damaged, 'a.json')).toMatchObject({ ok: false, problems: [{ where: 'a.json' }] });
  });

  it('take what is missing from the preset', () => {
    expect(decodeFile(file({ preset: 'azure-chat', seed: 8 }), 'a.json')).toEqual({
      ok: true,
      value: { knobs: { ...chat, seed: 8 }, problems: [] },
    });
  });

  it('report what is unknown or wrong, and read the rest', () => {
    const read = decodeFile(
      file(
        { preset: 'azure-chat', seed: 8, spec: 3, rate: -1, 'async-scheduling': 'on', engine: 'warp' },
        { version: 2 },
      ),
      'a.json',
    );
    if (!read.ok) throw new Error('not read');
    expect(read.value.knobs).toEqual({ ...chat, seed: 8 });
    expect(read.value.problems.map((p) => [p.code, p.field, p.found, p.used])).toEqual([
      ['newer-version', 'version', '2', undefined],
      ['unknown-key', 'spec', '3', undefined],
      ['out-of-range', 'rate', '-1', '5.53'],
      ['invalid-value', 'async-scheduling', 'on', 'on'],
      ['invalid-value', 'engine', 'warp', 'vllm'],
    ]);
  });

  it.each([
    ['', 'empty-file', undefined, undefined],
    ['{\n"format": ]', 'bad-json', undefined, 2],
    ['[1]', 'unknown-file', undefined, undefined],
    ['3', 'unknown-file', undefined, undefined],
    ['Dear diary', 'unknown-file', undefined, undefined],
    ['{"format": "other", "version": 1, "knobs": {}}', 'unknown-file', undefined, undefined],
    ['{"format": "tokenyard-scenario", "version": "x", "knobs": {}}', 'invalid-value', 'version', undefined],
    ['{"format": "tokenyard-scenario", "version": 1, "knobs": 3}', 'invalid-value', 'knobs', undefined],
  ])('that cannot be read say why: %s', (content, code, field, line) => {
    const read = decodeFile(content, 'a.json');
    if (read.ok) throw new Error('read');
    const [problem, ...more] = read.problems;
    expect(more).toEqual([]);
    expect([problem.code, problem.where, problem.field, problem.line]).toEqual([code, 'a.json', field, line]);
  });

  it('are told by what they begin with, or where they end to be JSON', () => {
    const found = (content: string) => {
      const read = decodeFile(content, 'a.json');
      return read.ok ? null : [read.problems[0].line, read.problems[0].found];
    };
    expect(found('\u0000PNG\r\n\u001a  and\ufffdmore')).toEqual([undefined, 'PNG and more']);
    expect(found(`Dear diary, ${'today '.repeat(20)}`)).toEqual([
      undefined,
      'Dear diary, today today today today t...',
    ]);
    expect(found('{\n  "format": "tokenyard-scenario",\n  "version": one\n}')).toEqual([3, 'one']);
    expect(found('{"a": 1,\n"b"')).toEqual([2, undefined]);
  });
});
