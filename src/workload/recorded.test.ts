/**
 * Against the public traces themselves (first parts of them), in the folder that the environment variable
 * TOKENYARD_DATA names. Azure Public Dataset (CC-BY-4.0; Patel et al., Splitwise, ISCA 2024), Mooncake (Apache-2.0;
 * Qin et al., FAST 2025).
 */

import { createReadStream, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeFile } from '../scenario/file.ts';
import { azureChat2023, azureCode2023 } from './azure-2023.ts';
import { createFitted } from './fitted.ts';
import { importTrace } from './import/import.ts';
import { countDispersion, ksDistance } from './test-statistics.ts';
import { idealPrefixHit } from './trace.ts';
import { encodeTraceFile } from './trace-file.ts';
import { traceSource } from './trace-source.ts';

const folder = process.env.TOKENYARD_DATA;

async function load(file: string) {
  const path = `${folder}/traces/${file}`;
  const { size } = statSync(path);
  const result = await importTrace(createReadStream(path), { name: file, totalBytes: size });
  if (!('trace' in result)) throw new Error(JSON.stringify(result));
  return result.trace;
}

describe('import of recorded traces', () => {
  it.skipIf(!folder).each([
    ['AzureLLMInferenceTrace_conv.csv', 10_000, 12_424_297, 2_184_052, 14_050, 1_000, 1_787_309_283],
    ['AzureLLMInferenceTrace_code.csv', 5_000, 10_263_587, 137_118, 7_437, 1_899, 1_630_879_372],
    ['conversation_trace.jsonl', 6_000, 76_643_649, 2_081_764, 123_192, 2_000, 1_872_000_000],
    ['synthetic_trace.jsonl', 2_000, 24_732_716, 382_951, 134_773, 842, 532_806_000],
  ])('%s', async (file, rows, promptTotal, outputTotal, promptMax, outputMax, spanUs) => {
    const trace = await load(file);
    expect(trace).toMatchObject({ rows, promptTotal, outputTotal, promptMax, outputMax, spanUs });
    expect(trace).toMatchObject({ droppedCount: 0, problems: [] });
    const back = decodeFile(new TextDecoder().decode(encodeTraceFile(trace, {})), file);
    expect(back.ok && back.value.trace).toEqual(trace);
  });
  it.skipIf(!folder).each([
    ['conversation_trace.jsonl', 152_537, 99_716, 0.3463],
    ['synthetic_trace.jsonl', 49_580, 33_310, 0.3282],
  ])('%s shares prefixes as published', async (file, blocks, distinct, hit) => {
    const trace = await load(file);
    expect(trace.blocks?.id.length).toBe(blocks);
    expect(trace.blocks?.distinct).toBe(distinct);
    expect(idealPrefixHit(trace)).toBeCloseTo(hit, 4);
  });
  it.skipIf(!folder)('the 3-second clock of the conversations can be smoothed out', async () => {
    const trace = await load('conversation_trace.jsonl');
    const dispersion = (spreadEqualTimes: boolean) =>
      countDispersion(traceSource(trace, { requests: 0, ratePerS: 0, spreadEqualTimes }).requests.arrivalUs, 1);
    expect(dispersion(false)).toBeGreaterThan(5);
    expect(dispersion(true)).toBeLessThan(1);
  });
  it.skipIf(!folder)('a file without arrival times is refused with the columns it has', async () => {
    const file = 'arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv';
    await expect(load(file)).rejects.toThrow(/wrong-columns.*num_prefill_tokens/);
  });
});

describe('generated against recorded', () => {
  // The files hold about half of the traces that the fits were made on; the traces drift, and their halves differ from
  // one another by 0.083 (chat) and 0.03 (code), so a half differs from the whole by half of that, and the fit by 0.03.
  it.skipIf(!folder).each([
    ['chat', azureChat2023, 'AzureLLMInferenceTrace_conv.csv', 0.075],
    ['code', azureCode2023, 'AzureLLMInferenceTrace_code.csv', 0.055],
  ] as const)('lengths of %s', async (_, spec, file, limit) => {
    const trace = await load(file);
    const { requests } = createFitted(spec, { requests: 100_000, ratePerS: 0, seed: 1 });
    expect(ksDistance(requests.promptTokens, trace.promptTokens)).toBeLessThan(limit);
    expect(ksDistance(requests.outputTokens, trace.outputTokens)).toBeLessThan(limit);
    const total = requests.promptTokens.map((n, i) => n + requests.outputTokens[i]);
    expect(
      ksDistance(
        total,
        trace.promptTokens.map((n, i) => n + trace.outputTokens[i]),
      ),
    ).toBeLessThan(limit);
  });
  it.skipIf(!folder)('gaps of chat', async () => {
    const trace = await load('AzureLLMInferenceTrace_conv.csv');
    const generated = createFitted(azureChat2023, { requests: trace.rows, ratePerS: 0, seed: 1 }).requests;
    const gaps = (t: ArrayLike<number>) => Array.from({ length: trace.rows - 1 }, (_, i) => t[i + 1] - t[i]);
    expect(ksDistance(gaps(generated.arrivalUs), gaps(trace.arrivalUs))).toBeLessThan(0.035);
  });
});
