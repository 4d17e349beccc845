/** A file that is one JSON document, such as a scenario of ours, rather than lines: its text is kept until all of it is there. */

import { TRACE_FILE_FORMAT, TRACE_FILE_START } from '../trace-file.ts';
import { MAX_LINE } from './lines.ts';

/** A document of another kind than ours is read this far only: enough to say what is wrong with it. */
const MAX_OTHER = 1 << 24;

export class JsonDocument {
  /** null as long as too little text has come. */
  is: boolean | null = null;
  /** What has been kept back. */
  text = '';
  private isOther = false;

  /** Returns the text that is certainly not part of a document. */
  push(piece: string): string {
    if (this.is === false) return piece;
    this.text += piece;
    return this.decide(false);
  }

  /** No more text comes. Returns what is left where it is no document. */
  end(): string {
    return this.decide(true);
  }

  /** There is more of it than will be looked at. */
  get isTooLong(): boolean {
    return this.isOther && this.text.length > MAX_OTHER;
  }

  private decide(isWhole: boolean): string {
    if (this.is === null) {
      const start = this.text.trimStart();
      this.is = isDocument(start, isWhole);
      this.isOther = this.is === true && !isOurs(start);
    }
    if (this.is !== false) return '';
    const { text } = this;
    this.text = '';
    return text;
  }
}

/** Whether a text that begins so is a document; null = not known yet. Lines of JSON are values by themselves. */
function isDocument(start: string, isWhole: boolean): boolean | null {
  if (start === '') return isWhole ? false : null;
  if (!/^[{[]/.test(start)) return false;
  if (isOurs(start)) return true;
  const end = start.indexOf('\n');
  if (end < 0 && !isWhole) return start.length > MAX_LINE ? false : null;
  try {
    const value: unknown = JSON.parse(end < 0 ? start : start.slice(0, end));
    return typeof value === 'object' && value !== null && 'format' in value && value.format === TRACE_FILE_FORMAT;
  } catch {
    return true;
  }
}

/** However it is written: ours begin with their format. */
function isOurs(start: string): boolean {
  return start
    .slice(0, 4 * TRACE_FILE_START.length)
    .replace(/\s/g, '')
    .startsWith(TRACE_FILE_START);
}
