/** What a visitor's policy may use up, in the browser and on the command line alike. */

/** A call that says nothing for this long is ended. */
export const SILENCE_MS = 1000;
/** All calls of a run, and the simulation around them. */
export const TOTAL_MS = 60_000;
/** A sign of life is given this often. */
export const BEAT_MS = 50;
/** Lines of `console.log` that are kept, and characters of each. */
export const MOST_LOG_LINES = 200;
export const MOST_LOG_CHARACTERS = 300;
/** Heap of the thread on the command line. A browser gives its own limit to the process that the policy runs in. */
export const HEAP_MB = 1024;
/** A heap filled beyond this share is full: short of its limit a thread does little but look for garbage. */
export const HEAP_SHARE = 0.7;
