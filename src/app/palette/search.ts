/** Ranks what the palette can find. */

import type { PaletteEntry, PaletteSection } from './entry.ts';
import { match, queryWords } from './match.ts';

/** An entry with what of it fits. */
export interface Found {
  readonly entry: PaletteEntry;
  /** Places of the shown name that fit. */
  readonly places: readonly number[];
  /** The name that fits, where it is not one that is shown anyway; '' = it is. */
  readonly alias: string;
}

export interface FoundSection {
  readonly heading: string;
  readonly found: readonly Found[];
}

/** Entries of a section at most: a list that has to be scrolled is not an answer. */
const mostInSection = 7;
/** Of these, such that cannot be chosen. */
const mostObstructed = 3;
/** The shown name goes before one that fits as well and is not shown. */
const aliasPenalty = 15;
/** A whole name of something to read counts less than the start of a word of something to do. */
const readingPenalty = 750;

interface Ranked extends Found {
  readonly score: number;
  readonly isLoose: boolean;
}

/**
 * What fits a query, the section with the best entry first. What cannot be chosen comes after what can. What has its
 * letters here and there is shown only where nothing has the words as they were typed.
 */
export function search(sections: readonly PaletteSection[], query: string): readonly FoundSection[] {
  const words = queryWords(query);
  const ranked = sections.map(({ heading, entries, isReading }) => ({
    heading,
    penalty: isReading ? readingPenalty : 0,
    found: entries.map((entry) => ranking(entry, words, query)).filter((each) => each !== null),
  }));
  const isLoose = ranked.every(({ found }) => found.every((each) => each.isLoose));
  return ranked
    .map(({ heading, penalty, found }) => {
      const sorted = found.filter((each) => each.isLoose === isLoose).sort((a, b) => b.score - a.score);
      return { heading, score: (sorted[0]?.score ?? 0) - penalty, found: shortened(sorted) };
    })
    .filter(({ found }) => found.length > 0)
    .sort((a, b) => b.score - a.score);
}

function shortened(ranked: readonly Found[]): readonly Found[] {
  const possible = ranked.filter(({ entry }) => entry.obstacle === undefined);
  const obstructed = ranked.filter(({ entry }) => entry.obstacle !== undefined);
  return [...possible, ...obstructed.slice(0, mostObstructed)].slice(0, mostInSection);
}

/** Below everything that can be chosen. */
const obstaclePenalty = 2000;

const isSame = (a: string, b: string) => queryWords(a).join(' ') === queryWords(b).join(' ');

function ranking(entry: PaletteEntry, words: readonly string[], query: string): Ranked | null {
  let best: Ranked | null = null;
  for (const [place, name] of entry.names.entries()) {
    const found = match(words, name);
    if (found === null) continue;
    const score = found.score - (place > 0 ? aliasPenalty : 0) - (entry.obstacle === undefined ? 0 : obstaclePenalty);
    if (best !== null && best.score >= score) continue;
    const isShown = place === 0 || [query, entry.code ?? ''].some((shown) => isSame(name, shown));
    best = {
      entry,
      places: place === 0 ? found.places : [],
      alias: isShown ? '' : name,
      score,
      isLoose: found.isLoose,
    };
  }
  return best;
}

const mostRecent = 5;

/** The menu: what is in it in its order, and in front what was used last. */
export function menu(
  sections: readonly PaletteSection[],
  recent: readonly string[],
  recentHeading: string,
): readonly FoundSection[] {
  const asFound = (entry: PaletteEntry): Found => ({ entry, places: [], alias: '' });
  const byId = new Map(sections.flatMap(({ entries }) => entries.map((entry) => [entry.id, entry])));
  const used = recent.flatMap((id) => byId.get(id) ?? []).filter(({ obstacle }) => obstacle === undefined);
  return [
    { heading: recentHeading, found: used.slice(0, mostRecent).map(asFound) },
    ...sections
      .filter(({ isInMenu }) => isInMenu)
      .map(({ heading, entries }) => ({ heading, found: entries.map(asFound) })),
  ].filter(({ found }) => found.length > 0);
}
