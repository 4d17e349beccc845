import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { encodeTraceFile } from '../trace-file.ts';
import { type ImportOptions, importTrace } from './import.ts';

const encoder = new TextEncoder();

/** The bytes of `text` in pieces of `size`, which may cut a line, a CRLF or a UTF-8 character anywhere. */
async function* pieces(content: string | Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? encoder.encode(content) : content;
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}
function read(content: string | Uint8Array, size?: number, options: Partial<ImportOptions> = {}) {
  return importTrace(pieces(content, size), { name: 'trace', totalBytes: content.length, ...options });
}
async function trace(content: string | Uint8Array, size?: number) {
  const result = await read(content, size);
  if (!('trace' in result)) throw new Error(JSON.stringify(result));
  return result.trace;
}
async function problems(content: string | Uint8Array) {
  const result = await read(content);
  if ('document' in result) throw new Error('a document');
  return result.ok ? result.trace.problems : result.problems;
}

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const AZURE = `${HEADER}\r\n2023-11-16 18:15:46.6805900,374,44\r\n2023-11-16 18:15:50.9951690,396,109\r\n2023-11-16 18:15:51.2224670,879,55`;
const MOONCAKE = [
  '{"timestamp": 0, "input_length": 1300, "output_length": 40, "hash_ids": [0, 1, 2]}',
  '{"timestamp": 850, "input_length": 1420, "output_length": 12, "hash_ids": [0, 1, 3]}',
].join('\n');

