import { EvictionHeap } from '../../memory/eviction-heap.ts';
import { commonTokens, headKey, sliceSpan, spanOf, type TokenSpan } from '../../memory/token-span.ts';

/** Tokens after the parent's, and the instances that were sent prompts with them: when last, in sends. */
interface Node {
  key: TokenSpan;
  parent: Node | null;
  readonly children: Map<string, Node>;
  readonly usedBy: Map<number, number>;
}

/**
 * What a router remembers of the prompts it sent: one radix tree for all instances, and at each node who was sent its
 * tokens. After SGLang's `tree.rs` (sgl-model-gateway), over tokens instead of characters. Whoever has a node has all above it.
 */
export class PrefixTree {
  private readonly root: Node = createNode(spanOf([]), null);
  /** Tokens in the nodes of each instance. */
  private readonly tokens: Float64Array;
  private sends = 0;

  constructor(instances: number) {
    this.tokens = new Float64Array(instances);
  }

  /** Tokens that are remembered of an instance. */
  tokensOf(instance: number): number {
    return this.tokens[instance];
  }

  /**
   * How many of a prompt's first tokens each instance was sent before.
   * @param lastUse when these were sent last, for those who were sent any
   */
  match(prompt: TokenSpan, matched: Float64Array, lastUse: Float64Array): void {
    matched.fill(0);
    lastUse.fill(-1);
    let node = this.root;
    let rest = prompt;
    let depth = 0;
    while (rest.length > 0) {
      const child = node.children.get(headKey(rest, 1));
      if (child === undefined) return;
      const common = commonTokens(child.key, rest);
      depth += common;
      for (const [instance, send] of child.usedBy) {
        matched[instance] = depth;
        lastUse[instance] = send;
      }
      if (common < child.key.length) return;
      node = child;
      rest = sliceSpan(rest, common);
    }
  }

  /** A prompt goes to an instance. */
  insert(prompt: TokenSpan, instance: number): void {
    const send = this.sends++;
    let node = this.root;
    let rest = prompt;
    while (rest.length > 0) {
      const head = headKey(rest, 1);
      let child = node.children.get(head);
      if (child === undefined) {
        child = createNode(rest, node);
        node.children.set(head, child);
      }
      const common = commonTokens(child.key, rest);
      if (common < child.key.length) child = split(child, common);
      if (!child.usedBy.has(instance)) this.tokens[instance] += child.key.length;
      child.usedBy.set(instance, send);
      node = child;
      rest = sliceSpan(rest, common);
    }
  }

  /** Forgets what each instance was sent longest ago, node by node from the ends, as far as it has more than `most` tokens. */
  evict(most: number): void {
    this.tokens.forEach((tokens, instance) => {
      if (tokens > most) this.evictFrom(instance, most);
    });
  }

  /** Forgets all that an instance was sent. */
  remove(instance: number): void {
    for (const node of this.nodesOf(instance).reverse()) this.leave(node, instance);
  }

  private evictFrom(instance: number, most: number): void {
    const isLeaf = (node: Node) => {
      for (const child of node.children.values()) if (child.usedBy.has(instance)) return false;
      return true;
    };
    const leafOf = (node: Node) => ({ node, send: node.usedBy.get(instance) ?? 0 });
    const leaves = new EvictionHeap(this.nodesOf(instance).filter(isLeaf).map(leafOf), (a, b) => a.send < b.send);
    while (this.tokens[instance] > most) {
      const leaf = leaves.pop();
      if (leaf === undefined) return;
      const { parent } = leaf.node;
      this.leave(leaf.node, instance);
      if (parent !== null && parent !== this.root && isLeaf(parent)) leaves.push(leafOf(parent));
    }
  }

  /** The nodes of an instance, each before those below it. */
  private nodesOf(instance: number): Node[] {
    const nodes: Node[] = [];
    const walk = (node: Node): void => {
      for (const child of node.children.values()) {
        if (!child.usedBy.has(instance)) continue;
        nodes.push(child);
        walk(child);
      }
    };
    walk(this.root);
    return nodes;
  }

  private leave(node: Node, instance: number): void {
    node.usedBy.delete(instance);
    this.tokens[instance] -= node.key.length;
    if (node.usedBy.size === 0) node.parent?.children.delete(headKey(node.key, 1));
  }
}

/** Cuts a node behind its first `at` tokens; the upper part is new. */
function split(node: Node, at: number): Node {
  const { parent, key } = node;
  const upper = createNode(sliceSpan(key, 0, at), parent);
  for (const [instance, send] of node.usedBy) upper.usedBy.set(instance, send);
  parent?.children.set(headKey(key, 1), upper);
  node.parent = upper;
  node.key = sliceSpan(key, at);
  upper.children.set(headKey(node.key, 1), node);
  return upper;
}

function createNode(key: TokenSpan, parent: Node | null): Node {
  return { key, parent, children: new Map(), usedBy: new Map() };
}
