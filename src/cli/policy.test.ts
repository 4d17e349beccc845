/**
 * The bundled program: a policy runs in a thread of it, which tests of the sources do not have. Some of it as people start it; most
 * from here, where the program need not be read anew for every policy.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundledCommandLine } from '../../tools/cli-bundle.mjs';
import { policyExamples } from '../sandbox/examples.ts';

const program: typeof import('./main.ts') = await import(pathToFileURL(await bundledCommandLine()).href);

const folder = mkdtempSync(join(tmpdir(), 'tokenyard-policy-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function cli(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/cli.mjs', ...args], { encoding: 'utf8' });
  return { code: status, out: stdout, notes: stderr.split('\n').filter((line) => line !== '') };
}

/** Runs a text as a policy, without a process of its own. */
async function grade(text: string, ...more: string[]) {
  const path = file('policy.ts', text);
  let out = '';
  const notes: string[] = [];
  const terminal = { out: (text: string) => (out += text), note: (line: string) => notes.push(line) };
  const code = await program.runCommandLine(['run', 'tiny-paged', '--policy', path, ...more], terminal);
  return { code, out, notes: notes.map((note) => note.replaceAll(path, 'policy.ts')) };
}

/** Everybody gets everything: illegal as soon as there is too little of anything. */
const greedy = '[...view.running, ...view.queue].map((request) => ({ request, tokens: request.left }))';
const fcfs = policyExamples[0].text;

describe('run --policy', () => {
  it('gives the metrics of the run, and of vLLM where the policy decides as it does', () => {
    const path = file('fcfs.ts', fcfs);
    const own = JSON.parse(cli('run', 'long-prompt-stall', '--policy', path, '--json', '--repeat', '2').out);
    const knobs = ['async-scheduling=off', 'scheduler-reserve-full-isl=off', 'enforce-eager=on'].flatMap((knob) => [
      '--set',
      knob,
    ]);
    const vllm = JSON.parse(cli('run', 'long-prompt-stall', ...knobs, '--json').out);
    expect(own).toMatchObject({ policy: { file: path }, engine: 'custom', finished: 240 });
    expect(Object.keys(own).filter((name) => name !== 'policy')).toEqual(Object.keys(vllm));
    for (const name of ['fingerprint', 'steps', 'ttftP99Ms', 'tpotP50Ms', 'e2eMeanMs', 'outputTokensPerS', 'kvUseMean'])
      expect(own[name], name).toBe(vllm[name]);
    // What was simulated can be opened; the policy is in no link.
    expect(own.link).toBe('#/run?v=1&p=long-prompt-stall&eng=1');
  });

  it('prints the same for people, and writes one line a request', async () => {
    const csv = join(folder, 'out.csv');
    const { code, out, notes } = await grade(fcfs, '--out', csv);
    expect([code, notes]).toEqual([0, []]);
    expect(out).toMatch(/policy +.*policy\.ts\n/);
    expect(out).toMatch(/requests +6: 6 finished/);
  });

  it('takes JavaScript, an object with schedule, and shows what the policy writes', () => {
    const text = `let calls = 0;
export default {
  schedule(view) {
    if (calls++ < 2) console.log('queue', view.queue.length, { step: view.step });
    return this.all(view);
  },
  all: (view) => view.running.concat(view.queue).slice(0, view.gpu.seats).map((request) => ({ request, tokens: Math.min(request.left, 16) })),
};
`;
    const { notes } = cli(
      'run',
      'tiny-paged',
      '--set',
      'num-gpu-blocks-override=200',
      '--policy',
      file('own.js', text),
    );
    expect(notes.slice(0, 2)).toEqual([
      expect.stringMatching(/^.*own\.js: step 0: queue \d \{"step":0\}$/),
      expect.stringMatching(/own\.js: step \d: queue \d \{"step":\d\}$/),
    ]);
  });

  it('lets one finish that is slow but steady', async () => {
    const { code, notes } = await grade(fcfs.replace('let [', 'for (let i = 0; i < 1e6; i++);\n  let ['));
    expect([code, notes]).toEqual([0, []]);
  });

  it.each([
    [
      'throws',
      "export default (view: unknown) => {\n  const x: number = 3;\n  throw new TypeError('mine ' + x);\n};",
      /^tokenyard: policy\.ts:3: step 0, at 0\.000 s: TypeError: mine 3\.$/,
    ],
    [
      'throws while it is loaded',
      '\nnull.x;',
      /^tokenyard: policy\.ts:2: while loading, before the first step: TypeError: Cannot read/,
    ],
    [
      'throws something odd',
      'export default () => { throw { toString() { throw 1; } }; };',
      /^tokenyard: policy\.ts: step 0, at 0\.000 s: \[object Object\]\.$/,
    ],
    ['has a mistake', 'export default () => {\n  return [;\n};', /^tokenyard: policy\.ts:2: Unexpected ";"\.$/],
    [
      'has a mistake that only the engine sees',
      'let x = 1;\nlet x = 2;',
      /^tokenyard: policy\.ts:2: Identifier 'x' has already been declared\.$/,
    ],
    [
      'exports nothing',
      'const f = 1;',
      /^tokenyard: policy\.ts: The default export is undefined\. It must be a function/,
    ],
    [
      'answers nonsense',
      'export default () => 7;',
      /^tokenyard: policy\.ts: step 0, at 0\.000 s: The answer is 7\. It must be a list/,
    ],
    ['is async', 'export default async () => [];', /The answer is a promise\. A policy must answer at once/],
    [
      'gives too much',
      `export default (view) => view.queue.map((r) => ({ request: r, tokens: r.left + 1 }));`,
      /step 0, at 0\.000 s: Request 0 is given 121 tokens, but it has only 120 left/,
    ],
    [
      'takes blocks that are not there',
      `export default (view) => ${greedy}.slice(0, 4).map((e) => ({ ...e, tokens: Math.min(e.tokens, 30) }));`,
      /step \d+, at [\d.]+ s: Request \d takes \d+ free blocks when its turn comes, but only \d are free\.$/,
    ],
    ['gives nobody anything', 'export default () => [];', /6 requests wait or run, nobody is given anything/],
    [
      'goes round for ever',
      'export default (view) => { if (view.step === 5) for (;;); return view.running.concat(view.queue).slice(0, 3).map((request) => ({ request, tokens: 1 })); };',
      /^tokenyard: policy\.ts: step 5, at [\d.]+ s: It gave no sign of life for 1\.\d s: an endless loop/,
    ],
    [
      'goes round for ever while it is loaded',
      'for (;;);',
      /^tokenyard: policy\.ts: while loading, before the first step: It gave no sign of life/,
    ],
    [
      'calls itself for ever',
      'const f = (x) => f(x) + 1;\nexport default () => f(1);',
      /^tokenyard: policy\.ts:1: step 0, at 0\.000 s: RangeError: Maximum call stack/,
    ],
    [
      'changes what it sees',
      'export default (view) => view.queue[0].left = 1;',
      /Cannot set property left .* What a policy sees is read-only/,
    ],
    [
      'sorts the queue itself',
      'export default (view) => { view.queue.push(1); return []; };',
      /not extensible\. What a policy sees is read-only: to sort a list, copy it first/,
    ],
  ])('answers a policy that %s in one line', async (_, text, message) => {
    const { code, out, notes } = await grade(text, '--set', 'num-gpu-blocks-override=20');
    expect([code, out, notes.length]).toEqual([2, '', 1]);
    expect(notes[0]).toMatch(message);
  });

  it('ends one that needs more memory than there is', () => {
    const text = `const kept = [];
export default (view) => {
  for (let i = 0; i < 30; i++) kept.push(new Array(10_000).fill(0.5));
  return view.running.concat(view.queue).slice(0, 3).map((request) => ({ request, tokens: 1 }));
};`;
    const { code, notes } = cli('run', 'azure-chat', '--set', 'requests=500', '--policy', file('memory.ts', text));
    expect(code).toBe(2);
    expect(notes.join('\n')).toMatch(/memory\.ts: step \d+, at [\d.]+ s: It used too much memory, and was ended\.$/);
  });

  it.each([
    ['engine too', ['--engine', 'static'], /--policy: not together with --engine/],
    [
      'no such file',
      ['--policy', '/nowhere.ts'],
      /"\/nowhere\.ts": not found, expected a policy in TypeScript or JavaScript/,
    ],
    ['a scenario that cannot be', ['--set', 'gpu-memory-utilization=0.01'], /weights|model does not fit/],
  ])('says what is wrong with the command: %s', async (_, more, message) => {
    const { code, notes } = await grade(fcfs, ...more);
    expect([code, notes.length]).toEqual([2, 1]);
    expect(notes[0]).toMatch(message);
  });
});

