import { commonTokens, type TokenSpan } from './token-span.ts';

/** Least share of a saved prompt that a new one must keep, for it to be taken back: larger ones are not thrown away for little. */
const LEAST_KEPT = 0.25;

/** What a slot held when it was given to somebody else. */
export interface SavedPrompt {
  readonly tokens: TokenSpan;
  /** Whose they were. */
  readonly last: number;
}

/**
 * llama.cpp's prompt cache in host memory (`--cache-ram`): whole states of slots, saved when a slot is given to somebody
 * else, taken back when a new prompt begins like one of them. The oldest goes first, but one always stays.
 * Source: `server_prompt_cache` in tools/server/server-task.cpp (master of 2026-05-01).
 */
export class LlamaPromptCache {
  /** Tokens whose KV fits. */
  readonly capacityTokens: number;
  /** Oldest first. */
  private saved: SavedPrompt[] = [];

  constructor(capacityTokens: number) {
    this.capacityTokens = capacityTokens;
  }

  get tokens(): number {
    return this.saved.reduce((sum, { tokens }) => sum + tokens.length, 0);
  }

  get entries(): readonly SavedPrompt[] {
    return this.saved;
  }

  /** Saves a slot's tokens; what they contain is dropped. False, and nothing is copied, if they are part of a saved prompt. */
  store(prompt: SavedPrompt): boolean {
    const { tokens } = prompt;
    if (this.saved.some((other) => commonTokens(other.tokens, tokens) === tokens.length)) return false;
    this.saved = this.saved.filter((other) => commonTokens(other.tokens, tokens) < other.tokens.length);
    this.saved.push(prompt);
    return true;
  }

  /** The saved prompt that keeps more of itself and gives more to the new one than what the slot holds; -1 = none. */
  best(held: TokenSpan, prompt: TokenSpan): number {
    const common = commonTokens(held, prompt);
    let kept = held.length > 0 ? common / held.length : -1;
    let similarity = common / prompt.length;
    let best = -1;
    for (let i = 0; i < this.saved.length; i++) {
      const { tokens } = this.saved[i];
      const own = commonTokens(tokens, prompt);
      const ownKept = own / tokens.length;
      const ownSimilarity = own / prompt.length;
      if (ownKept < LEAST_KEPT || ownKept <= kept || ownSimilarity <= similarity) continue;
      kept = ownKept;
      similarity = ownSimilarity;
      best = i;
    }
    return best;
  }

  /** Takes a saved prompt out. */
  remove(entry: number): void {
    this.saved.splice(entry, 1);
  }

  /** Drops the oldest beyond the capacity. */
  trim(): void {
    while (this.saved.length > 1 && this.tokens > this.capacityTokens) this.saved.shift();
  }

  save(): readonly SavedPrompt[] {
    return this.saved.slice();
  }

  restore(state: readonly SavedPrompt[]): void {
    this.saved = state.slice();
  }
}
