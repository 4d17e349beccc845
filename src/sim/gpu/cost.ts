/** What the cost model is told about one step: its shape, never who is in it. */

/**
 * The shape of a batch. One mutable instance is reused for all steps, so a cost model must not keep it.
 * Everything that takes part in the forward pass is counted, padding included.
 */
export interface BatchShape {
  /** Rows of the activation matrix: all new tokens of the step. */
  tokens: number;
  /** Rows whose logits are computed and sampled. */
  samples: number;
  /** Sequences that compute one token on top of an existing context, and the drafts of its successors if there are any. */
  decodes: number;
  /** Sum over the decodes of the tokens each one attends to, its new tokens included. */
  decodeContextSum: number;
  /** The longest of those contexts. */
  decodeContextMax: number;
  /** Draft tokens that the decodes verify, beyond one token each. */
  drafts: number;
  /** Query-key pairs that those drafts add to attention. */
  draftPairs: number;
  /** Sequences for which a drafter works after this step; the sum of their contexts, and the longest. */
  drafters: number;
  drafterContextSum: number;
  drafterContextMax: number;
  /** Passes of the image encoder and of the audio encoder in this step, in their fixed windows. */
  imageWindows: number;
  audioWindows: number;
  /** Which of several copies of the weights the step reads: 0 = the usual one. */
  copy: number;
  /** Number of prefill chunks; the two columns below hold that many entries. */
  chunkCount: number;
  /** New tokens of each chunk. */
  chunkNew: Int32Array;
  /** Tokens whose KV each chunk finds already computed. */
  chunkCached: Int32Array;
}

/** Turns the shape of a step into time. Pure, deterministic, O(1 + chunks); takes no scheduling decision. */
export interface CostModel {
  /** Duration of the step in whole microseconds, at least 1. */
  stepUs(shape: BatchShape): number;
  /** Useful floating-point operations of the step (multiply-add counts two), for MFU. */
  flops(shape: BatchShape): number;
  /** Bytes that the step has to read from memory at least: the weights once, and the KV that is attended to; for MBU. */
  bytes?(shape: BatchShape): number;
  /** Time of the step in which devices send each other something; left out: they do not. */
  communicationUs?(shape: BatchShape): number;
  /** The stages of a pipeline, through which a step goes one after the other; left out: there is one. */
  readonly stages?: StageTimes;
  /** Where the time of one step goes. Allocates: for looking at single steps, not for the loop. */
  explain(shape: BatchShape): readonly OperatorTime[];
}

/** Times of a pipeline, in whole microseconds. `stepUs` is the sum of all of them: what a step takes that is alone. */
export interface StageTimes {
  readonly count: number;
  /** What the stage computes, and what its own devices send each other meanwhile; at least 1. */
  stageUs(stage: number, shape: BatchShape): number;
  /** From the end of the stage until the next one has its output. */
  sendUs(stage: number, shape: BatchShape): number;
  /** The part of `stageUs` in which the stage's own devices send each other something; need not be whole. */
  communicationUs(stage: number, shape: BatchShape): number;
}

/** The operators the model distinguishes, in the order in which a step runs them. */
export type OperatorName =
  | 'embedding'
  | 'norm-rope'
  | 'qkv'
  | 'query-up'
  | 'kv-expand'
  | 'attention-prefill'
  | 'kv-absorb'
  | 'attention-decode'
  | 'o-proj'
  | 'gate-up'
  | 'activation'
  | 'down'
  | 'router'
  | 'expert-gate-up'
  | 'expert-activation'
  | 'expert-down'
  | 'expert-sum'
  | 'shared-gate-up'
  | 'shared-down'
  | 'lm-head'
  | 'sampling'
  | 'drafting'
  | 'image-encoder'
  | 'audio-encoder'
  | 'all-reduce'
  | 'all-gather'
  | 'all-to-all'
  | 'send'
  | 'kv-copy'
  | 'overhead';

/** What an operator waits for. */
export type Limit = 'compute' | 'bandwidth' | 'latency' | 'link' | 'host';

/** One operator's share of a step, summed over all layers. */
export interface OperatorTime {
  readonly operator: OperatorName;
  readonly us: number;
  readonly limit: Limit;
  /** Operations of products and of attention (multiply-add counts two); elementwise work counts as none. */
  readonly flops: number;
  /** Bytes to and from the device's memory: weights and KV, and the rows that go in and come out. */
  readonly bytes: number;
}

/** Work of a step beside the model's own forward pass: drafts, images, audio. */
export interface StepPart {
  readonly operator: OperatorName;
  /** Microseconds, 0 where the step has none of it. */
  us(shape: BatchShape): number;
  flops(shape: BatchShape): number;
  /** Bytes read from memory at least. */
  bytes(shape: BatchShape): number;
  readonly limit: Limit;
}

/** Empties a shape. */
export function clearShape(shape: BatchShape): void {
  shape.tokens = 0;
  shape.samples = 0;
  shape.decodes = 0;
  shape.decodeContextSum = 0;
  shape.decodeContextMax = 0;
  shape.drafts = 0;
  shape.draftPairs = 0;
  shape.drafters = 0;
  shape.drafterContextSum = 0;
  shape.drafterContextMax = 0;
  shape.imageWindows = 0;
  shape.audioWindows = 0;
  shape.copy = 0;
  shape.chunkCount = 0;
}

/** A step that computes so many tokens of one prompt on top of `cachedTokens`, and its first output token. */
export function fillWithPrompt(shape: BatchShape, newTokens: number, cachedTokens: number): void {
  clearShape(shape);
  shape.tokens = newTokens;
  shape.samples = 1;
  shape.chunkCount = 1;
  shape.chunkNew[0] = newTokens;
  shape.chunkCached[0] = cachedTokens;
}

/** An empty shape with room for `maxChunks` prefill chunks. */
export function createBatchShape(maxChunks: number): BatchShape {
  return {
    tokens: 0,
    samples: 0,
    decodes: 0,
    decodeContextSum: 0,
    decodeContextMax: 0,
    drafts: 0,
    draftPairs: 0,
    drafters: 0,
    drafterContextSum: 0,
    drafterContextMax: 0,
    imageWindows: 0,
    audioWindows: 0,
    copy: 0,
    chunkCount: 0,
    chunkNew: new Int32Array(maxChunks),
    chunkCached: new Int32Array(maxChunks),
  };
}
