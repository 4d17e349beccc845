/** A decision taken otherwise than the policy would take it, once, in the next step that it applies to. */
export type Choice =
  /** The head of the queue stays where it is, and the request behind it is tried. */
  | { readonly kind: 'skip-head'; readonly request: number }
  /** The request is not admitted, and nobody behind it is. */
  | { readonly kind: 'deny'; readonly request: number }
  /** Blocks are taken from this running request. */
  | { readonly kind: 'victim'; readonly request: number }
  /** The request computes at most so many tokens. */
  | { readonly kind: 'chunk'; readonly request: number; readonly tokens: number };

/** Where a policy looks for a choice; empty in normal runs. */
export interface Override {
  choice: Choice | null;
}
