import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type DeviceId, devices } from '../sim/gpu/device.ts';
import type { ErrorSummary } from './measured/errors.ts';
import { predictCommand } from './predict.ts';

const measured = fileURLToPath(new URL('../../fixtures/measured/h200_steps.json', import.meta.url));
/** Where other people's tables lie; the tests that need them are skipped without it. */
const data = process.env.TOKENYARD_DATA;

interface Printed {
  readonly device: string;
  readonly groups: readonly { readonly group: string; readonly all: ErrorSummary; readonly heldOut: ErrorSummary }[];
  readonly unpredicted: readonly { readonly reason: string; readonly rows: number; readonly example: string }[];
}

async function predict(...args: string[]): Promise<Printed> {
  let text = '';
  await predictCommand.run([...args, '--json'], { out: (piece) => (text += piece), note: () => {} });
  return JSON.parse(text);
}

function groupOf({ groups }: Printed, name: string) {
  const found = groups.find(({ group }) => group === name);
  if (found === undefined) throw new Error(`no group ${name}`);
  return found;
}

const folders: string[] = [];
async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rtx4090-llama-3.1-8b-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe('predict on whole steps', () => {
  it('is within 3 % (median) and 8 % (P95) of all measured steps of the H200, and leaves none out', async () => {
    const printed = await predict(measured);
    const { all } = groupOf(printed, 'all');
    expect(all.count).toBe(169);
    expect(all.median).toBeLessThanOrEqual(0.03);
    expect(all.p95).toBeLessThanOrEqual(0.08);
    expect(printed.unpredicted).toEqual([]);
    for (const kind of ['decode', 'prefill', 'mixed']) {
      expect(groupOf(printed, `every ${kind}`).all.median, kind).toBeLessThanOrEqual(0.03);
    }
    for (const model of ['llama3-70b-tp4-shard', 'llama3-70b-tp2', 'llama3-8b-fp8', 'qwen2.5-0.5b']) {
      expect(groupOf(printed, model).all.median, model).toBeLessThanOrEqual(0.04);
    }
  });

  it('names every row that it cannot predict, with the reason', async () => {
    const file = JSON.parse(await readFile(measured, 'utf8'));
    const [row] = file.points;
    const folder = await folderWith({
      'steps.json': JSON.stringify({
        ...file,
        models: { ...file.models, odd: { layers: 'many' }, split: { ...file.models['llama3-8b'], tp: 3 } },
        points: [
          row,
          { ...row, model: 'odd' },
          { ...row, model: 'nobody' },
          { ...row, model: 'split' },
          { ...row, us: undefined },
        ],
      }),
    });
    const printed = await predict(join(folder, 'steps.json'));
    expect(groupOf(printed, 'all').all.count).toBe(1);
    const reasons = printed.unpredicted.map(({ reason, rows }) => `${rows} ${reason}`).join('\n');
    expect(reasons).toContain('1 models.odd.layers');
    expect(reasons).toContain('1 no shape of nobody in the file');
    expect(reasons).toContain('1 3 devices cannot share 32 heads');
    expect(reasons).toContain('1 us: ');
    expect(printed.unpredicted.reduce((rows, found) => rows + found.rows, 0)).toBe(4);
  });

  it('says what is wrong in one line', async () => {
    await expect(predict('nowhere.json')).rejects.toThrow(/nowhere.json.*not found/);
    await expect(predict(measured, '--device', 'abacus')).rejects.toThrow(/--device: found "abacus"/);
    const few = { 'per_sequence.csv': 'layer,sequences,time_us', 'attention.csv': 'prefill_chunk' };
    const folder = await folderWith({ ...few, 'dense.csv': 'layer,tokens,time_us\nqkv_proj,1,soon' });
    const at = [folder, '--device', 'l4', '--model', 'llama-3-8b'];
    await expect(predict(...at)).rejects.toThrow(
      /(dense.csv:2: found qkv_proj,1,soon|attention.csv:1: found prefill_chunk)/,
    );
  });
});

describe('predict on tables of layers', () => {
  /** Two tokens counts and two batches, with times of no device. */
  const tables = {
    'dense.csv': [
      'layer,tokens,time_us',
      ...['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj', 'act_fn', 'layernorm', 'rotary_emb'].flatMap((layer) => [
        `${layer},1,100`,
        `${layer},16,100`,
      ]),
      'embedding,16,10',
      'final_layernorm,16,10',
      'moe_gate,16,10',
    ].join('\n'),
    'per_sequence.csv': ['layer,sequences,time_us', 'lm_head,4,1000', 'sampler,4,25'].join('\n'),
    'attention.csv': [
      'prefill_chunk,kv_prefill,n_decode,kv_decode,time_us',
      '0,0,4,16,50',
      '10,0,2,16,50',
      '64,0,1,16,50',
      '0,0,4,1000000,50',
    ].join('\n'),
  };

  it('puts steps together, at the sizes of the tables, and lists what does not fit into them', async () => {
    const folder = await folderWith(tables);
    const printed = await predict(folder, '--device', 'rtx-4090', '--model', 'llama-3.1-8b');
    expect(printed.device).toBe('rtx-4090');
    expect(groupOf(printed, 'attention').all.count).toBe(4);
    // Four decodes, and a chunk of 10 with two; 65 tokens are more than the table has; 4,000,000 need more memory.
    expect(groupOf(printed, 'step').all.count).toBe(2);
    expect(groupOf(printed, 'step too large').all.count).toBe(1);
    expect(printed.unpredicted).toEqual([
      { reason: 'Llama-3.1-8B has no moe_gate that is modelled', rows: 1, example: 'moe_gate 16' },
      {
        reason: 'more tokens or sequences than the other tables hold',
        rows: 1,
        example: 'step with chunk 64, 1 decodes of 16',
      },
    ]);
  });

  it('says which kernels the tables lack', async () => {
    const dense = tables['dense.csv'].replaceAll('down_proj', 'expert_proj');
    const folder = await folderWith({ ...tables, 'dense.csv': dense });
    const printed = await predict(folder, '--device', 'rtx-4090', '--model', 'llama-3.1-8b');
    expect(printed.groups.map(({ group }) => group)).not.toContain('step');
    expect(printed.unpredicted).toContainEqual({
      reason: 'the tables have no down_proj',
      rows: 4,
      example: 'step with 4 decodes of 16',
    });
  });

  it.skipIf(data === undefined).each([
    ['rtx4090-llama-3.1-8b', 'rtx-4090'],
    ['rtxpro6000-llama-3.1-8b', 'rtx-pro-6000'],
    ['rtxpro6000-qwen3-32b-tp2', 'rtx-pro-6000'],
  ] as const)('%s: steps whose attention the fit never saw, within 3 and 8 percent', async (name, device) => {
    const printed = await predict(join(data ?? '', 'profiles', name));
    expect(printed.device).toBe(device satisfies DeviceId);
    const { heldOut } = groupOf(printed, 'step');
    expect(heldOut.count).toBeGreaterThan(1000);
    expect(heldOut.median).toBeLessThanOrEqual(0.03);
    expect(heldOut.p95).toBeLessThanOrEqual(0.08);
    // The profile states the error over all its tables: between those of each, and no other number of rows.
    const { error } = devices[device];
    expect(error.count).toBeGreaterThanOrEqual(heldOut.count);
    expect(Math.abs(error.median - heldOut.median)).toBeLessThan(0.01);
    expect(Math.abs(error.p95 - heldOut.p95)).toBeLessThan(0.005);
  });
});
