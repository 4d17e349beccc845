import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultEngineConfig } from '../sim/engine-config.ts';
import { Simulation } from '../sim/simulation.ts';
import { toyCost } from '../sim/testing.ts';
import { type ConversationOptions, conversationBodies, conversationSource } from './conversation.ts';
import type { Body } from './lengths.ts';

const options: ConversationOptions = { users: 1, requests: 30, thinkS: 5, turns: 6, maxTokens: 4096, seed: 3 };

function bodyOf(of: ConversationOptions, index: number): Body {
  const body: Body = { promptTokens: 0, outputTokens: 0 };
  conversationBodies(of)(index, body);
  return body;
}

describe('conversations', () => {
  it('hold everything said before in each prompt, and begin anew after their turns or when they get too long', () => {
    fc.assert(
      fc.property(
        fc.record({
          users: fc.integer({ min: 1, max: 3 }),
          requests: fc.constant(60),
          thinkS: fc.constant(1),
          turns: fc.integer({ min: 1, max: 9 }),
          maxTokens: fc.integer({ min: 1600, max: 4000 }),
          seed: fc.integer({ min: 0, max: 99 }),
        }),
        (of) => {
          for (let user = 0; user < of.users; user++) {
            let before: Body | null = null;
            let turn = 0;
            for (let k = 0; k * of.users + user < of.requests; k++) {
              const body = bodyOf(of, k * of.users + user);
              const segments = body.segments ?? [];
              expect(segments.reduce((sum, s) => sum + s.length, 0)).toBe(body.promptTokens);
              expect(body.promptTokens + body.outputTokens).toBeLessThanOrEqual(of.maxTokens);
              const goesOn = segments.length > 2;
              turn = goesOn ? turn + 1 : 0;
              expect(turn).toBeLessThan(of.turns);
              if (goesOn && before !== null) {
                const answer = { segment: before.outputSegment, offset: 0, length: before.outputTokens };
                expect(segments.slice(0, -1)).toEqual([...(before.segments ?? []), answer]);
              }
              before = body;
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are the same whoever asks for which turn first', () => {
    const bodies = conversationBodies(options);
    const late: Body = { promptTokens: 0, outputTokens: 0 };
    bodies(20, late);
    const early: Body = { promptTokens: 0, outputTokens: 0 };
    bodies(4, early);
    expect(late).toEqual(bodyOf(options, 20));
    expect(early).toEqual(bodyOf(options, 4));
  });

  it('find all that was said in the prefix cache, but for the last block and what is new', () => {
    const config = { ...defaultEngineConfig(2000), maxModelLen: 4096 };
    const source = conversationSource(options);
    const simulation = new Simulation(config, source, toyCost);
    let hits = 0;
    while (simulation.next()) hits += simulation.lastBatch.hitTokens;
    const { requests } = source;
    let possible = 0;
    for (let r = 1; r < requests.count; r++) {
      // A conversation that begins anew shares the instructions only.
      const goesOn = requests.promptTokens[r] > requests.promptTokens[r - 1];
      const shared = goesOn ? requests.promptTokens[r - 1] + requests.outputTokens[r - 1] - 1 : 200;
      possible += Math.floor(shared / config.blockSize) * config.blockSize;
    }
    expect(simulation.finished).toBe(30);
    expect(hits).toBe(possible);
  });

  it('leave time to think between an answer and the next question, five seconds on average', () => {
    const source = conversationSource({ ...options, requests: 1500 });
    const simulation = new Simulation({ ...defaultEngineConfig(2000), maxModelLen: 4096 }, source, toyCost);
    while (simulation.next());
    const { sequences } = simulation.engine;
    let waitUs = 0;
    for (let r = 1; r < 1500; r++) {
      const gapUs = source.requests.arrivalUs[r] - sequences.finishUs[r - 1];
      expect(gapUs).toBeGreaterThanOrEqual(0);
      waitUs += gapUs;
    }
    expect(waitUs / 1499 / 1e6).toBeGreaterThan(4.5);
    expect(waitUs / 1499 / 1e6).toBeLessThan(5.5);
  });
});
