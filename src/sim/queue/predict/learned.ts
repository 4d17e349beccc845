import { exp, ln } from '../../math.ts';
import type { RequestTable } from '../../request.ts';
import type { LengthPredictor } from './predictor.ts';

/** How many finished requests of a group weigh as much as the estimate of the group around it. */
const SHRINKAGE = 4;
/** What is said before anybody has finished. As all requests get it, it orders nobody. */
const FIRST_GUESS = 128;
/** Where the second, third and fourth quarter of an octave begin: 2 to the power of 1/4, 1/2, 3/4. */
const QUARTERS = [1.189207115002721, Math.SQRT2, 1.681792830507429];

/**
 * Learns from the requests that have finished in this run, and from nothing else: the mean of the logarithm of the output
 * length, in groups within groups. All requests; those of a class; of a class and an octave of prompt length; of a class and
 * a quarter of an octave. The estimate of a group is the mean over its n requests and `SHRINKAGE` more that are taken to lie
 * at the estimate of the group around it, so that a new group begins where its parent stands and leaves as it learns:
 *
 *     estimate(group) = (sum of ln(output) + 4 x estimate(parent)) / (n + 4)
 *
 * The prediction is e to the estimate of the smallest group: a geometric mean, near the median of a skewed length.
 *
 * Chosen by the comparison in `learned.test.ts`. Prompt lengths of the Azure chat hour say much about its outputs, but not by a
 * curve: a regression on the logarithm of the prompt learns next to nothing there. Where prompts say nothing (Azure code, the
 * batch job) the groups cost one to two hundredths of error against the plain mean while they are small.
 */
export class LearnedPredictor implements LengthPredictor {
  private readonly requests: RequestTable;
  private readonly count = new Map<number, number>();
  private readonly sum = new Map<number, number>();
  private readonly path = [0, 0, 0, 0];

  constructor(requests: RequestTable) {
    this.requests = requests;
  }

  predict(request: number): number {
    this.findGroups(request);
    let estimate = Number.NaN;
    for (const group of this.path) {
      const n = this.count.get(group) ?? 0;
      const sum = this.sum.get(group) ?? 0;
      if (Number.isNaN(estimate)) estimate = n > 0 ? sum / n : ln(FIRST_GUESS);
      else estimate = (sum + SHRINKAGE * estimate) / (n + SHRINKAGE);
    }
    return Math.max(1, exp(estimate));
  }

  learn(request: number, outputTokens: number): void {
    this.findGroups(request);
    const log = ln(outputTokens);
    for (const group of this.path) {
      this.count.set(group, (this.count.get(group) ?? 0) + 1);
      this.sum.set(group, (this.sum.get(group) ?? 0) + log);
    }
  }

  save(): LearnedState {
    return { groups: [...this.count].map(([group, n]) => [group, n, this.sum.get(group) ?? 0]) };
  }

  restore(state: unknown): void {
    this.count.clear();
    this.sum.clear();
    for (const [group, n, sum] of (state as LearnedState).groups) {
      this.count.set(group, n);
      this.sum.set(group, sum);
    }
  }

  /** Numbers of the groups that a request belongs to, largest first. */
  private findGroups(request: number): void {
    const { path } = this;
    const prompt = Math.max(1, this.requests.promptTokens[request]);
    const klass = this.requests.klass[request];
    const octave = 31 - Math.clz32(prompt);
    const within = prompt / (1 << octave);
    let quarter = 0;
    while (quarter < 3 && within >= QUARTERS[quarter]) quarter++;
    path[0] = 0;
    path[1] = 1000 + klass;
    path[2] = 10_000 + 64 * klass + octave;
    path[3] = 100_000 + 256 * klass + 4 * octave + quarter;
  }
}

interface LearnedState {
  /** Number, requests, sum of logarithms. */
  readonly groups: readonly (readonly [number, number, number])[];
}
