// How much work a playing frame is for the page's thread, and whether memory stays flat while it plays.
//   node tools/bench-frames.mjs [--only CASE]... [--frames N] [--minutes N] [--trace FOLDER] [--json]    builds the app first
// The scenario is a real one: 56,410 KV blocks (Llama-3.1-8B on an H200), and more than 500 requests hold a seat in every measured
// frame. The clock of the page is scripted, so that every run shows the same steps; each frame is another step. Times are processor
// time of the page's thread, so other processes do not count; their ratio to a fixed loop in the same page can be compared between
// machines. Chromium has no GPU here: what a canvas costs is all on the processor.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { build, preview } from 'vite';
import { measureMemory } from './bench-frames/memory.mjs';
import { calibrate, play } from './bench-frames/page.mjs';
import { categories, framesOf, loopsOf } from './bench-frames/trace.mjs';
import { needChromium } from './chromium.mjs';

const link = '#/run?v=1&p=azure-chat&rate=40&requests=6000';
const least = { blocks: 55_000, running: 500 };
/** From here to the end of the measured frames more than `least.running` requests hold a seat. */
const firstStep = 800;
/** Simulated seconds a real second. The next frame is always another step: none of the run takes longer than speed / 60 s. */
const speed = 15;
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
/** The target is stated for a machine whose calibration loop takes `loopMs`. */
const target = { ms: 8, loopMs: 15.4 };

/** What is on the screen while it plays. Keys put panels in front; what is pressed stays pressed. */
const cases = {
  'first view': { keys: '347' },
  'behind it': { keys: '098' },
  events: { keys: '34i' },
  'seats, tree': { keys: '347', press: { rows: 'By seat', kv: 'Prefix tree' } },
  'one selected': { keys: '347', press: { rows: 'By request', kv: 'Blocks' }, selects: true },
  phone: { keys: '2', size: 'phone' },
  'A and B': { keys: '347', compares: true },
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    frames: { type: 'string', default: '300' },
    minutes: { type: 'string', default: '10' },
    trace: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const wanted = values.only ?? [...Object.keys(cases), 'memory'];
const say = (text) => values.json || process.stdout.write(`${text}\n`);

/**
 * In the page, before it starts: a sixtieth of a second passes from frame to frame, however long it took; none while the worker is asked,
 * as if it answered within the frame.
 */
function scriptClock() {
  const next = window.requestAnimationFrame.bind(window);
  let frames = 0;
  let lastMs = 0;
  /** The calls of each worker that are not answered. One that is cancelled is not waited for. */
  const asked = new Map();
  window.requestAnimationFrame = (callback) =>
    next((ms) => {
      const isAsked = [...asked.values()].some((calls) => calls.size > 0);
      if (ms !== lastMs && !isAsked) frames += 1;
      lastMs = ms;
      callback((frames * 1000) / 60);
    });
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, transfer) {
    if (!asked.has(this)) {
      asked.set(this, new Set());
      this.addEventListener('message', ({ data }) => {
        if (data.kind === 'answer' || data.kind === 'failure') asked.get(this).delete(data.id);
      });
    }
    if (message.kind === 'cancel') asked.get(this).delete(message.id);
    else asked.get(this).add(message.id);
    return post.call(this, message, transfer);
  };
}

async function arrange(page, { keys, press = {}, selects = false, size = 'wide', compares = false }) {
  await page.setViewportSize(sizes[size]);
  await page.evaluate(
    async ([step]) => {
      window.__tokenyard.session.seekStep(step);
      await window.__tokenyard.idle();
    },
    [firstStep],
  );
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.waitForFunction(() => document.activeElement?.closest('[data-panel]') !== null);
  }
  for (const [panel, text] of Object.entries(press)) {
    await page.locator(`[data-panel=${panel}]`).getByText(text, { exact: true }).click();
  }
  if (selects) await page.locator('[data-panel=rows] canvas').click();
  if (compares) {
    await page.evaluate(async () => {
      const { session, idle } = window.__tokenyard;
      await session.pin();
      session.scenario.getState().set('watermark', 0.02);
      await idle();
    });
    await page.waitForSelector('.app[data-status=done]', { timeout: 120_000 });
  }
  await page.mouse.move(0, 0);
  await page.evaluate(async () => {
    document.activeElement?.blur();
    await window.__tokenyard.idle();
  });
}

