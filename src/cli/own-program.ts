import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The bundle that is running: a thread is the same program, started with a job. `what` needs it. */
export function ownProgram(what: string): string {
  const path = fileURLToPath(import.meta.url);
  // Read once, so that a command that runs from sources says so instead of a thread that does not start.
  if (!path.endsWith('.mjs') || readFileSync(path).length === 0)
    throw new Error(`${what} only from the bundled command line`);
  return path;
}
