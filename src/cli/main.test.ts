import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeFile } from '../scenario/file.ts';
import { presetOf } from '../scenario/presets.ts';
import { importTrace } from '../workload/import/import.ts';
import { runCommandLine } from './main.ts';

const folder = mkdtempSync(join(tmpdir(), 'tokenyard-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Folder with recorded runs of vLLM's scheduler in golden/vllm. */
const recorded = process.env.TOKENYARD_DATA;

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function cli(...args: string[]) {
  let out = '';
  const notes: string[] = [];
  const code = await runCommandLine(args, { out: (text) => (out += text), note: (line) => notes.push(line) });
  return { code, out, notes };
}

const json = async (...args: string[]) => JSON.parse((await cli(...args, '--json')).out);

const tinyTrace =
  'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.0000000,100,10\n2023-11-16 18:15:47.0000000,200,20\n';

describe('run', () => {
  it('prints metrics with units in their names', async () => {
    const report = await json('run', 'tiny-paged', '--repeat', '2');
    expect(report).toMatchObject({
      requests: 6,
      finished: 6,
      rejected: 0,
      aborted: 0,
      preemptions: 1,
      outputTokens: 682,
      engine: 'vllm',
      tokenBudget: 128,
      blocks: 63,
    });
    for (const name of ['ttftMeanMs', 'itlP50Ms', 'tpotP90Ms', 'e2eP99Ms', 'wallMs', 'coldMs', 'durationS', 'steps'])
      expect(report[name], name).toBeGreaterThan(0);
    expect(report.coldMs).toBeGreaterThanOrEqual(report.wallMs);
    expect(report.fingerprint).toMatch(/^\w+$/);
    expect(report.link).toBe(`#/run?v=1&p=tiny-paged&eng=1&fp=${report.fingerprint}`);
  });

  it('prints a fleet as its clients see it, and each replica', async () => {
    const fleet = ['run', 'azure-chat', '--set', 'requests=60', '--set', 'replicas=3'];
    const report = await json(...fleet);
    expect(report).toMatchObject({
      requests: 60,
      finished: 60,
      fleet: { fates: { finished: 60, lost: 0 }, attempts: 60, regretMeanTokens: expect.any(Number) },
    });
    expect(report.fleet.replicas.map(({ requests }: { requests: number }) => requests)).toEqual([20, 20, 20]);
    expect(report.link).toContain('&replicas=3&');
    const { out, notes } = await cli(...fleet);
    expect(notes).toEqual([]);
    expect(out).toMatch(/fates +60 finished\n/);
    expect(out).toMatch(/replica 2 +20 requests, busy/);
    // A sweep is of the whole fleet, too.
    const line = JSON.parse((await cli('sweep', ...fleet.slice(1), '--over', 'replicas=3')).out);
    expect(line.fingerprint).toBe(report.fingerprint);
  });

  it('says what cannot be asked of a fleet', async () => {
    for (const asked of [
      ['run', 'azure-chat', '--band'],
      ['why', 'azure-chat', '--request', '1'],
    ]) {
      const { code, notes } = await cli(...asked, '--set', 'replicas=2');
      expect([code, notes.join()]).toEqual([2, expect.stringMatching(/replicas.*expected (one engine|1)/)]);
    }
  });

  it('prints the same for people', async () => {
    const { code, out, notes } = await cli('run', 'tiny-paged');
    expect(code).toBe(0);
    expect(notes).toEqual([]);
    expect(out).toMatch(/requests +6: 6 finished, 0 rejected, 0 aborted/);
    expect(out).toMatch(/preemptions +1,/);
  });

  it('gives equal results for a preset with --set, its link and its file', async () => {
    const knobs = { ...presetOf('tiny-paged').knobs, 'num-gpu-blocks-override': 80 };
    const one = await json('run', 'tiny-paged', '--set', 'num-gpu-blocks-override=80');
    const two = await json('run', one.link);
    const three = await json('run', file('scenario.json', encodeFile(knobs)));
    expect(one.fingerprint).not.toBe((await json('run', 'tiny-paged')).fingerprint);
    expect([two.fingerprint, three.fingerprint]).toEqual([one.fingerprint, one.fingerprint]);
  });

  it('says which settings nobody reads', async () => {
    const { code, notes } = await cli('run', 'tiny-paged', '--engine', 'sglang', '--set', 'max-num-seqs=2');
    expect(code).toBe(0);
    expect(notes).toEqual(['--set: max-num-seqs: changes nothing here, since nobody reads it (engine sglang)']);
    // Whether a knob is read is asked of the whole scenario, whatever the order of the settings.
    const drafts = ['--set', 'num-speculative-tokens=2', '--set', 'speculative-method=ngram'];
    expect((await cli('run', 'tiny-paged', ...drafts)).notes).toEqual([]);
  });

  it('says when a link was made with other results', async () => {
    const { code, notes } = await cli('run', '#/run?v=1&p=tiny-paged&eng=1&fp=other');
    expect(code).toBe(0);
    expect(notes).toEqual([expect.stringMatching(/^link: fp: fingerprint differs, found "\w+", expected other$/)]);
    expect((await cli('run', '#/run?v=1&p=tiny-paged&eng=1&fp=other', '--engine', 'static')).notes).toEqual([]);
  });

  it('plays a trace', async () => {
    const path = file('chat.csv', tinyTrace);
    const report = await json('run', 'azure-chat', '--trace', path, '--engine', 'static');
    expect(report).toMatchObject({ requests: 2, finished: 2, promptTokens: 300, outputTokens: 30, engine: 'static' });
  });

  it('writes one line a request, or the report', async () => {
    const csv = join(folder, 'out.csv');
    expect((await cli('run', 'tiny-paged', '--out', csv)).code).toBe(0);
    const lines = readFileSync(csv, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[0]).toBe(
      'request,status,arrival_s,prompt_tokens,output_tokens,first_scheduled_s,first_token_s,finish_s,preemptions',
    );
    expect(lines[3]).toMatch(/^2,finished,0\.020000,96,160,/);
    const path = join(folder, 'out.json');
    await cli('run', 'tiny-paged', '--out', path);
    expect(JSON.parse(readFileSync(path, 'utf8')).finished).toBe(6);
  });

  it('goes on with a damaged link and says what is wrong with it', async () => {
    const { code, notes } = await cli('run', '#/run?p=tiny-paged&spec=1&seed=abc');
    expect(code).toBe(0);
    expect(notes).toEqual([
      'link: spec: unknown key, found "1", did you mean speculate, speculative-method or speculate-acceptance',
      'link: seed: invalid value, found "abc", expected integer 0..4294967295, using 7',
    ]);
  });
});

describe.skipIf(!recorded)('replay', () => {
  const runs = join(recorded ?? '', 'golden', 'vllm');
  const files = recorded ? readdirSync(runs).filter((name) => name.endsWith('.json')) : [];

  it('compares every recorded run, and counts those that are identical', async () => {
    const { code, out } = await cli('replay', ...files.map((name) => join(runs, name)));
    const lines = out.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines).toHaveLength(files.length + 1);
    const identical = lines.filter((line) => line.includes(': identical (')).length;
    expect(identical).toBeGreaterThan(20);
    expect(lines.at(-1)).toBe(`${identical} of ${files.length} identical`);
  });

  it('exits with 1 and names step and field of the first difference', async () => {
    const content = JSON.parse(readFileSync(join(runs, '00_tiny_a.json'), 'utf8'));
    content.steps[3].n = 7777;
    const { code, out } = await cli('replay', file('changed.json', JSON.stringify(content)));
    expect(code).toBe(1);
    expect(out).toMatch(/changed\.json: step \d+: n: recorded "7777", ours "\d+"\n0 of 1 identical/);
  });
});

describe('replay of caches', () => {
  const recording = (engine: string) => `fixtures/recorded/${engine}/radix.json`;

  it('knows the recordings by their content', async () => {
    const { code, out } = await cli('replay', recording('sglang'), recording('tgi'));
    expect(code).toBe(0);
    expect(out).toMatch(/^radix\.json: radix radix 1: identical \(70 steps\)\n/);
    expect(out).toMatch(/\nradix\.json: TGI radix allocator: identical \(2400 steps\)\n61 of 61 identical\n$/);
  });

  it('names the field that makes a recording unreadable', async () => {
    const content = JSON.parse(readFileSync(recording('tgi'), 'utf8'));
    content.cases[2].ops[0].tokens = 'many';
    const { code, notes } = await cli('replay', file('radix-broken.json', JSON.stringify(content)));
    expect(code).toBe(2);
    expect(notes[0]).toMatch(/radix-broken\.json: cases\.2\.ops\.0\.tokens: found "many", expected number/);
  });
});

describe('errors are one line and exit code 2', () => {
  it.each([
    [['fly'], /"fly": no such command, 'help' lists all \d+$/],
    [['swep', 'tiny-paged'], /"swep": no such command, did you mean sweep\?/],
    [
      ['run', 'tiny-paged', '--sets', 'seed=1'],
      /'--sets': no such option, did you mean --set\? \('run --help' lists all \d+\)$/,
    ],
    [['engines', '--jsn'], /'--jsn': no such option, expected --json$/],
    [['engines', 'vlm'], /NAME: found "vlm", did you mean vllm\?/],
    [['run'], /SCENARIO: missing/],
    [['run', 'azure-chat', 'azure-code'], /"azure-code": unexpected/],
    [['run', 'nowhere'], /"nowhere": not found, expected a link, a file or a preset: 'run --help' lists all \d+$/],
    [['run', 'azure-chatt'], /"azure-chatt": not found, .*: did you mean azure-chat\?/],
    [['run', 'tiny-paged', '--bogus'], /--bogus/],
    [
      ['run', 'tiny-paged', '--set', 'speed=1'],
      /--set: "speed": no such knob, did you mean seed\? \('glossary' lists all \d+\)$/,
    ],
    [['run', 'tiny-paged', '--set', 'nonsense=3'], /--set: "nonsense": no such knob, 'glossary' lists all \d+$/],
    [
      ['run', 'tiny-paged', '--set', 'router=cache-awar'],
      /--set: router: found "cache-awar", did you mean cache-aware\? \('glossary router' lists all 17\)$/,
    ],
    [['run', 'tiny-paged', '--device', 'h20'], /--device: found "h20", did you mean h200\? \('glossary device' lists/],
    [['run', 'tiny-paged', '--set', 'memory=pages'], /--set: memory: found "pages", expected paged\|contiguous\|/],
    [['sweep', 'tiny-paged', '--over', 'sed=1'], /--over: "sed": no such knob, did you mean seed\?/],
    [['run', 'tiny-paged', '--set', 'seed'], /--set: seed: found no value, expected integer 0\.\./],
    [['run', 'tiny-paged', '--set', 'rate=fast'], /--set: rate: found "fast", expected 0\.01\.\.1000 or 0/],
    [['run', 'tiny-paged', '--set', 'watermark=2'], /--set: watermark: found "2", expected 0\.\.0\.99/],
    [
      ['run', 'tiny-paged', '--engine', 'orka'],
      /--engine: found "orka", did you mean orca\? \('engines' lists all \d+\)$/,
    ],
    [['run', 'tiny-paged', '--repeat', '0'], /--repeat: found "0", expected 1\.\.1000/],
    [['run', 'tiny-paged', '--trace', '/nowhere.csv'], /--trace: "\/nowhere\.csv": not found/],
    [['run', 'trace'], /workload: trace missing/],
    [
      ['run', 'azure-chat', '--set', 'gpu-memory-utilization=0.11'],
      /gpu-memory-utilization: no memory for kv, found "0 MiB", expected 4 MiB/,
    ],
    [['run', 'azure-chat', '--set', 'device=this-gpu'], /device: gpu not measured/],
    [['run', 'tiny-paged', '--out', '/nowhere/out.csv'], /--out: "\/nowhere\/out\.csv"/],
    [['replay'], /FILE: missing/],
    [['replay', '/nowhere.json'], /"\/nowhere\.json": not found, expected a recording of an engine/],
    [['bench', '--repeat', 'x'], /--repeat: found "x"/],
  ])('%j', async (args, message) => {
    const { code, out, notes } = await cli(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(message);
    expect(notes[0]).not.toMatch(/\n|internal error/);
  });

  it.each([
    ['empty.json', '', /empty\.json: empty file/],
    [
      'cut.json',
      '{\n"format": "tokenyard-scenario",\n"version": 1,\n',
      /cut\.json:4: cut json, expected JSON with .*; other files: --trace reads a trace/,
    ],
    [
      'other.json',
      '{"format": "other"}',
      /other\.json: unknown file, found "\{\\"format\\": \\"other\\"\}", expected JSON with/,
    ],
  ])('scenario file %s', async (name, content, message) => {
    const { code, notes } = await cli('run', file(name, content));
    expect([code, notes.length]).toEqual([2, 1]);
    expect(notes[0]).toMatch(message);
  });

  it('names file and line of a trace that cannot be read', async () => {
    const { code, notes } = await cli('run', 'trace', '--trace', file('words.csv', 'some words\nand more\n'));
    expect([code, notes.length]).toEqual([2, 1]);
    expect(notes[0]).toMatch(
      /words\.csv: unknown file, found "some words", expected Azure LLM CSV, Mooncake JSONL, or a/,
    );
    const bad = await cli('run', 'trace', '--trace', file('bad.json', '{\n "format": tokenyard\n}'));
    expect(bad.notes).toEqual([expect.stringMatching(/bad\.json:2: bad json, found "tokenyard", expected/)]);
    const alone = JSON.stringify({ format: 'tokenyard-scenario', version: 1, knobs: {} });
    const none = await cli('run', 'trace', '--trace', file('alone.json', alone));
    expect(none.notes).toEqual([
      expect.stringMatching(/alone\.json": a scenario without a trace, expected a trace file/),
    ]);
  });

  it('reads the trace of a scenario file', async () => {
    const rows = [0, 1, 2].map((at) =>
      JSON.stringify({ timestamp: 100 * at, input_length: 40, output_length: 3, hash_ids: [at] }),
    );
    const jsonl = file('rows.jsonl', rows.join('\n'));
    const imported = await importTrace(createReadStream(jsonl), { name: 'rows', totalBytes: 0 });
    if (!('trace' in imported)) throw new Error('no trace');
    const saved = file('saved.json', new TextDecoder().decode(encodeFile(presetOf('trace').knobs, imported.trace)));
    const [direct, again] = [await cli('run', 'trace', '--trace', jsonl), await cli('run', 'trace', '--trace', saved)];
    const print = (out: string) => /fingerprint\s+(\w+)/.exec(out)?.[1];
    expect(print(direct.out)).toMatch(/\w+/);
    expect(print(again.out)).toBe(print(direct.out));
  });

  it('names line and field of a recording', async () => {
    const broken = await cli('replay', file('broken.json', '{\n"engine": "vllm",\n"format": }'));
    expect(broken).toMatchObject({ code: 2, notes: [expect.stringMatching(/broken\.json:3: not JSON/)] });
    const other = await cli('replay', file('sglang.json', '{"engine": "sglang", "format": 1}'));
    expect(other).toMatchObject({
      code: 2,
      notes: [expect.stringMatching(/sglang\.json: engine: found "sglang", expected "vllm"/)],
    });
  });
});

describe('engines', () => {
  it('tells every knob of an engine and of its phases, with what 0 means', async () => {
    const { out } = await cli('engines', 'llama-cpp');
    expect(out).toContain('parallel=0  (integer 1..256 or 0 sequences, -np, --parallel; 0 = ');
    expect(out).toContain('draft-model=');
    expect((await cli('engines', 'tgi')).out).not.toContain('draft-model=');
    const [entry] = (await json('engines', 'tensorrt-llm')).engines;
    const knobs: { name: string; flag?: string; help?: string; zero?: string }[] = entry.knobs;
    // How often drafts are right is nobody's flag.
    const unnamed = knobs.filter(({ flag }) => flag === undefined).map(({ name }) => name);
    expect(unnamed).toEqual(['acceptance-rate']);
    const named = (name: string) => knobs.find((knob) => knob.name === name);
    expect(named('max_seq_len')?.zero).toBeTruthy();
    expect(named('num-speculative-tokens')?.flag).toBe('speculative_config.max_draft_len');
  });

  it('has a sentence for every knob of every engine, also for those that engines share', async () => {
    const { engines } = await json('engines');
    for (const { id, knobs } of engines)
      for (const { name, help } of knobs) expect(help, `${id} ${name}`).toMatch(/[.]$/);
    const { out } = await cli('engines', 'vllm');
    expect(out).toContain('watermark=');
    expect(out).toContain('Share of the blocks that admission leaves free');
    expect(out).toContain('--kv-offloading-size; 0 = off)');
  });
});

describe('help', () => {
  it('is there for all and for each command', async () => {
    expect((await cli('--help')).code).toBe(0);
    for (const command of ['run', 'replay', 'bench']) {
      expect((await cli('--help')).out).toContain(`  ${command} `);
      const { code, out } = await cli(command, '--help');
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^Usage: ${command} `));
      expect(out).toContain('--json');
    }
  });

  it('is shown, as an error, when no command is given', async () => {
    expect(await cli()).toMatchObject({ code: 2, out: expect.stringMatching(/^Usage/) });
  });
});
