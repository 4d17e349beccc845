import type { Obstacle } from '../decision-log.ts';

/** A decision taken otherwise than the policy would take it, once. */
export type Choice =
  /** The request joins the step before everybody else who waits, whatever rule holds it. */
  | { readonly kind: 'admit'; readonly request: number }
  /** The request is passed over in the step that it would have joined; those behind it are tried. */
  | { readonly kind: 'hold'; readonly request: number }
  /** The request keeps its blocks: they are taken from whoever is next by the engine's own rule. */
  | { readonly kind: 'spare'; readonly request: number }
  /** The request computes at most so many tokens of its prompt. */
  | { readonly kind: 'chunk'; readonly request: number; readonly tokens: number }
  /** The batch that the request waits in starts at once, with those who are there. */
  | { readonly kind: 'start'; readonly request: number }
  /** The batch that starts with the request waits for the next one that comes. */
  | { readonly kind: 'wait'; readonly request: number };

/** Where a policy looks for a choice; empty in normal runs. */
export class Override {
  private choice: Choice | null = null;
  private hasTaken = false;
  private reason: Obstacle | null = null;

  /** To be taken in the next step; null = nothing is. */
  put(choice: Choice | null): void {
    this.choice = choice;
    this.hasTaken = false;
    this.reason = null;
  }

  /** Whether the choice came up, and was taken. */
  get isTaken(): boolean {
    return this.hasTaken;
  }

  /** Why it could not be taken; null = it could, or the policy never came to it. */
  get obstacle(): Obstacle | null {
    return this.hasTaken ? null : this.reason;
  }

  /** The request about which that is to be decided; -1 = none, as in every normal run. */
  asks(kind: Choice['kind']): number {
    return this.choice !== null && this.choice.kind === kind ? this.choice.request : -1;
  }

  /** The tokens of a chunk, or fewer if that was chosen. A part that is not the prompt's last is a multiple of `unit`. */
  cap(request: number, tokens: number, unit = 1): number {
    const { choice } = this;
    if (choice === null || choice.kind !== 'chunk' || choice.request !== request) return tokens;
    const wanted = choice.tokens - (choice.tokens % unit);
    if (wanted <= 0 || wanted >= tokens) return tokens;
    this.take();
    return wanted;
  }

  /** The policy has decided so. */
  take(): void {
    this.choice = null;
    this.hasTaken = true;
  }

  /** The policy has decided so, and does again for as long as the step is scheduled. */
  heed(): void {
    this.hasTaken = true;
  }

  /** The policy cannot decide so. */
  refuse({ because, need, have }: Obstacle): void {
    this.choice = null;
    this.hasTaken = false;
    this.reason = { because, need, have };
  }
}
