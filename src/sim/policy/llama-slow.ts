import type { EngineConfig } from '../engine-config.ts';
import type { RequestSpec } from '../request.ts';
import type { LlamaCppSettings } from './llama-cpp.ts';

/** A slot as plain lists of tokens. */
interface SlowSlot {
  tokens: string[];
  request: number;
  state: 'idle' | 'started' | 'prompt' | 'generating';
  lastUsed: number;
}

/** A token of an iteration's batch. */
interface SlowToken {
  readonly slot: number;
  readonly request: number;
  readonly isPrompt: boolean;
  readonly samples: boolean;
}

/** What a view computes: request, tokens, and whether it yields one. */
export type SlowView = readonly (readonly [request: number, tokens: number, samples: boolean])[];

/**
 * llama.cpp's server in the plainest way, for tests: every token is a text, slots and saved prompts are lists of them, an
 * iteration's batch is a list of single tokens. No speculation; first come, first served.
 */
export class SlowLlama {
  readonly slots: SlowSlot[];
  readonly saved: string[][] = [];
  readonly tasks: number[] = [];
  readonly deferred: number[] = [];
  readonly failed: number[] = [];
  readonly ended: number[] = [];
  purges = 0;
  shifts = 0;
  loads = 0;
  private batch: SlowToken[] = [];
  private clock = 0;
  private readonly generated: number[];
  private readonly prompts: readonly (readonly string[])[];
  private readonly specs: readonly RequestSpec[];
  private readonly config: EngineConfig;
  private readonly settings: LlamaCppSettings;
  private readonly context: number;
  private readonly cells: number;

  constructor(specs: readonly RequestSpec[], config: EngineConfig, settings: LlamaCppSettings) {
    this.specs = specs;
    this.config = config;
    this.settings = settings;
    this.cells = config.numBlocks - 1;
    this.context = Math.floor(this.cells / (settings.isUnified ? 1 : config.maxNumSeqs));
    this.generated = specs.map(() => 0);
    this.prompts = specs.map(({ promptTokens, segments }, r) =>
      (segments ?? [{ segment: `own${r}`, offset: 0, length: promptTokens }]).flatMap(({ segment, offset, length }) =>
        Array.from({ length }, (_, i) => `${segment}:${offset + i}`),
      ),
    );
    this.slots = Array.from({ length: config.maxNumSeqs }, () => ({
      tokens: [],
      request: -1,
      state: 'idle' as const,
      lastUsed: -1,
    }));
  }

  /** The next view; empty if there is nothing to do. Its tokens are sampled by `complete`. */
  schedule(): SlowView {
    for (;;) {
      if (this.batch.length === 0) this.updateSlots();
      if (this.batch.length === 0) return [];
      const view = this.decode();
      if (view !== null) return view;
    }
  }

  complete(view: SlowView): void {
    for (const slot of this.slots) {
      const entry = view.find(([request, , samples]) => samples && request === slot.request);
      if (entry === undefined) continue;
      slot.state = 'generating';
      const { outputTokens, maxTokens = outputTokens, promptTokens } = this.specs[slot.request];
      const generated = ++this.generated[slot.request];
      const room = this.settings.shiftsContext ? Number.POSITIVE_INFINITY : this.context - promptTokens;
      if (generated < Math.min(outputTokens, maxTokens, room)) continue;
      this.ended.push(slot.request);
      this.release(slot);
    }
  }

  private updateSlots(): void {
    for (const request of this.tasks.splice(0)) this.launch(request);
    const push = (slot: number, isPrompt: boolean, samples: boolean): void => {
      this.batch.push({ slot, request: this.slots[slot].request, isPrompt, samples });
    };
    this.slots.forEach((slot, at) => {
      if (slot.state !== 'generating') return;
      if (slot.tokens.length + 1 >= this.context && this.settings.shiftsContext) this.shift(slot);
      push(at, false, true);
    });
    if (!this.settings.isContinuous && this.batch.length > 0) return;
    this.slots.forEach((slot, at) => {
      if (slot.state !== 'started' && slot.state !== 'prompt') return;
      if (this.batch.length >= this.config.maxNumBatchedTokens) return;
      const prompt = this.prompts[slot.request];
      if (slot.state === 'started') {
        slot.tokens = this.reused(slot.tokens, prompt);
        slot.state = 'prompt';
      }
      for (let i = slot.tokens.length; i < prompt.length; i++) {
        if (this.batch.length >= this.config.maxNumBatchedTokens) return;
        push(at, true, i === prompt.length - 1);
      }
    });
  }

  /** One view of the batch, or null if everybody has failed. */
  private decode(): SlowView | null {
    let most = this.config.maxNumBatchedTokens;
    for (;;) {
      const view = this.batch.slice(0, most);
      if (this.haveCells(view)) {
        this.batch = this.batch.slice(most);
        for (const token of view) {
          const slot = this.slots[token.slot];
          const { promptTokens, outputSegment = `out${token.request}` } = this.specs[token.request];
          const prompt = this.prompts[token.request];
          const next = slot.tokens.length;
          slot.tokens.push(token.isPrompt ? prompt[next] : `${outputSegment}:${this.generated[token.request] - 1}`);
          if (token.isPrompt && next >= promptTokens) throw new Error('more tokens than the prompt has');
        }
        return summary(view);
      }
      if (most === 1) {
        for (const slot of this.slots) {
          if (slot.state === 'idle') continue;
          this.failed.push(slot.request);
          this.release(slot);
          slot.tokens = [];
        }
        this.batch = [];
        return null;
      }
      const idle = this.settings.isUnified
        ? this.slots.find((slot) => slot.state === 'idle' && slot.tokens.length > 0)
        : undefined;
      if (idle === undefined) most = Math.floor(most / 2);
      else {
        idle.tokens = [];
        this.purges++;
      }
    }
  }

