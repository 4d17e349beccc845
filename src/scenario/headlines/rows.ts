import type { HeadlineRow } from './entry.ts';
import { deepSpeedRows } from './rows/deepspeed.ts';
import { distserveRows } from './rows/distserve.ts';
import { effectRows } from './rows/effects.ts';
import { fastGenRows } from './rows/fastgen.ts';
import { mooncakeRows } from './rows/mooncake.ts';
import { orcaRows } from './rows/orca.ts';
import { sarathiRows } from './rows/sarathi.ts';
import { sglangRows } from './rows/sglang.ts';
import { sharedPrefixRows } from './rows/shared-prefix.ts';
import { splitwiseRows } from './rows/splitwise.ts';
import { inFlightRow, tensorRtLlmRows } from './rows/tensorrt-llm.ts';
import { tgiRows } from './rows/tgi.ts';
import { vllmBlogRows } from './rows/vllm-blog.ts';
import { vllmPaperRows } from './rows/vllm-paper.ts';

/** All published numbers that are simulated, in the order of the table. */
export const headlineRows: readonly HeadlineRow[] = [
  ...vllmPaperRows,
  ...sharedPrefixRows,
  ...vllmBlogRows,
  ...orcaRows,
  ...sarathiRows,
  ...distserveRows,
  ...splitwiseRows,
  ...mooncakeRows,
  ...sglangRows,
  ...fastGenRows,
  ...deepSpeedRows,
  ...tensorRtLlmRows,
  inFlightRow,
  ...tgiRows,
  ...effectRows,
];
