import { parseArgs } from 'node:util';
import { knobs as knobMessages } from '../i18n/messages/knobs.ts';
import { engineOf, engines } from '../scenario/engines/engines.ts';
import type { EngineEntry } from '../scenario/engines/entry.ts';
import type { KnobEntry } from '../scenario/knob-entry.ts';
import { phaseKnobs } from '../scenario/phases/knobs.ts';
import { defaultOf, flagOf, helpKey, knobEntry, zeroKey } from '../scenario/registry.ts';
import { expectation, writeValue } from '../scenario/value.ts';
import type { Command } from './command.ts';
import { Failure, meant, quote } from './failure.ts';

/** The engines, a line each, for the help of commands that take one. */
export function engineLines(): string {
  const width = Math.max(...engines().map((entry) => entry.id.length));
  return engines()
    .map((entry) => `  ${entry.id.padEnd(width)}  ${entry.sentence.en}\n`)
    .join('');
}

export const enginesCommand: Command = {
  name: 'engines',
  summary: 'lists the engines, or one with its knobs, its version and what of it is not modelled',
  get help() {
    return `Usage: engines [NAME] [--json]\n\nWithout NAME a line an engine:\n\n${engineLines()}`;
  },
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [name] = positionals;
    const entry = name === undefined ? undefined : engineOf(name);
    if (name !== undefined && entry === undefined) {
      const expected = engines().map((e) => e.id);
      throw new Failure(`NAME: found ${quote(name)}, ${meant(name, expected, 'engines')}`);
    }
    const chosen = entry === undefined ? engines() : [entry];
    if (values.json) io.out(`${JSON.stringify({ engines: await Promise.all(chosen.map(jsonOf)) })}\n`);
    else io.out(entry === undefined ? engineLines() : await textOf(entry));
    return 0;
  },
};

/** The knobs an engine reads: its own, those of its phases, and those it shares with others. */
function knobsOf(entry: EngineEntry): readonly KnobEntry[] {
  const ofPhases = phaseKnobs.filter(({ phase }) => phase !== undefined && entry.phases?.includes(phase));
  return [...entry.reads.map(knobEntry), ...entry.knobs, ...ofPhases];
}

/** Words of the knobs that every scenario names. */
const messages: Readonly<Record<string, string>> = knobMessages.en;

/** What a knob of the engine does, in a sentence, and what 0 means where it is not the number nought. */
async function wordsOf(entry: EngineEntry) {
  const own = await entry.words?.();
  const textOf = (knob: KnobEntry) => knob.text ?? own?.[knob.name];
  return {
    help: (knob: KnobEntry): string => textOf(knob)?.help.en ?? messages[helpKey(knob.name)],
    zero: (knob: KnobEntry): string | undefined => {
      const key = zeroKey(knob.name);
      return textOf(knob)?.zero?.en ?? (key === null ? undefined : messages[key]);
    },
  };
}

async function jsonOf(entry: EngineEntry) {
  const { version, source, notModelled } = await entry.about();
  const words = await wordsOf(entry);
  return {
    id: entry.id,
    name: entry.name.en,
    sentence: entry.sentence.en,
    version,
    source,
    memories: entry.memories,
    notModelled: notModelled.map((text) => text.en),
    knobs: knobsOf(entry).map((knob) => ({
      name: knob.name,
      flag: flagOf(knob, entry.id),
      default: defaultOf(knob, entry.id),
      expected: expectation(knob),
      unit: knob.unit,
      zero: words.zero(knob),
      help: words.help(knob),
    })),
  };
}

async function textOf(entry: EngineEntry): Promise<string> {
  const { version, source, notModelled } = await entry.about();
  const words = await wordsOf(entry);
  const knobs = knobsOf(entry).map((knob) => {
    const head = `  ${knob.name}=${writeValue(defaultOf(knob, entry.id))}`;
    const unit = knob.unit === 'none' ? '' : ` ${knob.unit}`;
    const name = flagOf(knob, entry.id);
    const flag = name === undefined ? '' : `, ${name}`;
    const zero = words.zero(knob) === undefined ? '' : `; 0 = ${words.zero(knob)}`;
    return `${head}  (${expectation(knob)}${unit}${flag}${zero})\n      ${words.help(knob)}\n`;
  });
  return `${entry.name.en}: ${entry.sentence.en}
version modelled: ${version}
rules read in: ${source}

knobs and their defaults:
${knobs.join('')}
not modelled:
${notModelled.map((text) => `  ${text.en}\n`).join('')}`;
}
