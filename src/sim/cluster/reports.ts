/** What an engine reports of itself. */
export interface Load {
  readonly waiting: number;
  readonly running: number;
  readonly kvUse: number;
}

const nothing: Load = { waiting: 0, running: 0, kvUse: 0 };

/** Numbers that engines report every so often: between two reports routers see those of the last one. */
export class Reports {
  private readonly everyUs: number;
  private readonly loads: Load[];
  private lastUs = -1;

  constructor(everyUs: number, count: number) {
    this.everyUs = everyUs;
    this.loads = new Array(count).fill(nothing);
  }

  of(instance: number): Load {
    return this.loads[instance];
  }

  /** The last report that an event at `eventUs` may see, if it is not there yet; else Infinity. */
  dueUs(eventUs: number): number {
    if (eventUs === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const dueUs = Math.floor(eventUs / this.everyUs) * this.everyUs;
    return dueUs > this.lastUs ? dueUs : Number.POSITIVE_INFINITY;
  }

  /** @param loadOf what an instance has now; null = it is down or off */
  take(nowUs: number, loadOf: (instance: number) => Load | null): void {
    this.lastUs = nowUs;
    for (let i = 0; i < this.loads.length; i++) {
      const load = loadOf(i);
      this.loads[i] = load === null ? nothing : { waiting: load.waiting, running: load.running, kvUse: load.kvUse };
    }
  }
}
