import type { CachedPieces } from '../../sim/memory/cached-pieces.ts';

/** What a stretch of the tree is good for now. */
export type PieceKind = 'shared' | 'held' | 'evictable' | 'lost';

/** A rectangle of the icicle: tokens to the right, one row a branch downwards. */
export interface TreeBar {
  /** Row of the pieces; -1 = several branches in one, for which there was no room. */
  readonly piece: number;
  /** Tokens before it, and its own. */
  readonly from: number;
  readonly tokens: number;
  readonly top: number;
  readonly rows: number;
  readonly kind: PieceKind;
  readonly users: number;
  /** Branches that it stands for; more than 1 only where `piece` is -1. */
  readonly branches: number;
  /** The first that is given up when room is needed. */
  readonly isNext: boolean;
  /** Place in the order of eviction over the places there are, 0 = soonest; NaN where it has none. */
  readonly age: number;
}

export interface TreeModel {
  readonly bars: readonly TreeBar[];
  readonly rows: number;
  /** Tokens of the longest prefix. */
  readonly depth: number;
  /** Tokens by what they are good for. */
  readonly sums: Readonly<Record<PieceKind, number>>;
  readonly privateTokens: number;
  /** Branches of the whole tree. */
  readonly branches: number;
}

/** The tree in at most `mostRows` rows: where branches have no room of their own they are drawn as one. */
export function treeModel(pieces: CachedPieces, mostRows: number): TreeModel {
  const { count } = pieces;
  const children: number[][] = Array.from({ length: count }, () => []);
  const roots: number[] = [];
  for (let piece = 0; piece < count; piece++) {
    if (pieces.parent[piece] < 0) roots.push(piece);
    else children[pieces.parent[piece]].push(piece);
  }
  const leaves = new Int32Array(count);
  const longest = new Int32Array(count);
  // Parents stand before their children.
  for (let piece = count - 1; piece >= 0; piece--) {
    let ends = 0;
    let deepest = 0;
    for (const child of children[piece]) {
      ends += leaves[child];
      deepest = Math.max(deepest, longest[child]);
    }
    leaves[piece] = Math.max(1, ends);
    longest[piece] = pieces.tokens[piece] + deepest;
  }
  const sums: Record<PieceKind, number> = { shared: 0, held: 0, evictable: 0, lost: 0 };
  for (let piece = 0; piece < count; piece++) sums[kindOf(pieces, piece)] += pieces.tokens[piece];

  const places = pieces.order.reduce((most, order) => Math.max(most, order + 1), 0);
  const bars: TreeBar[] = [];
  const barOf = (piece: number, from: number, top: number, rows: number): TreeBar => ({
    piece,
    from,
    tokens: pieces.tokens[piece],
    top,
    rows,
    kind: kindOf(pieces, piece),
    users: pieces.users[piece],
    branches: 1,
    isNext: pieces.order[piece] === 0,
    age: pieces.order[piece] < 0 ? Number.NaN : pieces.order[piece] / places,
  });
  // The branches that hold most come first, and keep a row of their own when there is not one for each.
  const place = (siblings: readonly number[], from: number, top: number, rows: number): void => {
    const sorted = siblings.toSorted((a, b) => leaves[b] - leaves[a] || longest[b] - longest[a] || a - b);
    const wanted = sorted.reduce((sum, piece) => sum + leaves[piece], 0);
    const single = sorted.length <= rows ? sorted : sorted.slice(0, Math.max(0, rows - 1));
    let spare = rows - single.length - (single.length < sorted.length ? 1 : 0);
    let at = top;
    for (const piece of single) {
      const more = Math.min(spare, leaves[piece] - 1);
      const own = wanted <= rows ? leaves[piece] : 1 + more;
      spare -= more;
      bars.push(barOf(piece, from, at, own));
      if (children[piece].length > 0) place(children[piece], from + pieces.tokens[piece], at, own);
      at += own;
    }
    if (single.length < sorted.length) bars.push(rest(sorted.slice(single.length), from, at));
  };
  const rest = (hidden: readonly number[], from: number, top: number): TreeBar => {
    const users = hidden.reduce((sum, piece) => sum + pieces.users[piece], 0);
    return {
      piece: -1,
      from,
      tokens: hidden.reduce((most, piece) => Math.max(most, longest[piece]), 0),
      top,
      rows: 1,
      kind: users > 0 ? 'held' : 'evictable',
      users,
      branches: hidden.reduce((sum, piece) => sum + leaves[piece], 0),
      isNext: hidden.some((piece) => pieces.order[piece] === 0),
      age: Number.NaN,
    };
  };
  const branches = roots.reduce((sum, piece) => sum + leaves[piece], 0);
  place(roots, 0, 0, Math.min(mostRows, branches));
  return {
    bars,
    rows: Math.min(mostRows, branches),
    depth: roots.reduce((most, piece) => Math.max(most, longest[piece]), 0),
    sums,
    privateTokens: pieces.privateTokens,
    branches,
  };
}

function kindOf(pieces: CachedPieces, piece: number): PieceKind {
  if (pieces.block[piece] < 0) return 'lost';
  if (pieces.users[piece] > 1) return 'shared';
  return pieces.users[piece] === 1 ? 'held' : 'evictable';
}

/** The rows on the way from the root to the last stretch that lies in a block table. */
export function pathOf(pieces: CachedPieces, table: Iterable<number>): ReadonlySet<number> {
  const byBlock = new Map<number, number>();
  for (let piece = 0; piece < pieces.count; piece++) byBlock.set(pieces.block[piece], piece);
  const path = new Set<number>();
  for (const block of table) {
    const piece = byBlock.get(block);
    if (piece === undefined) continue;
    for (let at = piece; at >= 0 && !path.has(at); at = pieces.parent[at]) path.add(at);
  }
  return path;
}
