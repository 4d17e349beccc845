/** What a prefix cache holds, as a tree to look at. Allocates: for single steps, not for the loop. */

/**
 * Stretches of cached content, one row each; parents stand before their children. A stretch holds the tokens that follow on
 * those of its parent, and ends where prompts part or where somebody's use ends.
 */
export interface CachedPieces {
  readonly count: number;
  /** Row of the stretch before it; -1 = prompts begin with it. */
  readonly parent: Int32Array;
  readonly tokens: Int32Array;
  /** Running requests that hold it. */
  readonly users: Int32Array;
  /** Block of its first tokens, as a position in the pool; -1 = that content is lost, so what follows cannot be found. */
  readonly block: Int32Array;
  /** Its place among what nobody holds, in the order in which that is given up, 0 first; -1 = held or lost. */
  readonly order: Int32Array;
  /** Tokens cached under keys that only one request could ask for; they are in no row. */
  readonly privateTokens: number;
}

/** An empty cache, or none. */
export const noPieces: CachedPieces = {
  count: 0,
  parent: new Int32Array(0),
  tokens: new Int32Array(0),
  users: new Int32Array(0),
  block: new Int32Array(0),
  order: new Int32Array(0),
  privateTokens: 0,
};

/** One node of a cache's own tree. */
export interface CachedNode {
  readonly tokens: number;
  readonly users: number;
  /** Number of a block, from 1; 0 = lost. */
  readonly block: number;
  /** Smaller is given up sooner; meaningless where somebody holds it. */
  readonly order: number;
}

/**
 * Reads a tree. `joins`: a node and its only child become one row where equally many hold them, for trees whose nodes are single blocks.
 */
export function collectPieces<N>(
  roots: readonly N[],
  childrenOf: (node: N) => readonly N[],
  read: (node: N) => CachedNode,
  joins: boolean,
  privateTokens = 0,
): CachedPieces {
  const parents: number[] = [];
  const rows: CachedNode[] = [];
  const stack = roots.toReversed().map((node) => ({ node, parent: -1 }));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    let node = top.node;
    let row = read(node);
    let children = childrenOf(node);
    while (joins && children.length === 1) {
      const next = read(children[0]);
      if (next.users !== row.users || (next.block === 0) !== (row.block === 0)) break;
      node = children[0];
      children = childrenOf(node);
      row = { ...row, tokens: row.tokens + next.tokens, order: Math.min(row.order, next.order) };
    }
    const at = rows.length;
    rows.push(row);
    parents.push(top.parent);
    for (const child of children.toReversed()) stack.push({ node: child, parent: at });
  }
  return {
    count: rows.length,
    parent: Int32Array.from(parents),
    tokens: Int32Array.from(rows, (row) => row.tokens),
    users: Int32Array.from(rows, (row) => row.users),
    block: Int32Array.from(rows, (row) => row.block - 1),
    order: ranks(rows),
    privateTokens,
  };
}

function ranks(rows: readonly CachedNode[]): Int32Array {
  const order = new Int32Array(rows.length).fill(-1);
  const unheld = rows.flatMap((row, at) => (row.users === 0 && row.block > 0 ? [at] : []));
  unheld.sort((a, b) => rows[a].order - rows[b].order || a - b);
  unheld.forEach((at, rank) => {
    order[at] = rank;
  });
  return order;
}
