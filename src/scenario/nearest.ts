/**
 * Which names somebody may have meant. No library of the project compares words, and the few lines below do it for names
 * made of words, where a missing word is as likely as a wrong letter.
 */

/** So many are named at most. */
const most = 3;
/** More than any number of slips: what a name costs that only has the typed words among others. */
const part = 1000;

/** Names that look like one that is none, likeliest first: mistyped ones, then those that have all of its words. */
export function nearestNames(typed: string, names: readonly string[]): readonly string[] {
  const folded = fold(typed);
  if (folded === '' || names.length === 0) return [];
  const costs = names.map((name) => ({ name, cost: costOf(folded, fold(name)) })).sort((a, b) => a.cost - b.cost);
  // Beside a name that is one slip away nobody means one that is three away.
  const limit = costs[0].cost < part ? costs[0].cost + 1 : Number.MAX_VALUE;
  return costs
    .filter(({ cost }) => cost <= limit)
    .slice(0, most)
    .map(({ name }) => name);
}

/** As flags are written alike: `--max_num_seqs`, `Max-Num-Seqs`. */
function fold(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s_.]+/g, '-')
    .replace(/^-+/, '');
}

/** How far a name is from what was typed; infinite = nobody would confuse them. */
function costOf(typed: string, name: string): number {
  const edits = editDistance(typed, name);
  // One slip in three letters, or one in a very short name.
  if (edits <= Math.max(1, Math.floor(typed.length / 3))) return edits;
  const words = name.split('-');
  const isPart = typed.length >= 3 && typed.split('-').every((each) => words.some((word) => word.startsWith(each)));
  return isPart ? part + name.length : Number.POSITIVE_INFINITY;
}

/** Letters to insert, leave out, replace, or swap with the next one, to get from one word to another. */
function editDistance(a: string, b: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}
