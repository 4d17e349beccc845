/** What the view of learned scheduling shows: tables and curves of trials. Plain data, no pixels. */

import { ticks } from 'd3';
import type { Translate } from '../../i18n/i18n.ts';
import type { LearnedSubject, TrialResult } from '../../scenario/learned-trials.ts';
import { type BanditStudy, banditStudy, type Curve, type PredictorRow, predictorRows } from '../../scenario/regret.ts';
import type { Format } from '../../ui/use-format.ts';
import { timesOf } from '../strip/model.ts';

/** A curve with the name that stands at its end. `main` is what is judged, the others are what it is measured against. */
export interface Line {
  readonly name: string;
  readonly curve: Curve;
  readonly look: 'main' | 'solid' | 'dashed' | 'dotted';
  /** Drawn level to the next value, as what counts from a moment on. */
  readonly isStepped: boolean;
}

export interface LineChart {
  readonly kind: 'lines';
  readonly title: string;
  readonly lines: readonly Line[];
  readonly bottom: number;
  readonly top: number;
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
}

/** Which arm was chosen when: one row an arm. Windows with one choice that follow each other are one entry. */
export interface ArmChart {
  readonly kind: 'arms';
  readonly title: string;
  readonly arms: readonly string[];
  readonly best: number;
  readonly choices: readonly ArmChoice[];
}

export interface ArmChoice {
  readonly arm: number;
  readonly fromUs: number;
  readonly toUs: number;
}

export interface LearnedPicture {
  readonly charts: readonly (LineChart | ArmChart)[];
  readonly spanUs: number;
  readonly times: readonly { readonly us: number; readonly label: string }[];
  /** What is shown while there is nothing to draw. */
  readonly empty: string;
}

/** A row of the table under the picture; `isJudged` marks what the others are measured against or beside. */
export interface LearnedRow {
  readonly id: string;
  readonly name: string;
  readonly isJudged: boolean;
  readonly cells: readonly string[];
}

export interface LearnedModel {
  readonly picture: LearnedPicture;
  readonly heads: readonly string[];
  readonly rows: readonly LearnedRow[];
  /** The outcome in a sentence; '' before all runs are there. */
  readonly sentence: string;
}

/** Share of a chart's height that stays free above the highest value. */
const HEADROOM = 1.05;

export function learnedModel(
  subject: LearnedSubject,
  trials: readonly TrialResult[],
  sigma: number,
  t: Translate,
  format: Format,
): LearnedModel {
  const nothing: LearnedModel = { picture: pictureOf([], 0, t, format), heads: [], rows: [], sentence: '' };
  if (subject === 'predictor') {
    const rows = predictorRows(trials);
    return rows === null ? nothing : predictorModel(rows, sigma, t, format);
  }
  const study = banditStudy(trials);
  return study === null ? nothing : banditModel(subject, study, t, format);
}

function predictorModel(rows: readonly PredictorRow[], sigma: number, t: Translate, format: Format): LearnedModel {
  const nameOf = (id: string) =>
    id === 'noisy'
      ? t('learned.noisy', { sigma: format.number(sigma) })
      : t(id === 'none' ? 'learned.none' : id === 'learned' ? 'learned.learned' : 'learned.oracle');
  const line = (id: string, look: Line['look'], of: (row: PredictorRow) => Curve): Line[] =>
    rows
      .filter((row) => row.trial.id === id)
      .map((row) => ({ name: nameOf(id), curve: of(row), look, isStepped: false }));
  // A factor is easier to think of than a logarithm.
  const asFactor = ({ error }: PredictorRow): Curve => ({ timeUs: error.timeUs, value: error.value.map(Math.exp) });
  const factors = [...line('learned', 'main', asFactor), ...line('noisy', 'dashed', asFactor)];
  const regrets = [
    ...line('learned', 'main', (row) => row.regret),
    ...line('noisy', 'dashed', (row) => row.regret),
    ...line('none', 'dotted', (row) => row.regret),
  ];
  const spanUs = Math.max(1, ...rows.flatMap((row) => row.regret.timeUs));
  const [none, learned, oracle] = ['none', 'learned', 'oracle'].map((id) => rows.find((row) => row.trial.id === id));
  return {
    picture: pictureOf(
      [
        chartOf(t('learned.errorTitle'), factors, 1, (value) => `×${format.number(value, 1)}`),
        chartOf(t('learned.regretTitle'), regrets, 0, (value) => format.duration(value)),
      ],
      spanUs,
      t,
      format,
    ),
    heads: ['ttftMean', 'ttftP99', 'e2eMean', 'e2eP50', 'e2eP99', 'perToken', 'factor', 'regretMean'].map((head) =>
      t(`learned.${head}` as 'learned.ttftMean'),
    ),
    rows: rows.map(({ trial, regretE2eUs }) => ({
      id: trial.id,
      name: nameOf(trial.id),
      isJudged: trial.id === 'learned',
      cells: [
        ...[trial.ttft.meanUs, trial.ttft.p99Us, trial.e2e.meanUs, trial.e2e.p50Us, trial.e2e.p99Us].map(
          format.duration,
        ),
        format.duration(trial.normalisedUs),
        Number.isNaN(trial.predictionError) ? '–' : `×${format.number(Math.exp(trial.predictionError))}`,
        format.duration(regretE2eUs),
      ],
    })),
    sentence:
      none === undefined || learned === undefined || oracle === undefined
        ? ''
        : t(learned.trial.e2e.meanUs < none.trial.e2e.meanUs ? 'learned.gains' : 'learned.loses', {
            none: format.duration(none.trial.e2e.meanUs),
            learned: format.duration(learned.trial.e2e.meanUs),
            oracle: format.duration(oracle.trial.e2e.meanUs),
          }),
  };
}

