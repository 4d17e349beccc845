/** The life of one request: when it was where, in numbers and as phases of a bar. */

import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import type { Frame } from '../../protocol/frame.ts';
import type { Outcomes, RunResult } from '../../protocol/run.ts';
import { Status } from '../../sim/request.ts';
import type { Format } from '../../ui/use-format.ts';
import { latencyOf } from '../latency/model.ts';

export type PhaseKind = 'queued' | 'prefill' | 'decode';

export interface Phase {
  readonly kind: PhaseKind;
  readonly name: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly label: string;
}

export interface LifeModel {
  readonly request: number;
  readonly rows: readonly { readonly key: string; readonly name: string; readonly value: string }[];
  readonly phases: readonly Phase[];
  readonly startUs: number;
  readonly endUs: number;
  readonly startLabel: string;
  readonly endLabel: string;
  /** Simulated time of the shown step; NaN where there is none. */
  readonly cursorUs: number;
  /** The phases of the same request in the run that is kept beside it; empty without one. */
  readonly pinned: readonly Phase[];
}

/** Null where no request is selected, or the run does not know it. */
export function lifeOf(
  request: number,
  frame: Frame | null,
  result: RunResult | null,
  t: Translate,
  format: Format,
  before: RunResult | null = null,
): LifeModel | null {
  if (result === null || request < 0 || request >= result.outcomes.count) return null;
  const { outcomes } = result;
  const phases = phasesOf(outcomes, request, result.summary.durationUs, t, format);
  const pinned =
    before === null || request >= before.outcomes.count
      ? []
      : phasesOf(before.outcomes, request, before.summary.durationUs, t, format);
  const startUs = Math.min(outcomes.arrivalUs[request], pinned[0]?.fromUs ?? Number.POSITIVE_INFINITY);
  const endUs = Math.max(phases.at(-1)?.toUs ?? startUs, pinned.at(-1)?.toUs ?? startUs);
  return {
    request,
    rows: rowsOf(outcomes, request, frame, t, format),
    phases,
    startUs,
    endUs,
    startLabel: format.clock(startUs),
    endLabel: format.clock(endUs),
    cursorUs: frame?.nowUs ?? Number.NaN,
    pinned,
  };
}

function rowsOf(outcomes: Outcomes, request: number, frame: Frame | null, t: Translate, format: Format) {
  const clock = (us: number) => (Number.isNaN(us) ? '–' : format.clock(us));
  const end = endKeys[outcomes.status[request]];
  const rows: readonly (readonly [MessageKey, string])[] = [
    ['step.life.status', t(frame === null ? end : statusAt(outcomes, request, frame))],
    ['step.life.end', t(end)],
    ['step.life.arrival', clock(outcomes.arrivalUs[request])],
    ['step.life.queued', format.duration(outcomes.firstScheduledUs[request] - outcomes.arrivalUs[request])],
    ['step.life.firstToken', clock(outcomes.firstTokenUs[request])],
    ['step.life.ttft', format.duration(latencyOf('ttft', outcomes, request))],
    ['step.life.tpot', format.duration(latencyOf('tpot', outcomes, request))],
    ['step.life.e2e', format.duration(latencyOf('e2e', outcomes, request))],
    [
      'step.life.tokens',
      `${format.count(outcomes.promptTokens[request])} / ${format.count(outcomes.outputTokens[request])}`,
    ],
    ['step.life.preemptions', format.count(outcomes.preemptions[request])],
  ];
  return rows.map(([key, value]) => ({ key, name: t(key), value }));
}

const endKeys: Readonly<Record<number, MessageKey>> = {
  [Status.future]: 'step.status.future',
  [Status.waiting]: 'step.status.waiting',
  [Status.running]: 'step.status.running',
  [Status.preempted]: 'step.status.preempted',
  [Status.finished]: 'step.status.finished',
  [Status.rejected]: 'step.status.rejected',
  [Status.aborted]: 'step.status.aborted',
  [Status.loading]: 'step.status.waiting',
};

/** Where the request is after the shown step: what the frame says of it, else what its times say. */
export function statusAt(outcomes: Outcomes, request: number, frame: Frame): MessageKey {
  const seat = frame.running.request.indexOf(request);
  if (seat >= 0 && seat < frame.running.count) {
    return frame.running.prefilling[seat] === 1 ? 'step.status.prefilling' : 'step.status.decoding';
  }
  const place = frame.queue.request.indexOf(request);
  if (place >= 0) return frame.queue.preempted[place] === 1 ? 'step.status.preempted' : 'step.status.waiting';
  if (outcomes.arrivalUs[request] > frame.nowUs) return 'step.status.future';
  if (outcomes.finishUs[request] <= frame.nowUs) return 'step.status.finished';
  const end = outcomes.status[request];
  if (end === Status.rejected || end === Status.aborted) return endKeys[end];
  return outcomes.firstScheduledUs[request] <= frame.nowUs ? 'step.status.running' : 'step.status.waiting';
}

/** A phase that never ended lasts to the end of the run. */
function phasesOf(
  outcomes: Outcomes,
  request: number,
  runEndUs: number,
  t: Translate,
  format: Format,
): readonly Phase[] {
  const status = outcomes.status[request];
  if (status === Status.rejected || status === Status.future) return [];
  const borders = [
    outcomes.arrivalUs[request],
    outcomes.firstScheduledUs[request],
    outcomes.firstTokenUs[request],
    outcomes.finishUs[request],
  ];
  const kinds: readonly PhaseKind[] = ['queued', 'prefill', 'decode'];
  return kinds.flatMap((kind, i) => {
    const fromUs = borders[i];
    if (Number.isNaN(fromUs)) return [];
    const toUs = Number.isNaN(borders[i + 1]) ? Math.max(fromUs, runEndUs) : borders[i + 1];
    const name = t(`step.phase.${kind}`);
    return [
      {
        kind,
        name,
        fromUs,
        toUs,
        label: t('step.phase.read', { phase: name, duration: format.duration(toUs - fromUs) }),
      },
    ];
  });
}
