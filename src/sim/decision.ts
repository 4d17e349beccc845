/** Decisions of the scheduler as integers in columns; the words are made in the view, in the reader's language. */

export const DecisionKind = {
  /** A waiting request joins the batch. `need` = new blocks, `have` = tokens found in the prefix cache. */
  admit: 0,
  /** A preempted request joins the batch again. Numbers as `admit`. */
  resume: 1,
  /** The head of the waiting queue stays where it is; `because` says which rule held it. */
  hold: 2,
  /** A running request loses its KV blocks. `other` = the request that needed them; `need` = blocks wanted, `have` = free. */
  preempt: 3,
  /** A running request gets no token in this step. */
  skip: 4,
  /** A request ends by itself. `need` = tokens generated. */
  finish: 5,
  /** A request is refused at arrival and never queued. `need` = tokens wanted, `have` = tokens possible. */
  reject: 6,
  /** The following steps read another copy of the weights; no request. `need` = waiting, `have` = the threshold, `other` = the precision's number. */
  changePrecision: 7,
  /** Tokens of a request leave the KV cache, though it may go on or has ended. `need` = how many. */
  evict: 8,
  /** The engine ends a request with an error. Numbers as the reason says. */
  fail: 9,
} as const;
export type DecisionKind = (typeof DecisionKind)[keyof typeof DecisionKind];

/** The rule behind a decision. `need` and `have` are in the unit given here. */
export const Because = {
  none: 0,
  /** Tokens: the step's token budget is used up (or, without chunked prefill, too small for the prompt). */
  tokenBudget: 1,
  /** Sequences: every seat is taken. */
  seats: 2,
  /** Blocks: not enough free KV blocks for what this step computes. */
  noBlocks: 3,
  /** Blocks: the whole prompt would not fit, although its first chunk would. */
  fullPrompt: 4,
  /** Blocks: the watermark must stay free at admission. */
  watermark: 5,
  /** Nobody is admitted in a step that preempted somebody. */
  preemptedThisStep: 6,
  /** Requests: a static batch waits until it is full (or until the time-out). */
  batchNotFull: 7,
  /** A static batch is still running; nobody joins it. */
  batchRunning: 8,
  /** Tokens: the request is longer than max_model_len allows. */
  tooLong: 9,
  /** Blocks: the request is larger than the whole KV pool. */
  largerThanPool: 10,
  /** A batch in flight surely ends this request. */
  endsInFlight: 11,
  /** Tokens of this request are still in flight. */
  inFlight: 12,
  /** Tokens: long_prefill_token_threshold cut the chunk. */
  longPrefill: 13,
  /** It reached its output limit. */
  length: 14,
  /** It produced an end token. */
  stop: 15,
  /** Tokens: its KV is on its way from another instance. */
  remoteKv: 16,
  /** Blocks: a load fits, but not beside what prefills in flight still need. */
  reserved: 17,
  /** Embeddings: an image's place in the encoder's budget or cache. */
  encoder: 18,
  /** This step spares prefills: ranks that step together prefill together. */
  prefillThrottle: 19,
  /** The pipeline's cadence: its last token has not left the last stage. */
  decodeCadence: 20,
  /** Tokens: a step that only verifies drafts takes it only with as many tokens as the others. */
  padding: 21,
  /** Steps of prompts that were begun, of new prompts and of decodes take turns, and it is the turn of others. */
  notItsTurn: 22,
  // SGLang. Numbers are names: none is ever used for another rule.
  /** Tokens: what it computes and may generate does not fit beside what running requests are expected to want. */
  tokensReserved: 40,
  /** The batch was found full for want of tokens, and nobody is offered a place until it has shrunk. */
  latchedTokens: 41,
  /** Likewise for want of seats. */
  latchedSeats: 42,
  /** Tokens: the budget of prompt tokens of a step, whole prompts or chunks. */
  inputBudget: 43,
  /** Requests: no more prompts in one step. */
  prefillRequests: 44,
  /** Blocks: the next decode step of the whole batch does not fit. */
  decodeRoom: 45,
  /** Blocks: a more important request took its place. */
  moreImportant: 46,
  /** Blocks: all that the request may ever need is set aside when it starts, and so much is not left. */
  wholeOutput: 23,
  /** Another request computes the block that it would compute first: it waits to reuse it. */
  awaitsReuse: 24,
  /** Tokens: without chunked prefill a prompt must fit into one step. */
  promptOverBudget: 25,
  /** Sequences: one forward takes no more of them, whatever the seats (FastGen's max_ragged_sequence_count). */
  forwardRows: 50,
  /** Requests: as many as the server takes at once are in it. */
  tooManyRequests: 30,
  /** Requests: too few wait to make the decodes stand still for them. */
  tooFewWaiting: 32,
  /** Tokens: the batch would hold more, padding included, than it may. */
  batchTokens: 33,
  /** Requests: so many wait that steps should get shorter. */
  load: 61,
  /** Requests: few enough wait. */
  calm: 62,
  /** Tokens: longer than what the KV workspace has for a row (DeepSpeed's max_out_tokens). */
  workspace: 51,
  /** Tokens: the context of the slot is full, and half of what may go goes (llama.cpp's context shift). */
  contextShift: 52,
  /** Cells: none is left for the batch, so what an idle slot keeps is thrown away. */
  cellsFull: 53,
  /** Cells: not even one token finds one, and no idle slot keeps any ("context size exceeded"). */
  contextExceeded: 54,
  /** Running requests were evicted for want of blocks: nobody joins until one has finished. */
  awaitsFinish: 70,
  /** A step computes prompts alone, and decodes stand still. */
  standsStill: 71,
} as const;
export type Because = (typeof Because)[keyof typeof Because];

/** What kept a step from doing more. */
export const Bound = {
  /** Nothing was left to do: every known request got what it wanted. */
  nothingLeft: 0,
  tokenBudget: 1,
  seats: 2,
  blocks: 3,
  /** A static batch: nobody may join. */
  batch: 4,
} as const;
export type Bound = (typeof Bound)[keyof typeof Bound];
