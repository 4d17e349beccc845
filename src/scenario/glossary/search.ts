/** Finds entries of the glossary by name, by another name in either language, by flag, and at last by what is said of them. */

import { engines } from '../engines/engines.ts';
import type { KnobEntry, Text } from '../knob-entry.ts';
import type { AreaId } from './entry.ts';
import { areas, engineId, type GlossaryKnob, glossaryKnobs, knobId } from './glossary.ts';

/** Where an entry stands in the list: an area of terms, or the engines, or the knobs. */
export type SectionId = AreaId | 'engines' | 'knobs';

/** An entry as a line of a list. */
export interface GlossaryRow {
  readonly id: string;
  readonly section: SectionId;
  readonly name: Text;
  /** What tells it from others of that name: the engine of a knob. */
  readonly of?: Text;
  /** What the search looks at, ready to be compared: names and flags, then what is said. */
  readonly keys: readonly string[];
  readonly says: string;
}

/** Words of a knob, in both languages. */
export interface KnobTexts {
  label(entry: KnobEntry): Text;
  help(entry: KnobEntry): Text;
}

/** Every entry, in the order of the list. */
export function glossaryRows(words: KnobTexts): readonly GlossaryRow[] {
  const ofTerms = areas.flatMap((area) =>
    area.terms.map(({ id, name, says, aliases }): GlossaryRow => {
      const keys = [name.en, name.zh, id, ...(aliases?.en ?? []), ...(aliases?.zh ?? [])].map(folded);
      return { id, section: area.id, name, keys, says: folded(`${says.en} ${says.zh}`) };
    }),
  );
  const ofEngines = engines().map(({ id, name, sentence }): GlossaryRow => {
    const keys = [name.en, name.zh, id].map(folded);
    return { id: engineId(id), section: 'engines', name, keys, says: folded(`${sentence.en} ${sentence.zh}`) };
  });
  return [...ofTerms, ...ofEngines, ...glossaryKnobs().map((knob) => knobRow(knob, words))];
}

function knobRow({ entry, engine, flags }: GlossaryKnob, words: KnobTexts): GlossaryRow {
  const name = words.label(entry);
  const help = words.help(entry);
  const keys = [name.en, name.zh, entry.name, ...flags.map(({ flag }) => flag)].map(folded);
  return {
    id: knobId(entry.name),
    section: 'knobs',
    name,
    of: engine?.name,
    keys,
    says: folded(`${help.en} ${help.zh}`),
  };
}

/** The rows that match, best first; all of them, in their order, for an empty query. */
export function searchGlossary(rows: readonly GlossaryRow[], query: string): readonly GlossaryRow[] {
  const whole = folded(query);
  if (whole === '') return rows;
  // What begins like a flag is more likely one than a term of that name.
  const isFlag = query.trimStart().startsWith('-');
  const pieces = query.split(/\s+/).map(folded).filter(Boolean);
  return rows
    .map((row) => ({ row, rank: rankOf(row, whole, pieces) + ((row.section === 'knobs') === isFlag ? 0 : 1) }))
    .filter(({ rank }) => Number.isFinite(rank))
    .sort((a, b) => a.rank - b.rank)
    .map(({ row }) => row);
}

/** How far a row is from what is looked for; 0 = it is called so, infinite = no match. Steps of two leave room for a preference within each. */
function rankOf({ keys, says }: GlossaryRow, whole: string, pieces: readonly string[]): number {
  if (keys.includes(whole)) return 0;
  if (keys.some((key) => key.startsWith(whole))) return 2;
  if (keys.some((key) => key.includes(whole))) return 4;
  if (pieces.every((piece) => keys.some((key) => key.includes(piece)))) return 6;
  if (pieces.every((piece) => says.includes(piece) || keys.some((key) => key.includes(piece)))) return 8;
  return Number.POSITIVE_INFINITY;
}

/** Without case, width, spaces and the signs that flags are written with: `--max-num-seqs`, `max num seqs` and `max_num_seqs` are the same. */
export function folded(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s\-_./–（）()]/g, '');
}
