/** Active requests as the two schedulers see them. They ask nothing else, so they can be tested on plain numbers. */
export interface RequestView {
  /** Blocks that nobody holds, reusable ones included. */
  readonly freeBlocks: number;
  /** False while a paused request still has a token on its way, or one with images waits for its turn at the encoder. */
  isSchedulable(request: number): boolean;
  /** Its prompt is computed, or scheduled to be. Else it is in its context phase. */
  isGenerating(request: number): boolean;
  /** Nothing of its prompt is scheduled yet: it holds no blocks. */
  isFirstChunk(request: number): boolean;
  /** Blocks it lacks to its last possible token. */
  blocksToCompletion(request: number): number;
  /** Blocks it lacks for its next step, or two. */
  blocksForStep(request: number): number;
  /** Name of the first whole block of its prompt that is not in the tree, with all before it; '' = none. */
  missingBlock(request: number): string;
  /** Tokens of a first chunk that whole blocks of the tree spare it; `onlyHeld`: blocks that somebody holds. */
  reusableTokens(request: number, onlyHeld: boolean): number;
  /** Tokens of its prompt that are not scheduled yet. */
  remaining(request: number): number;
  /** Drafts that it verifies in its next step; of a context, with its last chunk. */
  drafts(request: number): number;
  /** It takes part in a micro-batch that is in flight, and may not be in a second one. */
  isInFlight(request: number): boolean;
  /** Its last possible token is on its way. */
  isToComplete(request: number): boolean;
  /** From here on blocks change hands in thought only. */
  beginTrial(): void;
  /** A started request loses its blocks; returns how many come free. */
  lose(request: number): number;
  /** A first chunk counts on the blocks that it will share. */
  share(request: number): void;
}
