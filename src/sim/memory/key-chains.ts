/** Keys of requests' blocks in the prefix index, each made when it is first asked for. */

import { type ImageSpan, PLACEHOLDER_SEGMENT, type RequestTable } from '../request.ts';
import { type Link, linkHash } from './hash-chain.ts';
import type { PrefixIndex } from './prefix-index.ts';

/** Keys of a request's first blocks, and where in its prompt the next one starts: segment, and tokens before that segment. */
interface KeyChain {
  readonly keys: number[];
  segment: number;
  before: number;
}

export type KeyChainsState = readonly (readonly [number, KeyChain])[];

const noImages: readonly ImageSpan[] = [];

/** Length that marks a node as "this image overlaps the block"; pieces of tokens are at least 1 long, a salt is 0. */
const IMAGE_PIECE = -1;

export class KeyChains {
  private readonly chains = new Map<number, KeyChain>();
  private readonly requests: RequestTable;
  private readonly index: PrefixIndex;
  private readonly blockSize: number;

  constructor(requests: RequestTable, index: PrefixIndex, blockSize: number) {
    this.requests = requests;
    this.index = index;
    this.blockSize = blockSize;
  }

  /** A request arrives under a number that another one may have had, whose keys are forgotten. */
  begin(request: number): void {
    this.chains.delete(request);
  }

  /** Keys of the first `blocks` blocks, computed as far as they are not known yet. */
  of(request: number, blocks: number): number[] {
    const { requests } = this;
    let cursor = this.chains.get(request);
    if (cursor === undefined) {
      cursor = { keys: [], segment: requests.segmentStart[request], before: 0 };
      this.chains.set(request, cursor);
    }
    const { keys } = cursor;
    const lastSegment = requests.segmentStart[request + 1];
    const images = requests.images.get(request) ?? noImages;
    while (keys.length < blocks) {
      const start = keys.length * this.blockSize;
      const end = start + this.blockSize;
      let parent = keys.length > 0 ? keys[keys.length - 1] : -1;
      const chainFrom = parent;
      if (keys.length === 0 && requests.cacheSalt[request] !== 0) {
        parent = this.follow(parent, chainFrom, -requests.cacheSalt[request], 0, 0);
      }
      for (const { position, tokens, hash } of images) {
        if (position < end && position + tokens > start) {
          parent = this.follow(parent, chainFrom, hash, position - start, IMAGE_PIECE);
        }
      }
      for (let at = start; at < end; ) {
        const isOutput = cursor.segment >= lastSegment;
        const length = isOutput ? Number.POSITIVE_INFINITY : requests.segmentLength[cursor.segment];
        const stop = Math.min(end, cursor.before + length);
        const stream = isOutput ? requests.outputSegment[request] : requests.segmentId[cursor.segment];
        const offset =
          stream === PLACEHOLDER_SEGMENT
            ? 0
            : (isOutput ? 0 : requests.segmentOffset[cursor.segment]) + at - cursor.before;
        parent = this.follow(parent, chainFrom, stream, offset, stop - at);
        at = stop;
        if (stop === cursor.before + length) {
          cursor.before += length;
          cursor.segment++;
        }
      }
      keys.push(parent);
    }
    return keys;
  }

  /** Blocks from the start of a request of another table that are cached, one behind the other: those whose key `isCached`. No key is made. */
  cachedBlocks(
    requests: RequestTable,
    request: number,
    most: number,
    isCached = (key: number): boolean => this.index.first(key) >= 0,
  ): number {
    const { index, blockSize } = this;
    const lastSegment = requests.segmentStart[request + 1];
    const images = requests.images.get(request) ?? noImages;
    let segment = requests.segmentStart[request];
    let before = 0;
    let key = -1;
    for (let block = 0; block < most; block++) {
      const start = block * blockSize;
      const end = start + blockSize;
      if (block === 0 && requests.cacheSalt[request] !== 0) {
        key = index.find(key, -requests.cacheSalt[request], 0, 0);
        if (key < 0) return block;
      }
      for (const { position, tokens, hash } of images) {
        if (position >= end || position + tokens <= start) continue;
        key = index.find(key, hash, position - start, IMAGE_PIECE);
        if (key < 0) return block;
      }
      for (let at = start; at < end; ) {
        if (segment >= lastSegment) return block;
        const stop = Math.min(end, before + requests.segmentLength[segment]);
        const stream = requests.segmentId[segment];
        const offset = stream === PLACEHOLDER_SEGMENT ? 0 : requests.segmentOffset[segment] + at - before;
        key = index.find(key, stream, offset, stop - at);
        if (key < 0) return block;
        at = stop;
        if (stop === before + requests.segmentLength[segment]) {
          before = stop;
          segment++;
        }
      }
      if (!isCached(key)) return block;
    }
    return most;
  }

  /** One piece further along the trie; a node on the way within a block is kept only by the one after it. */
  private follow(parent: number, chainFrom: number, stream: number, offset: number, length: number): number {
    const node = this.index.intern(parent, stream, offset, length);
    if (parent !== chainFrom) this.index.release(parent);
    return node;
  }

  /** Hash and carriers of a request's full blocks. Keys that it did not have before the look are gone after it. */
  look(request: number, blocks: number): readonly Link[] {
    const { index } = this;
    const known = this.chains.get(request);
    const kept = known === undefined ? null : copyChain(known);
    let hash: number | null = null;
    const links = this.of(request, blocks)
      .slice(0, blocks)
      .map((key, i, keys) => {
        hash = linkHash(hash, index.piecesAfter(i === 0 ? -1 : keys[i - 1], key));
        return { hash, blocks: index.blocksOf(key) };
      });
    for (const key of this.chains.get(request)?.keys.slice(kept?.keys.length ?? 0) ?? []) index.release(key);
    if (kept === null) this.chains.delete(request);
    else this.chains.set(request, kept);
    return links;
  }

  /** The request will not ask again: its keys are kept only as long as a block carries them. */
  forget(request: number): void {
    const chain = this.chains.get(request);
    if (chain === undefined) return;
    for (const key of chain.keys) this.index.release(key);
    this.chains.delete(request);
  }

  save(): KeyChainsState {
    return [...this.chains].map(([request, chain]) => [request, copyChain(chain)]);
  }

  restore(state: KeyChainsState): void {
    this.chains.clear();
    for (const [request, chain] of state) this.chains.set(request, copyChain(chain));
  }
}

function copyChain(chain: KeyChain): KeyChain {
  return { keys: chain.keys.slice(), segment: chain.segment, before: chain.before };
}
