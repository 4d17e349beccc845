import { engineRuns } from './engine-runs.ts';
import type { ValidationFormat } from './format.ts';
import { recordedRun } from './recorded-run.ts';
import { servingTable } from './serving-table.ts';

/** In the order in which they are tried. */
export const validationFormats: readonly ValidationFormat[] = [recordedRun, servingTable, engineRuns];
