import { describe, expect, it } from 'vitest';
import { type Language, translator } from '../../i18n/i18n.ts';
import type { TrialResult } from '../../scenario/learned-trials.ts';
import { createSvgPainter } from '../../ui/svg-painter.ts';
import { dark, light, type Theme } from '../../ui/theme.ts';
import { formatsOf } from '../../ui/use-format.ts';
import { sampleResult } from '../batch/sample.ts';
import { draw } from './draw.ts';
import { type LearnedModel, learnedModel } from './model.ts';
import { userTable } from './users.ts';

const parts = 12;
const size = { width: 560, height: 360 };

/** A trial whose requests take longer by a second each part, times `slow`; predictions get better by the part. */
function trial(id: string, slow: number, error: number): TrialResult {
  const column = (of: (part: number) => number) => Float64Array.from({ length: parts }, (_, part) => of(part));
  return {
    id,
    requests: parts * 10,
    finished: parts * 10,
    ttft: { meanUs: slow * 1e6, p50Us: slow * 5e5, p99Us: slow * 8e6 },
    e2e: { meanUs: slow * 4e6, p50Us: slow * 3e6, p99Us: slow * 1.2e7 },
    normalisedUs: slow * 20_000,
    predictionError: error,
    parts: {
      finished: new Int32Array(parts).fill(10),
      arrivalUs: column((part) => (part + 1) * 1e7),
      e2eUs: column((part) => 10 * slow * (part + 1) * 1e6),
      normalisedUs: column(() => 10 * slow * 20_000),
      error: column((part) => (Number.isNaN(error) ? 0 : 10 * error * (1 + 1 / (part + 1)))),
    },
    windows: null,
    arms: [],
    fingerprint: id,
  };
}

const predictors = [
  trial('none', 2, Number.NaN),
  trial('learned', 1.3, 0.4),
  trial('noisy', 1.15, 0.5),
  trial('oracle', 1, 0),
];

/** Windows of ten seconds in which `kept` of ten requests are worth a reward. */
function banditTrial(id: string, arms: readonly number[], kept: readonly number[]): TrialResult {
  return {
    ...trial(id, 1, Number.NaN),
    arms: ['8192', '2048', '512'],
    windows: {
      count: arms.length,
      startUs: Float64Array.from(arms, (_, w) => w * 1e7 + 5000),
      endUs: Float64Array.from(arms, (_, w) => (w + 1) * 1e7),
      context: new Uint8Array(arms.length),
      arm: Uint8Array.from(arms),
      ended: new Int32Array(arms.length).fill(10),
      kept: Int32Array.from(kept),
    },
  };
}

const bandits = [
  banditTrial('bandit', [0, 1, 2, 2, 1, 2, 2, 2], [3, 5, 9, 9, 5, 9, 9, 8]),
  banditTrial('arm-0', [0, 0, 0, 0, 0, 0, 0, 0], [3, 3, 3, 2, 3, 3, 3, 2]),
  banditTrial('arm-1', [1, 1, 1, 1, 1, 1, 1, 1], [5, 5, 5, 5, 5, 4, 5, 5]),
  banditTrial('arm-2', [2, 2, 2, 2, 2, 2, 2, 2], [8, 9, 9, 9, 8, 9, 9, 9]),
];

const model = (trials: readonly TrialResult[], language: Language = 'en') =>
  learnedModel(
    trials === bandits ? 'token-budget' : 'predictor',
    trials,
    0.5,
    translator(language),
    formatsOf(language),
  );

function svg({ picture }: LearnedModel, theme: Theme = light): string {
  const painter = createSvgPainter(size, theme.page);
  draw(painter, picture, theme, size);
  return painter.toSvg();
}