describe('Azure CSV', () => {
  it('reads times with 100-ns digits, lengths and totals', async () => {
    const t = await trace(AZURE);
    expect(t.format).toBe('azure');
    expect([...t.arrivalUs]).toEqual([0, 4314579, 4541877]);
    expect([...t.promptTokens]).toEqual([374, 396, 879]);
    expect([...t.outputTokens]).toEqual([44, 109, 55]);
    expect([t.rows, t.promptTotal, t.outputTotal, t.promptMax, t.outputMax, t.spanUs]).toEqual([
      3, 1649, 208, 879, 109, 4541877,
    ]);
    expect(t.problems).toEqual([]);
    expect(t.blocks).toBeNull();
  });
  it('is the same however the file is cut into chunks, written or packed', async () => {
    const expected = await trace(AZURE);
    for (const size of [1, 2, 3, 7, 50]) expect(await trace(AZURE, size)).toEqual(expected);
    expect(await trace(`\uFEFF${AZURE}`, 1)).toEqual(expected);
    expect(await trace(AZURE.replaceAll('\r\n', '\n'))).toEqual(expected);
    expect(await trace(`${AZURE}\r\n\r\n`)).toEqual(expected);
    expect(await trace(AZURE.replaceAll(/(\d{7}),/g, '$1+00:00,'))).toEqual(expected);
    expect(await trace(AZURE.replaceAll(' 18:', 'T18:').replaceAll(/(\d{7}),/g, '$1Z,'))).toEqual(expected);
    const packed = gzipSync(encoder.encode(AZURE));
    for (const size of [1, 5, 1 << 16]) expect(await trace(packed, size)).toEqual(expected);
    async function* text() {
      yield `\uFEFF${AZURE.slice(0, 60)}`;
      yield AZURE.slice(60);
    }
    expect(await importTrace(text(), { name: 'trace', totalBytes: 0 })).toEqual({ ok: true, trace: expected });
  });
  it('knows the calendar', async () => {
    const day = async (a: string, b: string) => (await trace(`${HEADER}\n${a},1,1\n${b},1,1`)).spanUs / 86_400e6;
    expect(await day('2023-12-31 00:00:00', '2024-01-01 00:00:00')).toBe(1);
    expect(await day('2024-02-28 00:00:00', '2024-03-01 00:00:00.0')).toBe(2);
    expect(await day('2023-02-28 12:00:00', '2023-03-01 12:00:00')).toBe(1);
    expect(await day('1999-12-31 00:00:00', '2026-11-23 00:00:00')).toBe(9824);
    expect(await day('2024-05-10 00:00:00+02:00', '2024-05-10 00:00:00+00:00')).toBe(2 / 24);
    expect(await day('2024-05-10 00:00:00-05:30', '2024-05-10 05:30:00Z')).toBe(0);
  });
  it('takes the columns by name, with further ones beside them', async () => {
    const t = await trace(
      'TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2025-01-01 00:00:00,3,70,8\n2025-01-01 00:00:01,0,71,9',
    );
    expect([...t.promptTokens]).toEqual([70, 71]);
    expect([...t.outputTokens]).toEqual([8, 9]);
  });
  it('reads a piece without header', async () => {
    const body = AZURE.slice(AZURE.indexOf('\n') + 1);
    expect([...(await trace(body)).arrivalUs]).toEqual([...(await trace(AZURE)).arrivalUs]);
  });
  it('names bad lines by number and field, leaves them out and goes on', async () => {
    const lines = [
      HEADER,
      '2023-11-16 18:15:46.0,10,5',
      'yesterday,10,5',
      '2023-11-16 18:15:47.0,ten,5',
      '2023-11-16 18:15:48.0,10',
      '2023-11-16 18:15:49.0,0,5',
      '2023-11-16 18:15:49.0,5,0',
      '2023-11-16 18:15:49.0,-5,1',
      '2023-11-16 18:15:49.0,99999999999,1',
      '2023-13-16 18:15:49.0,5,1',
      '2023-11-16 18:15:49.,5,1',
      '2023-11-16 18.15.49,5,1',
      '2023-11-16 18:15:49 UTC,5,1',
      '2023-11-16 18:15:49,,1',
      '2023-11-16 18:15,5,1',
      '2023-11-16 18:15:50.0,12,6',
    ];
    const t = await trace(lines.join('\n'));
    expect([...t.promptTokens]).toEqual([10, 12]);
    expect(t.droppedCount).toBe(13);
    expect(t.problems.map((p) => [p.code, p.line, p.field, p.found])).toEqual([
      ['bad-line', 3, 'TIMESTAMP', 'yesterday'],
      ['bad-line', 4, 'ContextTokens', 'ten'],
      ['bad-line', 5, 'CSV', '2023-11-16 18:15:48.0,10'],
      ['bad-line', 6, 'ContextTokens', '0'],
      ['bad-line', 7, 'GeneratedTokens', '0'],
      ['bad-line', 8, 'ContextTokens', '-5'],
      ['bad-line', 9, 'ContextTokens', '99999999999'],
      ['bad-line', 10, 'TIMESTAMP', '2023-13-16 18:15:49.0'],
      ['bad-line', 11, 'TIMESTAMP', '2023-11-16 18:15:49.'],
      ['bad-line', 12, 'TIMESTAMP', '2023-11-16 18.15.49'],
      ['bad-line', 13, 'TIMESTAMP', '2023-11-16 18:15:49 UTC'],
      ['bad-line', 14, 'ContextTokens', ''],
      ['bad-line', 15, 'TIMESTAMP', '2023-11-16 18:15'],
    ]);
  });
  it('describes a hundred bad lines and counts all', async () => {
    const t = await trace(`${AZURE}\n${'rubbish\n'.repeat(250)}`);
    expect(t.rows).toBe(3);
    expect(t.droppedCount).toBe(250);
    expect(t.problems).toHaveLength(100);
  });
  it('sorts rows that are not in order, keeps the order of equal times, and says so', async () => {
    const t = await trace(
      `${HEADER}\n2024-01-01 00:00:05,1,1\n2024-01-01 00:00:03,2,1\n2024-01-01 00:00:05,3,1\n2024-01-01 00:00:03,4,1`,
    );
    expect([...t.promptTokens]).toEqual([2, 4, 1, 3]);
    expect([...t.arrivalUs]).toEqual([0, 0, 2e6, 2e6]);
    expect(t.droppedCount).toBe(0);
    expect(t.problems).toEqual([{ code: 'not-sorted', where: 'trace', line: 3, found: '2' }]);
  });
});

