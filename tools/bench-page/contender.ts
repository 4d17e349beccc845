/** What is compared: someone who multiplies two square f32 matrices on WebGPU. */

/** A product of one size, ready to run. */
export interface Product {
  /** Queues one more product; resolves as soon as the next one may be queued. */
  readonly run: () => Promise<void> | void;
  /** Resolves when everything queued is done. */
  readonly finish: () => Promise<void>;
  /** The result of the last product. */
  readonly read: () => Promise<Float32Array>;
  readonly dispose: () => void;
}

export interface Contender {
  readonly name: string;
  readonly prepare: (n: number, a: Float32Array, b: Float32Array) => Promise<Product>;
}

export interface Row {
  readonly who: string;
  readonly n: number;
  /** Time of one product, or 0 if it failed. */
  readonly us: number;
  /** `right`, or what is wrong. */
  readonly outcome: string;
}

const repeats = 5;
/** A batch of products is made at least this long, so that the round trip at its end hardly counts. */
const batchMs = 100;

/** Measures one contender at one size. Every failure is a row. */
export async function measure(contender: Contender, n: number, a: Float32Array, b: Float32Array): Promise<Row> {
  try {
    const product = await contender.prepare(n, a, b);
    const time = async (count: number) => {
      const start = performance.now();
      for (let i = 0; i < count; i++) await product.run();
      await product.finish();
      return performance.now() - start;
    };
    await time(2);
    const once = await time(1);
    const count = Math.max(1, Math.min(200, Math.ceil(batchMs / once)));
    let best = Number.POSITIVE_INFINITY;
    // The difference between 2n and n cancels what is paid once.
    for (let i = 0; i < repeats; i++) {
      const short = await time(count);
      const long = await time(2 * count);
      best = Math.min(best, Math.max(long - short, long / 2 / 4) / count);
    }
    const outcome = check(await product.read(), n, a, b);
    product.dispose();
    return { who: contender.name, n, us: best * 1000, outcome };
  } catch (thrown) {
    return { who: contender.name, n, us: 0, outcome: String(thrown) };
  }
}

/** Compares some entries with the CPU. */
function check(c: Float32Array, n: number, a: Float32Array, b: Float32Array): string {
  if (c.length !== n * n) return `${c.length} numbers instead of ${n * n}`;
  for (let i = 0; i < 32; i++) {
    const row = (i * 7919) % n;
    const column = (i * 104729) % n;
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
    const found = c[row * n + column];
    if (!(Math.abs(found - sum) <= 1e-3 * Math.sqrt(n))) return `wrong: ${found} for ${sum}`;
  }
  return 'right';
}
