import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { modelNamed } from '../scenario/hardware.ts';
import { deviceValue, modelValue } from './hardware.ts';
import { runCommandLine } from './main.ts';
import { namedDevice, namedModel, profileOf, scenarioOf } from './validate/scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenyard-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, JSON.stringify(content));
  return path;
}

async function cli(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(args, { out: (text) => (out += text), note: (line) => notes.push(line) });
  return { code, out, notes };
}

const config = {
  model_type: 'qwen2',
  hidden_size: 896,
  intermediate_size: 4864,
  num_hidden_layers: 24,
  num_attention_heads: 14,
  num_key_value_heads: 2,
  vocab_size: 151936,
  max_position_embeddings: 32768,
  tie_word_embeddings: true,
};
const card = { name: 'My card', memory: 24, bandwidth: 1008, bf16: 165.2 };

describe('--model and --device', () => {
  it('take the config.json of a model, named by its folder, and give the same run as the built-in one', async () => {
    const path = file('Small-Qwen/config.json', config);
    const own = JSON.parse((await cli('run', 'tiny-paged', '--model', path, '--json')).out);
    const builtIn = JSON.parse((await cli('run', 'tiny-paged', '--model', 'qwen2.5-0.5b', '--json')).out);
    expect(own.model).toBe('Small-Qwen');
    expect(own.fingerprint).toBe(builtIn.fingerprint);
    // The link carries the model.
    const again = await cli('run', own.link, '--json');
    expect(again.notes).toEqual([]);
    expect(JSON.parse(again.out).fingerprint).toBe(own.fingerprint);
  });

  it('take a device of one’s own', async () => {
    const report = JSON.parse((await cli('run', 'tiny-paged', '--device', file('card.json', card), '--json')).out);
    expect(report).toMatchObject({ device: 'My card', evidence: 'estimated', finished: 6 });
  });

  it('serve every command that takes a scenario', async () => {
    const args = ['--model', file('model/config.json', config), '--device', file('card.json', card)];
    const why = await cli('why', 'tiny-paged', '--request', '0', ...args);
    const sweep = await cli('sweep', 'tiny-paged', '--over', 'max-num-seqs=2', ...args);
    expect([why.code, sweep.code]).toEqual([0, 0]);
    expect(JSON.parse(sweep.out)).toMatchObject({ model: 'model', device: 'My card' });
  });

  it('say what is wrong with a file, and what was assumed', async () => {
    const { vocab_size: _, ...rest } = config;
    const broken = await cli('run', 'tiny-paged', '--model', file('broken.json', rest));
    expect(broken.code).toBe(2);
    expect(broken.notes.join()).toMatch(/broken[.]json: vocab_size: missing field, expected/);
    const missing = await cli('run', 'tiny-paged', '--device', 'nowhere.json');
    expect(missing.code).toBe(2);
    expect(missing.notes.join()).toMatch(/"nowhere[.]json": not found/);
    const { tie_word_embeddings: __, ...untied } = config;
    const assumed = await cli('run', 'tiny-paged', '--model', file('assumed.json', untied));
    expect(assumed.notes.join()).toMatch(/assumed[.]json: tie_word_embeddings: assumed, using false/);
  });
});

it('stand in place of what a recording says', async () => {
  const note = () => undefined;
  const model = await modelValue(file('Mine/config.json', config), { out: note, note });
  const device = await deviceValue(file('card.json', card));
  const options = { model, device, set: [], note };
  expect(modelNamed(namedModel('Qwen/Qwen3-32B', 'meta.json', options))?.name).toBe('Mine');
  expect(profileOf(namedDevice('NVIDIA L4', 'meta.json', options)).name).toBe('My card');
  expect(namedModel('Qwen/Qwen3-32B', 'meta.json', { set: [], note })).toBe('qwen3-32b');
  expect(scenarioOf('vllm', device, model, [])).toMatchObject({ device, model });
});
