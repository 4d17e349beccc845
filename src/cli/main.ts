/** The command line. Bundled and started by `tools/cli.mjs`. */

import { benchCommand } from './bench.ts';
import { capacityCommand } from './capacity.ts';
import type { Command, Terminal } from './command.ts';
import { compareCommand } from './compare.ts';
import { enginesCommand } from './engines.ts';
import { Failure, meant, quote } from './failure.ts';
import { fitCommand } from './fit.ts';
import { galleryCommand } from './gallery.ts';
import { glossaryCommand } from './glossary.ts';
import { headlinesCommand } from './headlines.ts';
import { layoutsCommand } from './layouts.ts';
import { learnCommand } from './learn.ts';
import { servePolicy } from './policy-thread.ts';
import { predictCommand } from './predict.ts';
import { replayCommand } from './replay.ts';
import { runCommand } from './run.ts';
import { serveShare } from './share-thread.ts';
import { sweepCommand } from './sweep.ts';
import { validateCommand } from './validate.ts';
import { vidurCommand } from './vidur.ts';
import { whyCommand } from './why.ts';

const commands: readonly Command[] = [
  runCommand,
  enginesCommand,
  compareCommand,
  replayCommand,
  validateCommand,
  predictCommand,
  fitCommand,
  whyCommand,
  capacityCommand,
  headlinesCommand,
  galleryCommand,
  glossaryCommand,
  sweepCommand,
  layoutsCommand,
  learnCommand,
  vidurCommand,
  benchCommand,
];

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  note: (text) => process.stderr.write(`${text}\n`),
};

servePolicy();
serveShare();

/** Runs one command and returns the exit code: 0 done, 1 a comparison differs, 2 an error, which is one line on stderr. */
export async function runCommandLine(args: readonly string[], io: Terminal = terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(usage());
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((c) => c.name === name);
  try {
    if (command === undefined) {
      const names = commands.map((each) => each.name);
      throw new Failure(`${quote(name)}: no such command, ${meant(name, names, 'help')}`);
    }
    if (rest.includes('--help') || rest.includes('-h')) {
      io.out(command.help);
      return 0;
    }
    return await command.run(rest, io);
  } catch (error) {
    io.note(`tokenyard: ${messageOf(error, command)}`);
    return 2;
  }
}

function usage(): string {
  const width = Math.max(...commands.map((c) => c.name.length));
  const lines = commands.map((c) => `  ${c.name.padEnd(width)}  ${c.summary}\n`).join('');
  return `Usage: npm run -s cli -- COMMAND [options]\n\n${lines}\nEvery command takes --json (one JSON object on stdout) and --help.\n`;
}

function messageOf(error: unknown, command: Command | undefined): string {
  if (error instanceof Failure) return error.message;
  const unknown = /^Unknown option '(-[^']*)'/.exec(error instanceof Error ? error.message : '');
  if (unknown !== null && command !== undefined) {
    const options = [...new Set(command.help.match(/--[a-z][a-z-]*/g))];
    return `'${unknown[1]}': no such option, ${meant(unknown[1], options, `${command.name} --help`)}`;
  }
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (isUsage) return error.message.split('. ')[0];
  // An error of ours: where it happened helps whoever has to mend it, still in one line.
  const at =
    error instanceof Error ? error.stack?.split('\n').find((line) => line.trim().startsWith('at ')) : undefined;
  return `internal error: ${error instanceof Error ? error.message : String(error)}${at === undefined ? '' : ` (${at.trim()})`}`;
}
