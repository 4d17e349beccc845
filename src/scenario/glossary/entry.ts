/** The form of the glossary: one entry a term of the field. Knobs and engines bring their own words along and are listed beside the terms (`glossary.ts`). */

import type { Text } from '../knob-entry.ts';
import type { PresetId } from '../presets.ts';

/** The parts of S = (Q, M, G, P, σ), S itself, and what is measured, on which hardware, under which load, and by which simulation. */
export type AreaId = 'S' | 'Q' | 'M' | 'G' | 'P' | 'σ' | 'metrics' | 'hardware' | 'workload' | 'simulation';

/** Where the page shows a term: a preset, a card of the gallery, a panel, or a dialog. */
export type Sight = `preset:${PresetId}` | `card:${string}` | `panel:${string}` | `dialog:${string}`;

export interface Term {
  /** Name in links: `#/glossary/<id>`. */
  readonly id: string;
  readonly name: Text;
  /** One or two sentences that a student understands. */
  readonly says: Text;
  readonly formula?: Text;
  readonly unit?: Text;
  /** Other names, which the search finds. Those in Chinese are usages that no text of the project has: one thing, one name. */
  readonly aliases?: { readonly en?: readonly string[]; readonly zh?: readonly string[] };
  /** Ids of terms to read next; the other way round follows (`relatedTo`). */
  readonly related?: readonly string[];
  /** Names of the knobs that set or change it. */
  readonly knobs?: readonly string[];
  readonly see?: readonly Sight[];
}
