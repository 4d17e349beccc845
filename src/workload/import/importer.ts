import type { RowCollector } from './rows.ts';

/** Reads one format. It is made for the first non-empty line and fed with all others; it puts rows into a collector. */
export interface Importer {
  line(text: string, line: number, rows: RowCollector): void;
}