describe('predictors', () => {
  it('are shown by how far they are off and by what they lose against the oracle', () => {
    const { picture, rows, sentence } = model(predictors);
    const [errors, regrets] = picture.charts;
    if (errors.kind !== 'lines' || regrets.kind !== 'lines') throw new Error('not lines');
    expect(errors.lines.map((line) => line.look)).toEqual(['main', 'dashed']);
    expect(errors.lines[0].curve.value[0]).toBeCloseTo(Math.exp(0.8), 9);
    expect(errors.bottom).toBe(1);
    // Requests of part n take 0.3 s times n longer than the oracle's.
    expect(regrets.lines[0].curve.value[parts - 1]).toBeCloseTo(0.3e6 * ((parts + 1) / 2), 0);
    expect(rows.map((row) => [row.id, row.isJudged])).toEqual([
      ['none', false],
      ['learned', true],
      ['noisy', false],
      ['oracle', false],
    ]);
    expect(rows[1].cells.at(-1)?.replaceAll('\u00a0', ' ')).toBe('1.2 s');
    expect(sentence.replaceAll('\u00a0', ' ')).toBe(
      'The mean request takes 8 s without prediction, 5.2 s with what the run has taught, 4 s with the true lengths.',
    );
  });

  it('say so when learning does not pay', () => {
    const worse = [predictors[0], trial('learned', 2.5, 0.9), ...predictors.slice(2)];
    expect(model(worse).sentence).toMatch(/^Here learning does not pay/);
  });

  it('are drawn', async () => {
    await expect(svg(model(predictors))).toMatchFileSnapshot('testdata/predictors.svg');
    await expect(svg(model(predictors, 'zh'), dark)).toMatchFileSnapshot('testdata/predictors-zh.svg');
  });
});

describe('the bandit', () => {
  it('is shown by its choices, its reward and its regret against the best arm', () => {
    const { picture, rows, sentence } = model(bandits);
    const [arms, reward, regret] = picture.charts;
    if (arms.kind !== 'arms' || reward.kind !== 'lines' || regret.kind !== 'lines') throw new Error('not charts');
    expect(arms.best).toBe(2);
    expect(arms.choices.map((choice) => choice.arm)).toEqual([0, 1, 2, 1, 2]);
    expect(reward.lines.map((line) => line.look)).toEqual(['main', 'dotted', 'dotted', 'solid']);
    expect(regret.lines[0].curve.value.at(-1)).toBe(13);
    expect(rows.map((row) => row.cells)).toEqual(
      [
        ['57', '71 %', '13', '8'],
        ['22', '28 %', '48', '1'],
        ['39', '49 %', '31', '2'],
        ['70', '88 %', '0', '5'],
      ].map((cells) => cells.map((cell) => cell.replace(' ', '\u00a0'))),
    );
    expect(sentence).toContain('a regret of 13');
  });

  it('is told apart from one that beats every fixed choice', () => {
    const better = banditTrial('bandit', [0, 1, 2, 2, 1, 2, 2, 2], [9, 9, 10, 9, 9, 10, 9, 9]);
    const { sentence, picture } = learnedModel(
      'token-budget',
      [better, ...bandits.slice(1)],
      0.5,
      translator('en'),
      formatsOf('en'),
    );
    expect(sentence).toContain('4 more than 512 all the time');
    const regret = picture.charts[2];
    expect(regret.kind === 'lines' && regret.bottom).toBe(-4);
  });

  it('is drawn', async () => {
    await expect(svg(model(bandits))).toMatchFileSnapshot('testdata/bandit.svg');
    await expect(svg(model(bandits, 'zh'), dark)).toMatchFileSnapshot('testdata/bandit-zh.svg');
  });
});

it('stands empty until all runs are there', () => {
  expect(model(predictors.slice(0, 3)).rows).toEqual([]);
  expect(svg(model([]))).toContain('Curves are drawn');
  expect(learnedModel('token-budget', bandits.slice(0, 3), 0.5, translator('en'), formatsOf('en')).rows).toEqual([]);
});

describe('users', () => {
  it('are listed with what they got, if there are several', () => {
    // Arrival, prompt, output, first scheduled, first token, end, status: finished.
    const { outcomes } = sampleResult(
      Array.from({ length: 4 }, (_, i) => [i * 1e6, 100, 10, i * 1e6, 2e6 + i, 9e6, 4]),
    );
    const table = (user: readonly number[]) =>
      userTable({ ...outcomes, user: Int32Array.from(user) }, translator('en'), formatsOf('en'));
    expect(table([0, 0, 0, 0]).rows).toEqual([]);
    expect(table([0, 1, 0, 0]).rows.map((row) => [row.name, row.cells[0]])).toEqual([
      ['User 1', '3'],
      ['User 2', '1'],
    ]);
    expect(userTable(undefined, translator('en'), formatsOf('en')).rows).toEqual([]);
  });
});