describe('Mooncake JSON lines', () => {
  it('reads milliseconds and blocks', async () => {
    const t = await trace(MOONCAKE);
    expect(t.format).toBe('mooncake');
    expect([...t.arrivalUs]).toEqual([0, 850_000]);
    expect([...(t.blocks?.start ?? [])]).toEqual([0, 3, 6]);
    expect([...(t.blocks?.id ?? [])]).toEqual([0, 1, 2, 0, 1, 3]);
    expect(t.blocks?.distinct).toBe(4);
    expect(t.blocks?.tokens).toBe(512);
  });
  it('takes ids of any size and kind', async () => {
    const t = await trace(MOONCAKE.replaceAll('[0, 1,', '[9007199254740991, "x",'));
    expect([...(t.blocks?.id ?? [])]).toEqual([0, 1, 2, 0, 1, 3]);
  });
  it('sorts the blocks with their rows', async () => {
    const t = await trace(
      [
        '{"timestamp": 9, "input_length": 600, "output_length": 1, "hash_ids": [7, 8]}',
        '{"timestamp": 1, "input_length": 512, "output_length": 2, "hash_ids": [7]}',
        '{"timestamp": 5, "input_length": 10, "output_length": 3}',
      ].join('\n'),
    );
    expect([...t.outputTokens]).toEqual([2, 3, 1]);
    expect([...(t.blocks?.start ?? [])]).toEqual([0, 1, 1, 3]);
    expect([...(t.blocks?.id ?? [])]).toEqual([0, 0, 1]);
  });
  it('names bad lines', async () => {
    const t = await trace(
      [
        MOONCAKE,
        '{"timestamp": 900, "input_length": 1300, "output_length": 40, "hash_ids": [0, 1]}',
        '{"timestamp": 900, "input_length": 1300, "output_le',
        '{"timestamp": "900", "input_length": 13, "output_length": 40, "hash_ids": [0]}',
        '{"timestamp": 900, "input_length": 0, "output_length": 40, "hash_ids": []}',
        '[1, 2]',
        '{"timestamp": 900, "input_length": 13.5, "output_length": 40, "hash_ids": [0]}',
        '{"timestamp": 900, "input_length": 13, "hash_ids": [0]}',
      ].join('\n'),
    );
    expect(t.rows).toBe(2);
    expect(t.problems.map((p) => [p.line, p.field, p.found])).toEqual([
      [3, 'hash_ids', '2 ids'],
      [4, 'JSON', '{"timestamp": 900, "input_length": 1300, "output_le'],
      [5, 'timestamp', '"900"'],
      [6, 'input_length', '0'],
      [7, 'JSON', '[1, 2]'],
      [8, 'input_length', '13.5'],
      [9, 'output_length', '(missing)'],
    ]);
  });
});

