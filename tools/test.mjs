// Everything that must hold: format, lint and import directions, types, unused code, build, first load, unit and property tests with
// the recorded runs, browser tests. Prints each part's result; the last line counts over all of them.
//   --deep      the generated tests with many more cases, the browser tests in all combinations
//   --no-e2e    without the browser
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { findVulkanLoader, needChromium } from './chromium.mjs';
import { firstLoadReport } from './first-load.mjs';

const isDeep = process.argv.includes('--deep');
const total = { passed: 0, failed: 0, skipped: 0 };
/** What failed, a line each, told once more at the end: a long log need not be read. */
const failures = [];
mkdirSync('test-results', { recursive: true });

function report(name, { passed, failed, skipped = 0 }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  process.stdout.write(`\n=== ${name}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}

function run(command, args, env = {}) {
  const { status } = spawnSync('npx', ['--no-install', command, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  return status === 0;
}

/** A command that passes or fails as a whole, and what it printed. */
function whole(name, command, args) {
  return new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ name, isGood: false, output: String(error) }));
    child.on('close', (code) => resolve({ name, isGood: code === 0, output }));
  });
}

/** Commands side by side, each of which leaves a core idle at times; reported one after the other. Gives whether each is good. */
async function check(...commands) {
  const results = [];
  for (const { name, isGood, output } of await Promise.all(commands.map((each) => whole(...each)))) {
    process.stdout.write(output);
    if (!isGood) failures.push(name);
    report(name, { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1 });
    results.push(isGood);
  }
  return results;
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function unitTests() {
  const file = 'test-results/unit.json';
  rmSync(file, { force: true });
  // The GPU kernels are computed by the driver that Chromium brings; its loader serves where the system has none.
  const libraries = [process.env.LD_LIBRARY_PATH, findVulkanLoader()].filter(Boolean).join(':');
  const isGood = run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`], {
    TOKENYARD_CASES: isDeep ? '10000' : (process.env.TOKENYARD_CASES ?? ''),
    ...(libraries === '' ? {} : { LD_LIBRARY_PATH: libraries }),
  });
  const result = readJson(file);
  if (result === null) return report('unit tests', { passed: 0, failed: 1 });
  const failedFiles = result.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0);
  const failed = result.numFailedTests + failedFiles.length;
  for (const each of failedFiles) failures.push(`${shortPath(each.name)}: ${firstLines(each.message)}`);
  for (const each of result.testResults) {
    for (const test of each.assertionResults) {
      if (test.status !== 'failed') continue;
      failures.push(`${shortPath(each.name)} › ${test.fullName}: ${firstLines(test.failureMessages.join('\n'))}`);
    }
  }
  report('unit tests', {
    passed: result.numPassedTests,
    // A run that fails without a failed test (an error outside of tests) still counts.
    failed: failed === 0 && !isGood ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  });
}

const shortPath = (file) => relative(process.cwd(), file);

/** Enough of a message to know the failure by; generated tests say their seed and counterexample in it. */
const firstLines = (message = '') =>
  stripVTControlCharacters(message).split('\n').slice(0, 6).join('\n    ').slice(0, 800);

/** The failed tests of a suite and of those within it. */
function failedSpecs(suite) {
  return [
    ...(suite.specs ?? [])
      .filter((spec) => !spec.ok)
      .map((spec) => {
        const errors = spec.tests.flatMap((test) => test.results.flatMap((result) => result.errors ?? []));
        return `${spec.file}:${spec.line} › ${spec.title}: ${firstLines(errors[0]?.message)}`;
      }),
    ...(suite.suites ?? []).flatMap(failedSpecs),
  ];
}

function browserTests() {
  const file = 'test-results/e2e.json';
  rmSync(file, { force: true });
  if (chromium.path === undefined) {
    process.stdout.write(`${chromium.problem}\n`);
    failures.push(`browser tests: ${chromium.problem}`);
    return report('browser tests', { passed: 0, failed: 1 });
  }
  const isGood = run('playwright', ['test'], {
    TOKENYARD_CHROMIUM: chromium.path,
    ...(isBuilt ? { TOKENYARD_BUILT: '1' } : {}),
    ...(isDeep ? { TOKENYARD_DEEP: '1' } : {}),
  });
  const result = readJson(file);
  if (result === null) return report('browser tests', { passed: 0, failed: 1 });
  const { stats } = result;
  const failed = stats.unexpected;
  failures.push(...result.suites.flatMap(failedSpecs));
  report('browser tests', {
    passed: stats.expected + stats.flaky,
    failed: failed === 0 && !isGood ? 1 : failed,
    skipped: stats.skipped,
  });
}

function firstLoad() {
  const { isGood, text } = firstLoadReport('dist');
  process.stdout.write(text);
  if (!isGood) failures.push('first load');
  report('first load', { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1 });
}

function lookForChromium() {
  try {
    return { path: needChromium() };
  } catch (error) {
    return { problem: error.message };
  }
}

// Before the unit tests, some of which use what comes with it.
const chromium = process.argv.includes('--no-e2e') ? {} : lookForChromium();
const [, , , isBuilt] = await check(
  ['format, lint, import directions', 'biome', ['check', '--error-on-warnings', '.']],
  ['types', 'tsc', ['--noEmit']],
  ['unused code', 'knip', ['--no-progress']],
  ['build', 'vite', ['build', '--logLevel', 'warn']],
);
if (isBuilt) firstLoad();
unitTests();
if (!process.argv.includes('--no-e2e')) browserTests();

if (failures.length > 0) process.stdout.write(`\n=== failed\n${failures.map((each) => `* ${each}`).join('\n')}\n`);
process.stdout.write(`\n${total.skipped} skipped\n${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 ? 0 : 1);
