/** The same scenarios give the same results in Node, in Chromium and in Firefox, to the last bit of every column. */

import { expect } from '@playwright/test';
import { allFingerprints, type EngineReport } from './engines/fingerprints.ts';
import { findFirefox, openFirefox } from './engines/firefox.ts';
import { startNodeWorker } from './engines/node-worker.ts';
import { startReportServer } from './engines/report-server.ts';
import { scenarios } from './engines/scenarios.ts';
import { pagesPort } from './ports.ts';
import { test } from './test.ts';

const pageReportingTo = (address: string) =>
  `http://localhost:${pagesPort}/engines.html?report=${encodeURIComponent(address)}`;

// What all are compared with is computed once.
test.describe.configure({ mode: 'default' });

let inNode: EngineReport;

test.beforeAll(async () => {
  const worker = startNodeWorker();
  try {
    inNode = await Promise.race([allFingerprints(worker.call), worker.failure]);
  } finally {
    await worker.end();
  }
});

test('every scenario gives results of its own in Node', () => {
  expect(Object.keys(inNode.runs)).toEqual(scenarios.map(({ name }) => name));
  for (const key of ['run', 'columns', 'frames'] as const)
    expect(new Set(Object.values(inNode.runs).map((prints) => prints[key])).size, key).toBe(scenarios.length);
});

test('Chromium gives the results of Node', async ({ page }) => {
  const server = await startReportServer();
  try {
    await page.goto(pageReportingTo(server.address));
    const { found, agent } = await server.report;
    expect(agent).toContain('Chrome/');
    expect(found).toEqual(inNode);
  } finally {
    server.close();
  }
});

test('Firefox gives the results of Node', async () => {
  const executable = findFirefox();
  test.skip(executable === undefined, 'no Firefox on this machine; TOKENYARD_FIREFOX names one');
  if (executable === undefined) return;
  const server = await startReportServer();
  const firefox = openFirefox(executable, pageReportingTo(server.address));
  try {
    const { found, agent } = await Promise.race([server.report, firefox.failure]);
    expect(agent).toContain('Firefox/');
    expect(found).toEqual(inNode);
  } finally {
    await firefox.close();
    server.close();
  }
});
