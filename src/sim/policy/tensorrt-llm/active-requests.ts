import type { TensorRtMemory } from '../../memory/tensorrt-llm.ts';
import { Status } from '../../request.ts';
import type { Sequences } from '../../sequences.ts';
import { blocksForPrompt, blocksForSteps, blocksToCompletion } from './block-needs.ts';
import type { MediaItems } from './media-items.ts';
import type { RequestView } from './request-view.ts';

/** How the schedulers look at requests. */
export interface ViewOptions {
  /** They count on what the tree holds. */
  readonly isPrefixAware: boolean;
  /** A request may be in one of several micro-batches at a time: then decodes are looked at two steps ahead. */
  readonly hasMicroBatches: boolean;
  /** A step may be scheduled before the tokens of the one before it are known. */
  readonly isOverlapping: boolean;
  /** Tokens that may be computed as one prompt. */
  readonly longestPrompt: number;
  /** Most drafts a step (`max_draft_len`); 0 = no speculation. */
  readonly drafts: number;
}

/** The phases of requests, read off their rows, and how many blocks they want. */
export class ActiveRequests implements RequestView {
  private readonly sequences: Sequences;
  private readonly memory: TensorRtMemory;
  private readonly options: ViewOptions;
  private readonly media: MediaItems | null;
  /** What those that started again after a pause compute as their prompt. */
  private readonly resumed = new Map<number, number>();

  /** `media`: whose images have a turn at the encoder; null = nobody has any. */
  constructor(sequences: Sequences, memory: TensorRtMemory, options: ViewOptions, media: MediaItems | null = null) {
    this.sequences = sequences;
    this.memory = memory;
    this.options = options;
    this.media = media;
  }

  get freeBlocks(): number {
    return this.memory.freeBlocks;
  }

  /** Tokens that are computed in the context phase: the prompt, and after a pause the generated ones too, as far as a prompt may go. */
  promptOf(request: number): number {
    const { sequences } = this;
    if (sequences.status[request] === Status.preempted) {
      return Math.min(this.options.longestPrompt, sequences.known(request));
    }
    return this.resumed.get(request) ?? sequences.requests.promptTokens[request];
  }

  /** A paused request starts again: what it counts as its prompt stays so from now on. */
  resume(request: number): void {
    this.resumed.set(request, this.promptOf(request));
  }

  forget(request: number): void {
    this.resumed.delete(request);
  }

  isSchedulable(request: number): boolean {
    if (this.media !== null && !this.isGenerating(request) && !this.media.mayEncode(request)) return false;
    return this.sequences.tableLength[request] > 0 || this.sequences.inFlight[request] === 0;
  }

  isGenerating(request: number): boolean {
    return this.sequences.computed[request] >= this.promptOf(request);
  }

  isFirstChunk(request: number): boolean {
    return this.sequences.tableLength[request] === 0;
  }

  blocksToCompletion(request: number): number {
    const { sequences, memory } = this;
    const { promptTokens } = sequences.requests;
    // What a pause adds to the prompt it takes from the output.
    return blocksToCompletion(
      memory.blockSize,
      promptTokens[request],
      sequences.outputLimit[request],
      sequences.tableLength[request],
      this.sharedBlocks(request),
    );
  }

  blocksForStep(request: number): number {
    const { sequences, memory } = this;
    if (this.isFirstChunk(request)) {
      return blocksForPrompt(
        memory.blockSize,
        this.promptOf(request),
        this.drafts(request),
        this.sharedBlocks(request),
      );
    }
    if (!this.isGenerating(request)) return 0;
    const places = sequences.computed[request];
    const left = this.longestOf(request) - places;
    return blocksForSteps(memory.blockSize, places, this.options.hasMicroBatches ? 2 : 1, this.drafts(request), left);
  }

  /**
   * The engine attaches drafts before it schedules: always the full number to whoever decodes, none to a new prompt, while a
   * paused request keeps those that it was to verify, as far as a prompt may go. Here none lie behind the last token that could
   * still be of use, so that what is set aside for a request suffices.
   */
  drafts(request: number): number {
    const { drafts, longestPrompt } = this.options;
    if (drafts === 0) return 0;
    const { sequences } = this;
    const useful = this.longestOf(request) - 1;
    if (this.isGenerating(request)) {
      const next = sequences.computed[request] + 1;
      return this.isKnown(request) ? 0 : Math.max(0, Math.min(drafts, useful - next));
    }
    const prompt = this.promptOf(request);
    const isBack = sequences.status[request] === Status.preempted || this.resumed.has(request);
    // A prompt that had to be cut is the longest there may be.
    return isBack ? Math.max(0, Math.min(drafts, longestPrompt - prompt, useful - prompt)) : 0;
  }

  /** The next token of whoever decodes is known already: it was cut off after a pause, and nobody waits for what comes out. */
  isKnown(request: number): boolean {
    const { sequences } = this;
    return sequences.computed[request] + 1 < sequences.known(request) + sequences.placeholders[request];
  }

  missingBlock(request: number): string {
    return this.memory.match(request, this.promptOf(request)).missing;
  }

  reusableTokens(request: number, onlyHeld: boolean): number {
    if (!this.options.isPrefixAware || !this.isFirstChunk(request)) return 0;
    const { blocks, held } = this.memory.match(request, this.promptOf(request));
    return (onlyHeld ? held : blocks) * this.memory.blockSize;
  }

  remaining(request: number): number {
    return this.promptOf(request) - this.sequences.computed[request];
  }

  isInFlight(request: number): boolean {
    return !this.options.isOverlapping && this.sequences.inFlight[request] > 0;
  }

  isToComplete(request: number): boolean {
    const { generated, placeholders, outputLimit } = this.sequences;
    return placeholders[request] > 0 && generated[request] + placeholders[request] >= outputLimit[request];
  }

  beginTrial(): void {
    this.memory.beginTrial();
  }

  lose(request: number): number {
    return this.memory.loseInThought(request);
  }

  share(request: number): void {
    if (this.options.isPrefixAware) this.memory.shareInThought(request, this.promptOf(request));
  }

  save(): readonly (readonly [number, number])[] {
    return [...this.resumed];
  }

  restore(state: readonly (readonly [number, number])[]): void {
    this.resumed.clear();
    for (const [request, prompt] of state) this.resumed.set(request, prompt);
  }

  /** Tokens of a request with its longest answer. */
  private longestOf(request: number): number {
    return this.sequences.requests.promptTokens[request] + this.sequences.outputLimit[request];
  }

  private sharedBlocks(request: number): number {
    if (!this.options.isPrefixAware || !this.isFirstChunk(request)) return 0;
    return this.memory.sharedBlocks(request, this.promptOf(request));
  }
}
