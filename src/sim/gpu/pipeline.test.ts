import { describe, expect, it } from 'vitest';
import type { BatchShape } from './cost.ts';
import { devices } from './device.ts';
import { type ParallelLayout, stageModel } from './layout.ts';
import { models } from './model.ts';
import { pipelineCost, stageSend } from './pipeline.ts';
import { createParallelCost } from './tensor-parallel.ts';
import { decodesOf, prefillOf, shapeOf } from './testing.ts';
import { singleHost } from './topology.ts';

const limits = { maxTokens: 64, maxSequences: 8 };
const device = devices.h100;
const model = models['llama-3.1-70b'];

const of = (tensor: number, pipeline: number): ParallelLayout => ({
  tensor,
  pipeline,
  dataParallel: 1,
  expertParallel: false,
  context: 1,
});

function costOf(layout: ParallelLayout) {
  if (device.peerLink === null) throw new Error('the H100 has a link');
  const topology = singleHost(device.peerLink);
  const { tensor, pipeline } = layout;
  const stages = Array.from({ length: pipeline }, (_, stage) =>
    createParallelCost(stageModel(model, pipeline, stage), device, tensor, limits, {}, topology),
  );
  return { stages, cost: pipelineCost(stages, stageSend(model, topology, layout)) };
}

const shapes = [decodesOf([700, 900]), prefillOf([[2048, 0]]), shapeOf({ contexts: [100, 2000], chunks: [[300, 50]] })];

describe('a pipeline', () => {
  it('of one stage is that stage', () => {
    const { stages, cost } = costOf(of(4, 1));
    expect(cost).toBe(stages[0]);
    expect(cost.stages).toBeUndefined();
  });

  it('takes what its stages and their messages take', () => {
    const { cost } = costOf(of(2, 4));
    const { stages } = cost;
    if (stages === undefined) throw new Error('there are stages');
    for (const shape of shapes) {
      let us = 0;
      for (let stage = 0; stage < stages.count; stage++)
        us += stages.stageUs(stage, shape) + stages.sendUs(stage, shape);
      expect(cost.stepUs(shape)).toBe(us);
      expect(stages.sendUs(3, shape)).toBe(0);
    }
  });

  it('computes what the undivided model computes, each stage its part', () => {
    const whole = createParallelCost(model, device, 1, limits);
    const { cost } = costOf(of(1, 4));
    for (const shape of shapes) {
      expect(4 * cost.flops(shape)).toBeCloseTo(whole.flops(shape), -3);
      expect(4 * (cost.bytes?.(shape) ?? 0)).toBeCloseTo(whole.bytes?.(shape) ?? 0, -3);
      // Four times the host's time; what is fixed for a step beside it comes once.
      const sends = [0, 1, 2].reduce((us, stage) => us + (cost.stages?.sendUs(stage, shape) ?? 0), 0);
      const expected = whole.stepUs(shape) + 3 * device.stepOverheadUs + sends;
      expect(Math.abs(cost.stepUs(shape) - expected)).toBeLessThanOrEqual(4);
    }
  });

  it('waits for messages to start where they are short, for the link where they are long', () => {
    const limitOf = (shape: BatchShape) =>
      costOf(of(2, 4))
        .cost.explain(shape)
        .find(({ operator }) => operator === 'send')?.limit;
    expect(limitOf(decodesOf([700, 90]))).toBe('latency');
    expect(limitOf(prefillOf([[65_536, 0]]))).toBe('link');
  });

  it('explains all of its time, embedding first, output last, and what it sends', () => {
    const { cost } = costOf(of(2, 4));
    for (const shape of shapes) {
      const parts = cost.explain(shape);
      const names = parts.map((part) => part.operator);
      expect(new Set(names).size).toBe(names.length);
      expect(names[0]).toBe('embedding');
      expect(names).toContain('send');
      expect(names.at(-1)).toBe('overhead');
      const sum = parts.reduce((us, part) => us + part.us, 0);
      // Each stage is rounded.
      expect(Math.abs(sum - cost.stepUs(shape))).toBeLessThanOrEqual(4);
      const messages = parts.filter((part) => part.operator === 'send' || part.operator === 'all-reduce');
      const us = messages.reduce((all, part) => all + part.us, 0);
      expect(cost.communicationUs?.(shape)).toBeCloseTo(us, 6);
    }
  });
});
