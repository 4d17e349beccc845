/** onnxruntime-web with its WebGPU provider: one MatMul node, operands and result in GPU buffers. */

import * as ort from 'onnxruntime-web/webgpu';
import type { Contender } from './contender.ts';

/** Field of a protocol buffer: a number. */
const varint = (field: number, value: number): number[] => [field << 3, ...base128(value)];
/** Field of a protocol buffer: bytes, a text or a message. */
const block = (field: number, content: readonly number[]): number[] => [
  (field << 3) | 2,
  ...base128(content.length),
  ...content,
];
const text = (field: number, value: string) => block(field, [...new TextEncoder().encode(value)]);

function base128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

/** An ONNX model (onnx.proto3) whose graph is C = A B, all N x N in f32. */
export function matMulModel(n: number): Uint8Array {
  const dimension = block(1, varint(1, n));
  const type = block(1, [...varint(1, 1), ...block(2, [...dimension, ...dimension])]);
  const value = (name: string) => [...text(1, name), ...block(2, type)];
  const node = [...text(1, 'A'), ...text(1, 'B'), ...text(2, 'C'), ...text(4, 'MatMul')];
  const graph = [
    ...block(1, node),
    ...text(2, 'product'),
    ...block(11, value('A')),
    ...block(11, value('B')),
    ...block(12, value('C')),
  ];
  return new Uint8Array([...varint(1, 8), ...block(7, graph), ...block(8, [...text(1, ''), ...varint(2, 13)])]);
}

export const onnx: Contender = {
  name: 'onnxruntime-web',
  async prepare(n, a, b) {
    const session = await ort.InferenceSession.create(matMulModel(n), {
      executionProviders: ['webgpu'],
      preferredOutputLocation: 'gpu-buffer',
    });
    const device = (await ort.env.webgpu.device) as GPUDevice;
    const upload = (data: Float32Array) => {
      const buffer = device.createBuffer({
        size: data.byteLength,
        usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
      });
      device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
      return { buffer, tensor: ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims: [n, n] }) };
    };
    const [left, right] = [upload(a), upload(b)];
    let last: ort.Tensor | undefined;
    return {
      async run() {
        last?.dispose();
        const { C } = await session.run({ A: left.tensor, B: right.tensor });
        last = C;
      },
      finish: async () => {
        await device.queue.onSubmittedWorkDone();
      },
      read: async () => (await last?.getData()) as Float32Array,
      dispose() {
        last?.dispose();
        left.buffer.destroy();
        right.buffer.destroy();
        void session.release();
      },
    };
  },
};
