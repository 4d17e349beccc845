/** Waits for what a test page posts. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EngineReport } from './fingerprints.ts';

export interface Report {
  readonly found: EngineReport;
  readonly agent: string;
}

export interface ReportServer {
  readonly address: string;
  /** The first report; rejects with what the page says went wrong. */
  readonly report: Promise<Report>;
  readonly close: () => void;
}

export async function startReportServer(): Promise<ReportServer> {
  const server = createServer();
  const report = new Promise<Report>((resolve, reject) => {
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      response.end();
      if (request.method !== 'POST') return;
      const outcome = JSON.parse(Buffer.concat(chunks).toString());
      if ('error' in outcome) reject(new Error(`${outcome.agent}: ${outcome.error}`));
      else resolve(outcome);
    });
  });
  // Whoever waits hears of it; until then it is no unhandled rejection.
  report.catch(() => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}/`, report, close: () => server.close() };
}
