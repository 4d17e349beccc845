import type { RadixNode } from '../../memory/radix-sglang.ts';

/**
 * Requests in the order of a walk through the radix tree: below each node first the children that most requests end in
 * or below, then the node's own requests, in the order they had (`SchedulePolicy._sort_by_dfs_weight`).
 */
export function byDfsWeight(queue: readonly number[], nodeOf: (request: number) => RadixNode): number[] {
  const own = new Map<RadixNode, number[]>();
  const weights = new Map<RadixNode, number>();
  let root: RadixNode | null = null;
  for (const request of queue) {
    const node = nodeOf(request);
    const others = own.get(node);
    if (others === undefined) own.set(node, [request]);
    else others.push(request);
    for (let at: RadixNode | null = node; at !== null; at = at.parent) {
      weights.set(at, (weights.get(at) ?? 0) + 1);
      root = at;
    }
  }
  const order: number[] = [];
  const weigh = (node: RadixNode): number => weights.get(node) ?? 0;
  const walk = (node: RadixNode): void => {
    const children = [...node.children.values()].filter((child) => weigh(child) > 0);
    for (const child of children.sort((a, b) => weigh(b) - weigh(a))) walk(child);
    order.push(...(own.get(node) ?? []));
  };
  if (root !== null) walk(root);
  return order;
}
