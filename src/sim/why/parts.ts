import { Because, Bound } from '../decision.ts';

/**
 * What a request's time from arrival to finish is made of. While a request waits for the first time, its wait is put
 * down to the rule that held the head of the queue; the parts are disjoint and leave nothing out.
 */
export const Part = {
  /** The scheduler had not looked yet, or the request was scheduled and the GPU still ran the batch before. */
  queueInFlight: 0,
  queueTokenBudget: 1,
  queueSeats: 2,
  queueBlocks: 3,
  queueFullPrompt: 4,
  queueWatermark: 5,
  queuePreemptedThisStep: 6,
  /** A static batch waits until it is full. */
  queueBatchNotFull: 7,
  /** A static batch runs, and nobody joins it. */
  queueBatchRunning: 8,
  /** Prompts and decodes take turns, or a step spares prefills. */
  queueNotItsTurn: 9,
  /** An image had no place in the encoder's budget or cache. */
  queueEncoder: 10,
  /** Nobody was held by a rule: the request waits behind one whose tokens are still in flight. */
  queueOther: 11,
  /** Batches that compute its prompt. */
  prefill: 12,
  /** Batches that give it its next token. */
  decode: 13,
  /** Waiting again after a preemption. */
  preempted: 14,
  /** Batches that compute again what a preemption has thrown away. */
  recompute: 15,
  /** It holds a seat, but the batches that ran had no token for it. */
  passedOver: 16,
  /** Its KV is on its way from another instance, or its batch waits for blocks or weights between device and host. */
  transfer: 17,
} as const;
export type Part = (typeof Part)[keyof typeof Part];
export type PartName = keyof typeof Part;

export const partNames = Object.keys(Part) as readonly PartName[];
/** Parts below this number are waiting in the queue for the first time. */
export const QUEUE_PARTS = 12;

/** The part that waiting behind a head held by this rule belongs to. */
export function queuePart(because: Because): Part {
  switch (because) {
    case Because.tokenBudget:
    case Because.padding:
    case Because.inputBudget:
    case Because.prefillRequests:
      return Part.queueTokenBudget;
    case Because.seats:
    case Because.latchedSeats:
    case Because.forwardRows:
      return Part.queueSeats;
    case Because.noBlocks:
    case Because.reserved:
    case Because.tokensReserved:
    case Because.latchedTokens:
    case Because.wholeOutput:
    case Because.batchTokens:
    case Because.awaitsFinish:
      return Part.queueBlocks;
    case Because.fullPrompt:
      return Part.queueFullPrompt;
    case Because.watermark:
      return Part.queueWatermark;
    case Because.preemptedThisStep:
      return Part.queuePreemptedThisStep;
    case Because.batchNotFull:
      return Part.queueBatchNotFull;
    case Because.batchRunning:
      return Part.queueBatchRunning;
    case Because.notItsTurn:
    case Because.prefillThrottle:
    case Because.tooFewWaiting:
      return Part.queueNotItsTurn;
    case Because.encoder:
      return Part.queueEncoder;
    default:
      return Part.queueOther;
  }
}

/** The rule behind a step's bound, where the step held nobody by name. */
export function ruleOfBound(bound: Bound): Because {
  switch (bound) {
    case Bound.tokenBudget:
      return Because.tokenBudget;
    case Bound.seats:
      return Because.seats;
    case Bound.blocks:
      return Because.noBlocks;
    case Bound.batch:
      return Because.batchRunning;
    default:
      return Because.none;
  }
}
