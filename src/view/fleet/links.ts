/** KV on its way from replicas that prefill to those that decode, over time, and which of the two holds up the other. */

import { type FleetResult, Part, ReplicaRole } from '../../protocol/fleet.ts';
import { type Span, spread } from '../spans.ts';
import { roleAt, rolesOf } from './roles.ts';

/**
 * Levels of the way between the two, from left to right under those of the replicas: prompts that wait for room where they
 * are to be decoded, those whose KV is being sent, and how much of it flows.
 */
export const linkNames = ['held', 'moving', 'bytesPerS'] as const;
export type LinkName = (typeof linkNames)[number];

/** From which share of the run on a wait is what the fleet is said to suffer from. */
const mostOfTheTime = 0.5;

export interface Links {
  /** Means over the bins of the replicas' series. */
  readonly levels: Readonly<Record<LinkName, Float32Array>>;
  readonly tops: Readonly<Record<LinkName, number>>;
  /** Share of the run in which a prompt waited for room. */
  readonly heldShare: number;
  /** Share of the run in which requests queued before the replicas that prefill. */
  readonly queueShare: number;
  readonly bottleneck: 'prefill' | 'decode' | 'link' | null;
}

/** Null where prefill and decode are not split. */
export function linksOf(result: FleetResult): Links | null {
  const { roles, series } = result;
  if (!roles.includes(ReplicaRole.decode)) return null;
  const { bins, binUs } = series;
  const levels = { held: new Float32Array(bins), moving: new Float32Array(bins), bytesPerS: new Float32Array(bins) };
  const held = heldSpans(result);
  for (const span of held) spread(levels.held, span, 1, binUs);
  const { handovers } = result;
  const spanUs = result.summary.durationUs;
  let movingUs = 0;
  for (let row = 0; row < handovers.count; row++) {
    const span: Span = [handovers.askedUs[row], ended(handovers.endUs[row], spanUs)];
    if (Number.isNaN(span[0])) continue;
    movingUs += span[1] - span[0];
    spread(levels.moving, span, 1, binUs);
    // How far one had come that was given up is not known.
    if (handovers.isGivenUp[row] === 1) continue;
    // At its mean rate: what a transfer shares its links with changes while it flows, and finding each other takes time.
    const us = Math.max(1, span[1] - span[0]);
    spread(levels.bytesPerS, [span[0], span[0] + us], (handovers.bytes[row] / us) * 1e6, binUs);
  }
  const heldShare = unionUs(held) / spanUs;
  const queueShare = queueShareOf(result);
  const top = (name: LinkName, least: number) => levels[name].reduce((most, level) => Math.max(most, level), least);
  return {
    levels,
    tops: { held: top('held', 1), moving: top('moving', 1), bytesPerS: top('bytesPerS', 1) },
    heldShare,
    queueShare,
    bottleneck: bottleneckOf(heldShare, queueShare, movingUs > runningUs(result)),
  };
}

/**
 * A full pool of those that decode fills the one before it, so its word comes first. Where more of those places are held by
 * KV that is still to come than by requests that decode, it is the link that keeps them.
 */
function bottleneckOf(heldShare: number, queueShare: number, isLinkBound: boolean): Links['bottleneck'] {
  if (heldShare >= mostOfTheTime) return isLinkBound ? 'link' : 'decode';
  return queueShare >= mostOfTheTime ? 'prefill' : null;
}

const ended = (us: number, spanUs: number): number => (Number.isNaN(us) ? spanUs : us);

/** From when to when prompts waited for room: past the one step that everybody waits for until an engine looks at its queue. */
function heldSpans({ handovers, stepUs, summary }: FleetResult): readonly Span[] {
  const { readyUs, askedUs, endUs, to } = handovers;
  const spans: Span[] = [];
  for (let row = 0; row < handovers.count; row++) {
    const fromUs = readyUs[row] + (stepUs[to[row]] || 0);
    const toUs = ended(Number.isNaN(askedUs[row]) ? endUs[row] : askedUs[row], summary.durationUs);
    if (toUs > fromUs) spans.push([fromUs, toUs]);
  }
  return spans;
}

/** Time that is in at least one of the spans. */
function unionUs(spans: readonly Span[]): number {
  let us = 0;
  let endUs = 0;
  for (const [fromUs, toUs] of spans.toSorted(([a], [b]) => a - b)) {
    us += Math.max(0, toUs - Math.max(fromUs, endUs));
    endUs = Math.max(endUs, toUs);
  }
  return us;
}

/** Share of the bins in which at least one request more queued before the replicas that prefill than comes in a step. */
function queueShareOf(result: FleetResult): number {
  const { replicas, routes, series, stepUs, summary } = result;
  const roles = Array.from({ length: replicas }, (_, replica) => rolesOf(result, replica));
  let perStep = 0;
  for (let decision = 0; decision < routes.count; decision++)
    if (routes.part[decision] === Part.prefill && routes.replica[decision] >= 0)
      perStep += (stepUs[routes.replica[decision]] || 0) / summary.durationUs;
  let queued = 0;
  for (let bin = 0; bin < series.bins; bin++) {
    let waiting = 0;
    roles.forEach((each, replica) => {
      if (roleAt(each, (bin + 0.5) * series.binUs) === 'prefill')
        waiting += series.waiting[replica * series.bins + bin] || 0;
    });
    if (waiting >= 1 + perStep) queued++;
  }
  return queued / series.bins;
}

/** Time of places in which requests decoded, together. */
function runningUs(result: FleetResult): number {
  const { replicas, series } = result;
  let us = 0;
  for (let replica = 0; replica < replicas; replica++) {
    const roles = rolesOf(result, replica);
    for (let bin = 0; bin < series.bins; bin++)
      if (roleAt(roles, (bin + 0.5) * series.binUs) === 'decode')
        us += (series.running[replica * series.bins + bin] || 0) * series.binUs;
  }
  return us;
}