function banditModel(
  subject: 'token-budget' | 'queue-order',
  study: BanditStudy,
  t: Translate,
  format: Format,
): LearnedModel {
  const { windows, bestArm, rewardOfArms } = study;
  const names = study.arms.map((arm) => armName(subject, arm, t, format));
  const ended = windows.ended.reduce((sum, n) => sum + n, 0);
  const lastUs = Math.max(1, ...study.cumulative.timeUs, ...study.cumulativeOfArms.flatMap((c) => c.timeUs));
  const rewards: Line[] = [
    { name: t('learned.bandit'), curve: study.cumulative, look: 'main', isStepped: true },
    ...study.cumulativeOfArms.map(
      (curve, arm): Line => ({
        name: names[arm],
        curve,
        look: arm === bestArm ? 'solid' : 'dotted',
        isStepped: true,
      }),
    ),
  ];
  const regret: Line = { name: t('learned.bandit'), curve: study.regretOverTime, look: 'main', isStepped: true };
  const row = (id: string, name: string, reward: number, count: number, isJudged: boolean): LearnedRow => ({
    id,
    name,
    isJudged,
    cells: [
      format.count(reward),
      ended > 0 ? format.percent(reward / ended) : '–',
      format.count(rewardOfArms[bestArm] - reward),
      format.count(count),
    ],
  });
  const chosen = (arm: number) => windows.arm.reduce((sum, each) => sum + (each === arm ? 1 : 0), 0);
  return {
    picture: pictureOf(
      [
        {
          kind: 'arms',
          title: t('learned.choicesTitle'),
          arms: names,
          best: bestArm,
          choices: choicesOf(study, lastUs),
        },
        chartOf(t('learned.rewardTitle'), rewards, 0, format.compact),
        chartOf(t('learned.banditRegretTitle', { best: names[bestArm] }), [regret], 0, format.compact),
      ],
      lastUs,
      t,
      format,
    ),
    heads: [t('learned.reward'), t('learned.share'), t('learned.regret'), t('learned.windows')],
    rows: [
      row('bandit', t('learned.bandit'), study.reward, windows.count, true),
      ...names.map((name, arm) =>
        row(
          `arm-${arm}`,
          arm === bestArm ? t('learned.bestArm', { arm: name }) : name,
          rewardOfArms[arm],
          chosen(arm),
          false,
        ),
      ),
    ],
    sentence: t(study.regret > 0 ? 'learned.banditBehind' : 'learned.banditAhead', {
      reward: format.count(study.reward),
      best: names[bestArm],
      most: format.count(rewardOfArms[bestArm]),
      difference: format.count(Math.abs(study.regret)),
    }),
  };
}

function choicesOf({ windows }: BanditStudy, lastUs: number): ArmChoice[] {
  const choices: ArmChoice[] = [];
  for (let w = 0; w < windows.count; w++) {
    const toUs = w + 1 < windows.count ? windows.startUs[w + 1] : lastUs;
    const before = choices.at(-1);
    if (before?.arm === windows.arm[w]) choices[choices.length - 1] = { ...before, toUs };
    else choices.push({ arm: windows.arm[w], fromUs: windows.startUs[w], toUs });
  }
  return choices;
}

function armName(subject: 'token-budget' | 'queue-order', arm: string, t: Translate, format: Format): string {
  if (subject === 'token-budget') return t('learned.budgetArm', { tokens: format.count(Number(arm)) });
  return t(`learned.order.${arm}` as 'learned.order.fcfs');
}

/** A chart whose scale takes in all its lines and `base`. */
function chartOf(title: string, lines: readonly Line[], base: number, label: (value: number) => string): LineChart {
  const values = lines.flatMap((line) => line.curve.value);
  const highest = Math.max(base, ...values);
  const bottom = Math.min(base, ...values);
  const top = highest > bottom ? bottom + (highest - bottom) * HEADROOM : bottom + 1;
  return {
    kind: 'lines',
    title,
    lines,
    bottom,
    top,
    ticks: ticks(bottom, top, 3).map((value) => ({ value, label: label(value) })),
  };
}

function pictureOf(charts: LearnedPicture['charts'], spanUs: number, t: Translate, format: Format): LearnedPicture {
  const times = charts.length === 0 ? [] : timesOf(spanUs).map((us) => ({ us, label: format.duration(us) }));
  return { charts, spanUs: Math.max(1, spanUs), times, empty: t('learned.empty') };
}
