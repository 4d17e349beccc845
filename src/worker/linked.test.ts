import { describe, expect, it } from 'vitest';
import { type Lives, momentInLife } from './linked.ts';

const lives = (arrival: number, scheduled: number, first: number, finish: number): Lives => ({
  arrivalUs: Float64Array.of(arrival),
  firstScheduledUs: Float64Array.of(scheduled),
  firstTokenUs: Float64Array.of(first),
  finishUs: Float64Array.of(finish),
});

const b = lives(100, 200, 300, 700);
const a = lives(100, 600, 650, 2650);

describe('the same moment of a life', () => {
  it.each([
    // Before it arrives, halfway through the wait, the prompt and the decoding, and after the end.
    [40, 40],
    [100, 100],
    [150, 350],
    [200, 600],
    [250, 625],
    [500, 1650],
    [700, 2650],
    [720, 2670],
  ])('%d is %d', (us, expected) => {
    expect(momentInLife(b, a, 0, us)).toBeCloseTo(expected, 9);
  });

  it('goes on alike where one of the runs never comes to the next turn', () => {
    const stuck = lives(100, Number.NaN, Number.NaN, Number.NaN);
    expect(momentInLife(b, stuck, 0, 500)).toBe(500);
    const unfinished = lives(100, 600, 650, Number.NaN);
    expect(momentInLife(b, unfinished, 0, 500)).toBe(850);
  });
});
