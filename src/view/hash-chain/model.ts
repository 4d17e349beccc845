/** The chain of block hashes of one request as links. Plain data, no pixels. */

import { type HashChain, LinkState } from '../../sim/memory/hash-chain.ts';

export type LinkStateName = keyof typeof LinkState;
export const linkStates = Object.keys(LinkState) as LinkStateName[];

export interface Link {
  readonly index: number;
  readonly state: LinkStateName;
  /** Six hexadecimal digits; '' where the block has none yet. */
  readonly hash: string;
  /** The parent's; '' for the first block. */
  readonly parent: string;
  /** First and last token of the request that belong in the block. */
  readonly from: number;
  readonly to: number;
  /** Tokens whose KV exists, of all that fit, 0 to 1. */
  readonly fill: number;
  readonly filled: number;
  /** Place in the pool, -1 = none. */
  readonly block: number;
  readonly references: number;
  /** Other block tables that hold the same tokens. */
  readonly others: number;
  /** Place in the order of eviction, 0 = next; -1 = not evictable. */
  readonly order: number;
}

export interface ChainModel {
  readonly request: number;
  readonly links: readonly Link[];
  readonly counts: Readonly<Record<LinkStateName, number>>;
  /** The first block that nobody else holds, behind some that others do; -1 = none. */
  readonly leaves: number;
}

export function chainModel(chain: HashChain): ChainModel {
  const counts = Object.fromEntries(linkStates.map((state) => [state, 0])) as Record<LinkStateName, number>;
  const links = Array.from({ length: chain.count }, (_, index): Link => {
    const state = linkStates.find((name) => LinkState[name] === chain.state[index]) ?? 'missing';
    counts[state]++;
    const from = index * chain.blockSize;
    return {
      index,
      state,
      hash: hashText(chain.hash[index]),
      parent: index === 0 ? '' : hashText(chain.hash[index - 1]),
      from,
      to: from + Math.max(0, chain.tokens[index] - 1),
      fill: chain.filled[index] / chain.blockSize,
      filled: chain.filled[index],
      block: chain.block[index],
      references: chain.references[index],
      others: chain.others[index],
      order: chain.order[index],
    };
  });
  return { request: chain.request, links, counts, leaves: chain.leaves };
}

/** The first six digits of eight: enough to tell the blocks on a screen apart. */
function hashText(hash: number): string {
  return hash === 0 ? '' : hash.toString(16).padStart(8, '0').slice(0, 6);
}
