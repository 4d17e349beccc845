/** A line longer than this is no line of a trace. */
export const MAX_LINE = 1 << 22;

/** Cuts text that comes in pieces into lines: LF or CRLF, with or without a newline at the end. */
export class LineSplitter {
  /** Number of the line handed out last, from 1. */
  line = 0;
  private rest = '';
  private isSkipping = false;
  private readonly onLine: (text: string, line: number) => void;
  private readonly onTooLong: (line: number, start: string) => void;

  constructor(onLine: (text: string, line: number) => void, onTooLong: (line: number, start: string) => void) {
    this.onLine = onLine;
    this.onTooLong = onTooLong;
  }

  push(piece: string): void {
    let from = 0;
    for (;;) {
      const to = piece.indexOf('\n', from);
      if (to < 0) break;
      this.handOut(this.rest + piece.slice(from, to));
      this.rest = '';
      from = to + 1;
    }
    if (this.isSkipping) return;
    this.rest += piece.slice(from);
    if (this.rest.length > MAX_LINE) {
      const start = this.rest.slice(0, 100);
      this.rest = '';
      this.isSkipping = true;
      this.onTooLong(this.line + 1, start);
    }
  }

  /** The last line, if the text does not end in a newline. */
  end(): void {
    if (this.rest !== '' || this.isSkipping) this.handOut(this.rest);
    this.rest = '';
  }

  private handOut(text: string): void {
    this.line++;
    if (this.isSkipping) {
      this.isSkipping = false;
      return;
    }
    this.onLine(text.endsWith('\r') ? text.slice(0, -1) : text, this.line);
  }
}
