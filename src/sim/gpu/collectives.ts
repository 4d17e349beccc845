/** Time of collective operations over the devices of an instance, within a host and between hosts. */

import type { OperatorName, OperatorTime } from './cost.ts';
import { exchangeUs, type PeerLink } from './peer-link.ts';
import type { Topology } from './topology.ts';

export type Collective = 'all-reduce' | 'all-gather' | 'reduce-scatter' | 'all-to-all' | 'send';

/**
 * Bytes that each rank sends. `bytes` is the whole tensor: after the operation for all-gather, before it for
 * reduce-scatter; what one rank puts in for all-to-all; the message itself for a send. All-reduces are those of a ring or
 * two-shot; one-shot, every rank reads all of every other's: (n - 1) x `bytes`.
 */
export function sentBytes(kind: Collective, ranks: number, bytes: number): number {
  if (ranks < 2) return 0;
  if (kind === 'send') return bytes;
  return ((kind === 'all-reduce' ? 2 : 1) * (ranks - 1) * bytes) / ranks;
}

/** Time of one operation among `ranks` devices of one host. An all-reduce takes the fastest way that the link has. */
export function withinHostUs(link: PeerLink, kind: Collective, ranks: number, bytes: number): number {
  if (ranks < 2) return 0;
  const sent = sentBytes(kind, ranks, bytes);
  const { allReduce, gather, pairs, send, oneShot, twoShot } = link;
  const passes = ranks - 1;
  if (kind === 'all-to-all') return exchangeUs(pairs, 1, sent, bytes);
  if (kind === 'send') return exchangeUs(send, 1, sent, bytes);
  if (kind !== 'all-reduce') return exchangeUs(gather, passes, sent, bytes);
  return Math.min(
    exchangeUs(allReduce, 2 * passes, sent, bytes),
    oneShot === undefined ? Number.POSITIVE_INFINITY : exchangeUs(oneShot, passes, passes * bytes, bytes),
    twoShot === undefined ? Number.POSITIVE_INFINITY : exchangeUs(twoShot, passes, sent, bytes),
  );
}

/**
 * Time of one operation of `ranks` neighbours of which `perHost` share a host.
 *
 * Over several hosts NCCL pipelines in pieces what goes within hosts and what goes over the network, so latencies add up
 * and of the two rates the slower counts. An all-reduce runs up and down two binary trees of hosts, each a chain inside:
 * the network carries what all-reduces of as many ranks as there are hosts send, after twice the depth of a tree. All-gather
 * and reduce-scatter run around one ring through all ranks, whose farthest piece crosses the network once a host. An
 * all-to-all sends everything to its rank directly, all ranks of a host through its one network link.
 *
 * `groups`: so many such operations at once that have devices of their own, on the same hosts: within a host each has its own way, the
 * network of a host carries what all of them send.
 */
export function collectiveUs(
  topology: Topology,
  kind: Collective,
  ranks: number,
  perHost: number,
  bytes: number,
  groups = 1,
): number {
  const { peer, network } = topology;
  if (perHost >= ranks) return withinHostUs(peer, kind, ranks, bytes);
  if (network === null) throw new Error(`${ranks} ranks do not fit into a host of ${perHost}`);
  const hosts = Math.ceil(ranks / perHost);
  const acrossUs = (groups * acrossBytes(kind, ranks, perHost, hosts, bytes)) / (network.bytesPerS * 1e-6);
  const firstUs = withinHostUs(peer, kind, kind === 'send' ? 1 : perHost, 0);
  const withinUs = withinHostUs(peer, kind, kind === 'send' ? 1 : perHost, bytes);
  return crossings(kind, hosts) * network.latencyUs + firstUs + Math.max(withinUs - firstUs, acrossUs);
}

/**
 * Messages of a step as its explanation has them. They wait for the link, or to start, if that is more than half of it.
 * @param startUs the time of the same messages without a byte
 */
export function messageTime(operator: OperatorName, us: number, startUs: number): OperatorTime {
  return { operator, us, limit: 2 * startUs > us ? 'latency' : 'link', flops: 0, bytes: 0 };
}

/** Bytes that a host sends over the network. */
function acrossBytes(kind: Collective, ranks: number, perHost: number, hosts: number, bytes: number): number {
  switch (kind) {
    case 'all-reduce':
      return sentBytes(kind, hosts, bytes);
    case 'all-to-all':
      return (perHost * (ranks - perHost) * bytes) / ranks;
    case 'all-gather':
    case 'reduce-scatter':
    case 'send':
      return sentBytes(kind, ranks, bytes);
  }
}

/** How often the last piece to arrive crosses the network. */
function crossings(kind: Collective, hosts: number): number {
  if (kind === 'send' || kind === 'all-to-all') return 1;
  if (kind !== 'all-reduce') return hosts;
  let depth = 0;
  for (let reached = 1; reached < hosts; reached *= 2) depth++;
  return 2 * depth;
}