  private haveCells(view: readonly SlowToken[]): boolean {
    if (this.settings.isUnified) {
      return view.length <= this.cells - this.slots.reduce((sum, { tokens }) => sum + tokens.length, 0);
    }
    return this.slots.every(
      ({ tokens }, at) => tokens.length + view.filter(({ slot }) => slot === at).length <= this.context,
    );
  }

  private launch(request: number): void {
    const prompt = this.prompts[request];
    const idle = this.slots.filter(({ state }) => state === 'idle');
    if (idle.length === 0) {
      this.deferred.push(request);
      return;
    }
    const threshold = this.settings.slotPromptSimilarity;
    let chosen: SlowSlot | null = null;
    if (threshold > 0) {
      let best = 0;
      for (const slot of idle) {
        const similarity = common(slot.tokens, prompt) / prompt.length;
        if (similarity > best && similarity > threshold) {
          best = similarity;
          chosen = slot;
        }
      }
    }
    const wasSimilar = chosen !== null;
    for (const slot of idle) {
      if (wasSimilar) break;
      if (chosen === null || slot.lastUsed <= chosen.lastUsed) chosen = slot;
    }
    if (chosen === null) throw new Error('no slot, although one is idle');
    const isLosing = !wasSimilar || common(chosen.tokens, prompt) / chosen.tokens.length < 0.5;
    if (isLosing && this.config.hostBlocks > 0) this.exchange(chosen, prompt);
    chosen.request = request;
    chosen.state = 'started';
  }

  private exchange(slot: SlowSlot, prompt: readonly string[]): void {
    const { saved } = this;
    const { tokens } = slot;
    if (tokens.length > 0 && !saved.some((other) => common(other, tokens) === tokens.length)) {
      for (let i = saved.length - 1; i >= 0; i--) if (common(saved[i], tokens) === saved[i].length) saved.splice(i, 1);
      saved.push(tokens.slice());
    }
    let kept = tokens.length === 0 ? -1 : common(tokens, prompt) / tokens.length;
    let similarity = common(tokens, prompt) / prompt.length;
    let best = -1;
    saved.forEach((other, i) => {
      const ownKept = common(other, prompt) / other.length;
      const ownSimilarity = common(other, prompt) / prompt.length;
      if (ownKept >= 0.25 && ownKept > kept && ownSimilarity > similarity) {
        kept = ownKept;
        similarity = ownSimilarity;
        best = i;
      }
    });
    if (best >= 0) {
      slot.tokens = [];
      const used = this.slots.reduce((sum, other) => sum + other.tokens.length, 0);
      const room = this.settings.isUnified ? this.cells - used : this.context;
      if (saved[best].length <= room) {
        slot.tokens = saved[best];
        saved.splice(best, 1);
        this.loads++;
      }
    }
    while (saved.length > 1 && saved.flat().length > this.config.hostBlocks) saved.shift();
  }

  private reused(tokens: readonly string[], prompt: readonly string[]): string[] {
    if (!this.settings.cachesPrompts) return [];
    let inPrompt = common(tokens, prompt);
    let inCache = inPrompt;
    const least = this.settings.cacheReuse;
    while (least > 0 && inCache < tokens.length && inPrompt < prompt.length) {
      const match = common(tokens.slice(inCache), prompt.slice(inPrompt));
      if (match >= least) {
        inPrompt += match;
        inCache += match;
      } else inCache++;
    }
    return prompt.slice(0, Math.min(inPrompt, prompt.length - 1));
  }

  private shift(slot: SlowSlot): void {
    const { keep } = this.settings;
    const wanted = keep < 0 ? this.prompts[slot.request].length : keep;
    const kept = Math.max(0, Math.min(this.context - 4, wanted));
    const gone = Math.floor((slot.tokens.length - kept) / 2);
    slot.tokens.splice(kept, gone);
    this.shifts++;
  }

  private release(slot: SlowSlot): void {
    slot.state = 'idle';
    slot.request = -1;
    slot.lastUsed = this.clock++;
    const next = this.deferred.shift();
    if (next !== undefined) this.tasks.unshift(next);
  }
}

/** How many tokens two lists have in common from their beginnings. */
function common(a: readonly string[], b: readonly string[]): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  return i;
}

/** Tokens of a view by request, in the order in which they come. */
function summary(view: readonly SlowToken[]): SlowView {
  const entries: [number, number, boolean][] = [];
  for (const { request, samples } of view) {
    const last = entries.at(-1);
    if (last?.[0] === request) {
      last[1]++;
      last[2] ||= samples;
    } else entries.push([request, 1, samples]);
  }
  return entries;
}