describe('a policy of a file reaches nothing', () => {
  it.each([
    ["fetch('http://127.0.0.1/')", /fetch is not defined\. A policy has no network/],
    ['process.exit(3)', /process is not defined/],
    ["require('fs')", /require is not there \(for "fs"\)/],
    ["import('node:fs')", /promise/],
    ["globalThis.constructor.constructor('return process')()", /code from text is not there/],
    ["view.constructor.constructor('return process')()", /code from text is not there/],
    ["(async () => {}).constructor('return process')()", /code from text is not there/],
    ["(function* () {}).constructor('return process')()", /code from text is not there/],
    ["eval('1')", /eval is not defined\. A policy cannot make code/],
    ['new Worker("x")', /Worker is not defined/],
    ['new SharedArrayBuffer(1)', /SharedArrayBuffer is not defined/],
    ['Math.random()', /Math\.random is not there\. There is no chance/],
    ['Date.now()', /Date is not there\. There is no clock/],
    ['new Date()', /Date is not there/],
    ['performance.now()', /performance is not defined\. There is no clock/],
    ['setTimeout(() => {}, 1)', /setTimeout is not defined/],
    ['Math.min = () => 0', /read only/],
    ['Array.prototype.push = () => 0', /read only/],
    ['Int32Array.prototype.fill = () => 0', /read only/],
    ['Map.prototype.get = () => 0', /read only/],
    ['Object.prototype.polluted = 1', /not extensible/],
    ['Object.getPrototypeOf(Int32Array.prototype).subarray = () => 0', /read only/],
    ['view.constructor.prototype.queue = 1', /read only|only a getter/],
    ['Object.getPrototypeOf(view.queue[0]).left = 1', /read only|only a getter/],
    ['globalThis.x = 1', /not extensible/],
    ['x = 1', /x is not defined/],
  ])('%s', async (code, message) => {
    const { code: status, notes } = await grade(
      `export default (view) => { ${code}; return []; };`
        .replace('; return []', code.startsWith('import') ? '' : '; return []')
        .replace('import', code.startsWith('import') ? 'return import' : 'import'),
    );
    expect([status, notes.length]).toEqual([2, 1]);
    expect(notes[0]).toMatch(message);
  });
});
