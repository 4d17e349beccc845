import type { ScalingConfig } from './fleet-config.ts';

/** Decides how many instances are up: as many as the requests in flight ask for, fewer only when that has been so for long. */
export class Scaler {
  readonly config: ScalingConfig;
  /** Instances that are being started. */
  readonly starting = new Set<number>();
  /** Since when fewer would be enough; NaN = they would not. */
  private calmSinceUs = Number.NaN;

  constructor(config: ScalingConfig) {
    this.config = config;
  }

  /**
   * How many there should be, and whether one of the open ones may stop now.
   * @param open those that take requests
   * @param most that there may be
   */
  look(
    nowUs: number,
    inFlight: number,
    open: number,
    most: number,
  ): { readonly wanted: number; readonly stops: boolean } {
    const { least, targetInFlight, calmUs } = this.config;
    const wanted = Math.max(least, Math.min(most, Math.ceil(inFlight / targetInFlight)));
    if (wanted >= open + this.starting.size) this.calmSinceUs = Number.NaN;
    else if (Number.isNaN(this.calmSinceUs)) this.calmSinceUs = nowUs;
    // One that is still being started serves nobody yet.
    const stops = nowUs - this.calmSinceUs >= calmUs && open > wanted;
    if (stops) this.calmSinceUs = nowUs;
    return { wanted, stops };
  }
}
