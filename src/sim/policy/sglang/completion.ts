/** IGNORE_EOS_RESERVE_TOKENS: tokens a sequence that stay free. */
const RESERVED = 1;

interface Course {
  /** Tokens that it still generates, as far as is known. */
  readonly left: number;
  /** Tokens that are free when it has ended. */
  readonly occupied: number;
}

/**
 * Foresees when requests end that say how long their output is, to admit no more than can all be finished
 * (`PrefillAdder.add_one_req_ignore_eos`). One is made for each attempt at a prefill.
 */
export class Completion {
  private courses: Course[] | null = null;

  /** Adds a request to those that are foreseen; the first time `others` too: all that run or were admitted before. */
  add(request: Course, others: () => Iterable<Course>): void {
    if (this.courses !== null) {
      if (request.left > 0) this.insert(this.courses, request);
      return;
    }
    this.courses = [request, ...others()].filter(({ left }) => left > 0).sort((a, b) => a.left - b.left);
  }

  /** Whether there are tokens for everybody until the last one has ended, `free` of them now. */
  fits(free: number): boolean {
    const courses = this.courses ?? [];
    let freed = 0;
    for (const [at, { left, occupied }] of courses.entries()) {
      const unfinished = courses.length - at;
      if (free + freed - left * unfinished <= RESERVED * unfinished) return false;
      freed += occupied;
    }
    return true;
  }

  /** Before the first that lasts as long; if there is none, before the last one: so the engine does it. */
  private insert(courses: Course[], request: Course): void {
    const at = courses.findIndex(({ left }) => request.left <= left);
    courses.splice(at >= 0 ? at : Math.max(0, courses.length - 1), 0, request);
  }
}
