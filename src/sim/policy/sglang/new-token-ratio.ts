/** SGLANG_INIT_NEW_TOKEN_RATIO, SGLANG_MIN_NEW_TOKEN_RATIO_FACTOR, SGLANG_NEW_TOKEN_RATIO_DECAY_STEPS. */
const INITIAL = 0.7;
const LEAST_SHARE = 0.14;
const DECAY_STEPS = 600;

/**
 * SGLang's guess of which share of the output that running requests may still ask for they will really generate
 * (`scheduler.py`, new_token_ratio). It falls with every decode step that goes well and rises when somebody is retracted.
 */
export class NewTokenRatio {
  value: number;
  readonly initial: number;
  readonly least: number;
  private readonly decayed: number;

  constructor(conservativeness: number) {
    this.initial = Math.min(INITIAL * conservativeness, 1);
    this.least = Math.min(this.initial * LEAST_SHARE, 1);
    this.decayed = (this.initial - this.least) / DECAY_STEPS;
    this.value = this.initial;
  }

  /** A decode step found room for everybody. */
  decay(): void {
    this.value = Math.max(this.value - this.decayed, this.least);
  }

  /** Nothing runs. */
  reset(): void {
    this.value = this.initial;
  }
}
