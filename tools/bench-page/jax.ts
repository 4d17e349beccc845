/** jax-js: np.dot on its WebGPU backend. */

import { defaultDevice, init, type Array as JaxArray, numpy as np } from '@jax-js/jax';
import type { Contender } from './contender.ts';

export const jax: Contender = {
  name: 'jax-js',
  async prepare(n, a, b) {
    const devices = await init('webgpu');
    if (!devices.includes('webgpu')) throw new Error('no WebGPU backend');
    defaultDevice('webgpu');
    const matrix = (data: Float32Array) => np.array(data as Float32Array<ArrayBuffer>).reshape([n, n]);
    const [left, right] = [matrix(a), matrix(b)];
    /** Products under way, oldest first. Computed only when waited for, so waiting begins at once, and few are kept. */
    const pending: Promise<JaxArray>[] = [];
    let last: JaxArray | undefined;
    const settle = async () => {
      last?.dispose();
      last = await pending.shift();
    };
    return {
      async run() {
        pending.push(np.dot(left.ref, right.ref).blockUntilReady());
        if (pending.length > 8) await settle();
      },
      async finish() {
        while (pending.length > 0) await settle();
      },
      async read() {
        if (last === undefined) throw new Error('nothing was computed');
        const data = await last.data();
        last = undefined;
        return data as Float32Array;
      },
      dispose() {
        left.dispose();
        right.dispose();
      },
    };
  },
};