describe('files that are no trace', () => {
  it.each([
    ['', 'empty-file'],
    ['\n \r\n\n', 'empty-file'],
    ['a,b,c\n1,2,3', 'wrong-columns'],
    ['TIMESTAMP,ContextTokens\n1,2', 'wrong-columns'],
    ['{"arrival_time_ns": 1, "input_toks": 2}', 'wrong-columns'],
    [
      '{"chat_id": 7, "timestamp": 0.5, "input_length": 40, "output_length": 9, "hash_ids": [1, 2, 3]}',
      'wrong-columns',
    ],
    ['Dear diary', 'unknown-file'],
    ['Dear diary,\ntoday', 'unknown-file'],
    ['Well, today there was nothing', 'unknown-file'],
    ['PNG\u0000\u0001', 'unknown-file'],
    ['[1, 2]', 'unknown-file'],
    [HEADER, 'no-rows'],
    [`${HEADER}\n2024-01-01 00:00:00,0,0`, 'no-rows'],
  ])('%j is answered with %s', async (content, code) => {
    const result = await read(content);
    expect(result.ok).toBe(false);
    expect((await problems(content))[0]).toMatchObject({ code, where: 'trace' });
  });
  it('says which columns are missing, which were found and which are wanted', async () => {
    expect(await problems('\nTIMESTAMP,Tokens\n1,2')).toEqual([
      {
        code: 'wrong-columns',
        where: 'trace',
        line: 2,
        field: 'ContextTokens, GeneratedTokens',
        found: 'TIMESTAMP,Tokens',
        expected: HEADER,
      },
    ]);
  });
  it('does not take half of a damaged archive for a whole trace', async () => {
    const packed = gzipSync(encoder.encode(`${AZURE}\r\n${'2023-11-16 18:15:52.0,5,5\r\n'.repeat(50)}`));
    const flipped = packed.slice();
    // A byte of the checksum at the end.
    flipped[flipped.length - 6] ^= 1;
    for (const damaged of [packed.slice(0, packed.length - 20), flipped]) {
      const result = await read(damaged);
      expect(result.ok).toBe(false);
      expect((await problems(damaged))[0]).toMatchObject({ code: 'bad-line', field: 'file' });
    }
  });
  it('gives up on a line without end', async () => {
    expect((await problems('x'.repeat(5_000_000)))[0]).toMatchObject({ code: 'unknown-file' });
    const t = await trace(`${AZURE}\n${'x'.repeat(5_000_000)}\n2023-11-16 18:15:52.0,5,5`);
    expect(t.rows).toBe(4);
    expect(t.problems.map((p) => [p.code, p.line])).toEqual([['bad-line', 5]]);
  });
});

describe('importTrace', () => {
  it('hands over a document of JSON as it is, however it is cut, packed or written', async () => {
    const file = new TextDecoder().decode(encodeTraceFile(await trace(MOONCAKE), { seed: 7 }));
    const content = JSON.parse(file);
    const { format, ...rest } = content;
    const documents = [
      file,
      JSON.stringify(content, null, 2),
      JSON.stringify(content),
      // The format need not come first.
      `${JSON.stringify({ ...rest, format })}\n`,
      JSON.stringify({ ...rest, format }, null, 1),
      // Of other kinds: what is wrong with them is said by whoever reads them.
      JSON.stringify({ model_type: 'llama', layers: [1, 2] }, null, 2),
      '{"timestamp": 1',
      `{"timestamp": 1,\n${MOONCAKE}`,
    ];
    for (const document of documents)
      for (const size of [1, 7, 1 << 16]) {
        expect(await read(document, size)).toEqual({ ok: true, document });
        expect(await read(gzipSync(encoder.encode(document)), size)).toEqual({ ok: true, document });
      }
  });
  it('reads no more of a document of another kind than tells what it is', async () => {
    let taken = 0;
    async function* endless() {
      yield '{ "a":\n';
      for (; taken < 1000; taken++) yield `"${'x'.repeat(1 << 17)}",\n`;
    }
    expect(await importTrace(endless(), { name: 'trace', totalBytes: 0 })).toMatchObject({
      ok: false,
      problems: [{ code: 'unknown-file', where: 'trace' }],
    });
    expect(taken).toBeLessThan(200);
  });
  it('reports progress up to the whole file', async () => {
    const seen: [number, number][] = [];
    await read(AZURE, 40, { onProgress: (fraction, rows) => seen.push([fraction, rows]) });
    expect(seen.at(-1)?.[0]).toBe(1);
    expect(seen.every(([f], i) => i === 0 || f >= seen[i - 1][0])).toBe(true);
    expect(seen.at(-1)?.[1]).toBe(2);
  });
  it('stops when it is cancelled, also in the midst of one large chunk', async () => {
    const controller = new AbortController();
    const content = `${AZURE}\n${'2023-11-16 18:15:52.0,5,5\n'.repeat(100_000)}`;
    let calls = 0;
    const onProgress = () => {
      calls++;
      setTimeout(() => controller.abort(), 0);
    };
    await expect(read(content, 1e9, { signal: controller.signal, onProgress })).rejects.toThrow(/abort/i);
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(10);
    await expect(read(AZURE, 10, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
