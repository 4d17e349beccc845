/** A lecture: steps of a run that are marked, and how the page is set for whoever opens the link. What the page needs at once; the rest is in `lecture-link.ts`. */

/** A step with what is said about it. */
export interface Bookmark {
  /** Number of the step, from 0. A lecture has one bookmark a step. */
  readonly step: number;
  /** The caption, or the question. */
  readonly text: string;
  /** What is to be predicted before the next step is shown; null = nothing is asked. */
  readonly question: Question | null;
}

export interface Question {
  readonly choices: readonly string[];
  /** Place of the right choice, from 0. */
  readonly answer: number;
  /** One sentence for after the answer; '' = none. */
  readonly because: string;
}

/** How the page is set for a lecture. */
export interface Staging {
  /** Large type, nothing but panels, time and captions. */
  readonly isPresenting: boolean;
  /** Panels that are not shown, and `rail` for the knobs. */
  readonly hidden: readonly string[];
  /** Knobs that cannot be changed; `all` for every one. */
  readonly locked: readonly string[];
}

export const noBookmarks: readonly Bookmark[] = [];
export const plainStaging: Staging = { isPresenting: false, hidden: [], locked: [] };

/** Keys of a link that belong to a lecture. */
export function isLectureKey(key: string): boolean {
  return /^((bm|ask|because)\..*|present|hide|lock)$/.test(key);
}

export function isLocked({ locked }: Staging, knob: string): boolean {
  return locked.includes(knob) || locked.includes('all');
}
