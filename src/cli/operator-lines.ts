import type { Limit } from '../sim/gpu/cost.ts';
import type { StepAnswer } from '../sim/why/at-step.ts';
import { duration, percent, si, table } from './format.ts';

/** What an operator waits for, in a table. */
const shortLimits: Readonly<Record<Limit, string>> = {
  compute: 'arithmetic',
  bandwidth: 'memory',
  latency: 'kernel start',
  link: 'link',
  host: 'host',
};

/** The operators of a step, one a line: time, share, operator, what it waits for, operations a byte. */
export function operatorLines(operators: StepAnswer['operators']): string {
  const all = operators.reduce((sum, each) => sum + each.us, 0);
  return table(
    operators
      .filter((each) => each.us > 0)
      .map(({ operator, us, limit, flops, bytes }) => {
        const intensity =
          flops > 0 && bytes > 0 ? `${si(flops / bytes)} FLOP/B, ${si((flops / us) * 1e6, 'FLOP/s')}` : '';
        const share = percent(us / all).padEnd(9);
        return [
          `  ${duration(us)}`,
          `${share}  ${operator.padEnd(17)}  ${shortLimits[limit].padEnd(12)}  ${intensity}`.trimEnd(),
        ];
      }),
  );
}
