import { describe, expect, it } from 'vitest';
import { defaultEngineConfig, type EngineConfig } from '../sim/engine-config.ts';
import { VllmPolicy } from '../sim/policy/vllm.ts';
import { PLACEHOLDER_SEGMENT } from '../sim/request.ts';
import { Simulation } from '../sim/simulation.ts';
import { toyCost } from '../sim/testing.ts';
import { audioTokens, type MultimodalOptions, multimodalSource } from './multimodal.ts';

const options: MultimodalOptions = {
  requests: 400,
  ratePerS: 50,
  seed: 5,
  imageTokens: 576,
  imagesPerRequest: 2,
  repeatShare: 0.5,
  audioShare: 0.25,
  audioS: 7.5,
};

describe('requests with images and audio', () => {
  const { requests, classes } = multimodalSource(options);
  const rows = Array.from({ length: requests.count }, (_, r) => r);
  const itemsOf = (row: number) => requests.images.get(row) ?? [];

  it('carry what they are told, in the shares that they are told', () => {
    expect(classes).toEqual(['image', 'audio']);
    const audio = rows.filter((r) => requests.klass[r] === 1);
    expect(audio.length / 400).toBeGreaterThan(0.18);
    expect(audio.length / 400).toBeLessThan(0.32);
    for (const r of rows) {
      const isAudio = requests.klass[r] === 1;
      expect(itemsOf(r)).toHaveLength(isAudio ? 1 : 2);
      for (const item of itemsOf(r)) {
        expect(item.kind).toBe(isAudio ? 'audio' : 'image');
        // 7.5 s at 25 tokens a second, rounded up.
        expect(item.tokens).toBe(isAudio ? 188 : 576);
      }
    }
    const images = rows.flatMap((r) => itemsOf(r)).filter((item) => item.kind === 'image');
    const popular = images.filter((item) => item.hash <= 20);
    expect(popular.length / images.length).toBeGreaterThan(0.43);
    expect(popular.length / images.length).toBeLessThan(0.57);
    const others = images.filter((item) => item.hash > 20).map((item) => item.hash);
    expect(new Set(others).size).toBe(others.length);
  });

  it('have placeholders where their items are, and a question before them', () => {
    for (const r of rows) {
      const from = requests.segmentStart[r];
      const to = requests.segmentStart[r + 1];
      let position = 0;
      const placeholders: number[] = [];
      for (let s = from; s < to; s++) {
        if (requests.segmentId[s] === PLACEHOLDER_SEGMENT) placeholders.push(position);
        position += requests.segmentLength[s];
      }
      expect(position).toBe(requests.promptTokens[r]);
      expect(placeholders).toEqual(itemsOf(r).map((item) => item.position));
      expect(placeholders[0]).toBeGreaterThanOrEqual(8);
    }
  });

  it('count audio in whole tokens', () => {
    expect(audioTokens(30)).toBe(750);
    expect(audioTokens(0.01)).toBe(1);
  });
});

describe('the encoder', () => {
  /** Encoder windows of a whole run: images, audio. */
  function encoded(change: Partial<MultimodalOptions>, cacheSize: number): readonly [number, number] {
    const config: EngineConfig = {
      ...defaultEngineConfig(20_000),
      maxModelLen: 16_384,
      encoder: { budget: 8192, cacheSize, disableChunkedInput: false, imageWindow: 576, audioWindow: 750 },
    };
    const simulation = new Simulation(config, multimodalSource({ ...options, ...change }), toyCost);
    const sum = [0, 0] as [number, number];
    while (simulation.next()) {
      sum[0] += simulation.lastBatch.shape.imageWindows;
      sum[1] += simulation.lastBatch.shape.audioWindows;
    }
    expect(simulation.finished).toBe(400);
    const { policy } = simulation.engine;
    if (!(policy instanceof VllmPolicy) || policy.encoder === null) throw new Error('no encoder');
    expect(policy.encoder.freeable).toBe(cacheSize);
    return sum;
  }

  it('computes every image that is seen once, and a popular one as often as it falls out of the cache', () => {
    const once = encoded({ repeatShare: 0, audioShare: 0 }, 8192);
    expect(once).toEqual([800, 0]);
    const large = encoded({ repeatShare: 1, audioShare: 0 }, 20 * 576);
    expect(large).toEqual([20, 0]);
    const [small] = encoded({ repeatShare: 1, audioShare: 0 }, 4 * 576);
    expect(small).toBeGreaterThan(100);
    expect(small).toBeLessThan(800);
  });

  it('pads a recording to whole windows of 30 s', () => {
    expect(encoded({ audioShare: 1, audioS: 1 }, 8192)).toEqual([0, 400]);
    expect(encoded({ audioShare: 1, audioS: 31 }, 8192)).toEqual([0, 800]);
  });
});
