/** Where a command writes: results to stdout, everything else line by line to stderr. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly note: (line: string) => void;
}

export interface Command {
  readonly name: string;
  /** What it does, for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Returns the exit code. */
  readonly run: (args: string[], io: Terminal) => Promise<number>;
}