async function measureCase(page, name, what) {
  await arrange(page, what);
  // Compiled code and grown buffers first, as after a few seconds of looking.
  await page.evaluate(play, { frames: 60, speed });
  await page.evaluate(
    async ([step]) => {
      window.__tokenyard.session.seekStep(step);
      await window.__tokenyard.idle();
    },
    [firstStep],
  );
  await browser.startTracing(page, { categories });
  await page.evaluate(calibrate);
  const seen = await page.evaluate(play, { frames: Number(values.frames) + 1, speed });
  await page.evaluate(calibrate);
  const trace = await browser.stopTracing();
  if (values.trace !== undefined) {
    mkdirSync(values.trace, { recursive: true });
    writeFileSync(join(values.trace, `${name.replaceAll(/\W+/g, '-')}.json`), trace);
  }
  if (seen.blocks < least.blocks || seen.running < least.running || seen.steps < seen.frames)
    throw new Error(`${name}: not what is to be measured: ${JSON.stringify(seen)}`);
  const { traceEvents } = JSON.parse(trace.toString());
  const figures = figuresOf(framesOf(traceEvents), loopsOf(traceEvents));
  sayCase(name, seen, figures);
  return { seen, ...figures };
}

function figuresOf(frames, loops) {
  // The best, as `bench` has it: the target's loopMs is that too.
  const loopMs = Math.min(...loops);
  const parts = [...new Set(frames.flatMap((frame) => Object.keys(frame.parts)))];
  const named = (frame) => Object.values(frame.parts).reduce((sum, ms) => sum + ms, 0);
  return {
    frames: frames.length,
    loopMs,
    total: spread(frames.map((frame) => frame.total)),
    /** Share of frames within the target. */
    within: frames.filter(({ total }) => (total / loopMs) * target.loopMs <= target.ms).length / frames.length,
    parts: {
      ...Object.fromEntries(parts.map((part) => [part, spread(frames.map((frame) => frame.parts[part] ?? 0))])),
      rest: spread(frames.map((frame) => frame.total - named(frame))),
    },
  };
}

const sorted = (list) => list.toSorted((a, b) => a - b);
const at = (list, share) => list[Math.min(list.length - 1, Math.floor(share * list.length))];

function spread(list) {
  const order = sorted(list);
  const mean = list.reduce((sum, ms) => sum + ms, 0) / list.length;
  return { mean, median: at(order, 0.5), p99: at(order, 0.99), max: order.at(-1) };
}

function sayCase(name, seen, { frames, loopMs, total, within, parts }) {
  const ratio = (ms) => (ms / loopMs).toFixed(3);
  const there = (ms) => ((ms / loopMs) * target.loopMs).toFixed(1);
  const line = (title, { mean, median, p99, max }) =>
    `  ${title.padEnd(16)}${[mean, median, p99, max].map((ms) => ms.toFixed(2).padStart(9)).join('')}`;
  say(
    `${name}: ${frames} frames of ${seen.steps} steps, ${seen.blocks} blocks, ${seen.running} to ${seen.mostRunning} requests running, ${seen.drawsAFrame.toFixed(1)} drawings a frame`,
  );
  say(
    `  ratio to the loop (${loopMs.toFixed(1)} ms): median ${ratio(total.median)}, P99 ${ratio(total.p99)}; ` +
      `where the loop takes ${target.loopMs} ms: ${there(total.median)} and ${there(total.p99)} ms (target ${target.ms}: ${(100 * within).toFixed(0)} % of frames)`,
  );
  say(`  ${'ms'.padEnd(16)}${['mean', 'median', 'P99', 'max'].map((word) => word.padStart(9)).join('')}`);
  say(line('whole', total));
  const byMean = Object.entries(parts).sort(([, a], [, b]) => b.mean - a.mean);
  for (const [part, figures] of byMean) say(line(part, figures));
}

const outDir = mkdtempSync(join(tmpdir(), 'tokenyard-'));
await build({ build: { outDir, emptyOutDir: true }, logLevel: 'warn' });
const server = await preview({ build: { outDir }, preview: { host: 'localhost' }, logLevel: 'warn' });
const browser = await chromium.launch({
  executablePath: needChromium(),
  args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
});
const report = { cases: {}, memory: null };
try {
  const page = await browser.newPage({ viewport: sizes.wide });
  await page.addInitScript(scriptClock);
  await page.goto(`${server.resolvedUrls?.local[0]}${link}`);
  await page.waitForSelector('.app[data-status=done]', { timeout: 120_000 });
  await page.evaluate(() => window.__tokenyard.session.pause());
  for (const [name, what] of Object.entries(cases)) {
    if (wanted.includes(name)) report.cases[name] = await measureCase(page, name, what);
  }
  if (wanted.includes('memory')) report.memory = await measureMemory(page, Number(values.minutes), speed, say);
} finally {
  await browser.close();
  await server.close();
  rmSync(outDir, { recursive: true, force: true });
}
if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
