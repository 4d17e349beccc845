/**
 * How well a query fits a name. By hand, because nothing among the libraries here does it, and those made for it rank whole
 * texts by one rule: here words may come in any order, flags are words parted by hyphens, Chinese has no gaps between its
 * words, and the places that fit are shown.
 */

export interface Match {
  /** Higher is better; what it means is told by `fit` alone. */
  readonly score: number;
  /** Places of the name that fit, ascending. */
  readonly places: readonly number[];
  /** Some word of the query fits only with other letters between its own. */
  readonly isLoose: boolean;
}

/** The words of a query. Dashes in front of a flag are not written everywhere, nor are underscores kept. */
export function queryWords(query: string): readonly string[] {
  return plain(query)
    .split(/\s+/)
    .map((word) => word.replace(/^-+/, ''))
    .filter((word) => word !== '');
}

const fit = { whole: 1000, start: 500, wordStart: 300, inside: 100, loose: 40 } as const;

/** Null where some word of the query does not fit. All together in their order count for more than each alone. */
export function match(words: readonly string[], name: string): Match | null {
  const text = plain(name);
  const parts: Match[] = [];
  for (const word of words) {
    const found = matchWord(word, text);
    if (found === null) return null;
    parts.push(found);
  }
  const apart: Match = {
    score: parts.reduce((sum, part) => sum + part.score, 0) / Math.max(1, parts.length),
    places: [...new Set(parts.flatMap((part) => part.places))].sort((a, b) => a - b),
    isLoose: parts.some((part) => part.isLoose),
  };
  const together = words.length > 1 ? literal(words.join(' '), text) : null;
  const best = together !== null && together.score > apart.score ? together : apart;
  // Of two names that fit equally well the shorter one says less beside it.
  return { ...best, score: best.score - Math.min(40, text.length) / 2 };
}

function matchWord(word: string, text: string): Match | null {
  return literal(word, text) ?? (word.length > 1 ? loose(word, text) : null);
}

/** The word as it stands: the whole name, its start, the start of a word, or inside one. */
function literal(word: string, text: string): Match | null {
  let inside = -1;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (isWordStart(text, at)) {
      const score = at > 0 ? fit.wordStart : text.length === word.length ? fit.whole : fit.start;
      return { score, places: run(at, word.length), isLoose: false };
    }
    if (inside < 0) inside = at;
  }
  return inside < 0 ? null : { score: fit.inside, places: run(inside, word.length), isLoose: false };
}

/** The letters in their order with others between them. A leap to the start of a word is free: initials. */
function loose(word: string, text: string): Match | null {
  let best: Match | null = null;
  for (let from = 0; from < text.length; from++) {
    if (text[from] !== word[0] || !isWordStart(text, from)) continue;
    const places = [from];
    let leaps = 0;
    for (const letter of [...word].slice(1)) {
      const last = places[places.length - 1];
      const next = text[last + 1] === letter ? last + 1 : nextPlace(text, letter, last + 1);
      if (next < 0) break;
      if (next > last + 1 && !isWordStart(text, next)) leaps += 1;
      places.push(next);
    }
    const score = fit.loose - 12 * leaps;
    if (places.length === word.length && score > 0 && score > (best?.score ?? 0))
      best = { score, places, isLoose: true };
  }
  return best;
}

/** The next start of a word with the letter, or else the next place that has it. */
function nextPlace(text: string, letter: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === letter && isWordStart(text, at)) return at;
  return text.indexOf(letter, from);
}

const letterOrDigit = /[\p{L}\p{N}]/u;
const ideograph = /\p{Script=Han}/u;

function isWordStart(text: string, at: number): boolean {
  return at === 0 || !letterOrDigit.test(text[at - 1]) || ideograph.test(text[at]) || ideograph.test(text[at - 1]);
}

const run = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** Keeps the length, so that places in it are places in the name. */
function plain(text: string): string {
  const lower = text.toLowerCase();
  return (lower.length === text.length ? lower : text).replaceAll('_', '-');
}
