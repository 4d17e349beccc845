/** Columns that grow: typed arrays whose final length is not known beforehand. */

export class GrowingFloats {
  length = 0;
  private values = new Float64Array(1024);

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }
  /** A copy of just the right length. */
  take(): Float64Array {
    return this.values.slice(0, this.length);
  }
}

export class GrowingInts {
  length = 0;
  private values = new Int32Array(1024);

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }
  /** A copy of just the right length. */
  take(): Int32Array {
    return this.values.slice(0, this.length);
  }
}
