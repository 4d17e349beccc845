import type { MessageKey } from '../i18n/i18n.ts';
import { Because, Bound } from '../sim/decision.ts';

const becauseNames = Object.fromEntries(Object.entries(Because).map(([name, code]) => [code, name])) as Readonly<
  Record<number, keyof typeof Because>
>;

/** The message for a rule; its numbers decide on singular and plural. */
export function becauseKey(because: number, need: number, have: number): MessageKey {
  switch (because) {
    case Because.seats:
      return have === 1 ? 'because.seats.one' : 'because.seats';
    case Because.tokenBudget:
      return need === 1 ? 'because.tokenBudget.one' : 'because.tokenBudget';
    case Because.fullPrompt:
      return need === 1 ? 'because.fullPrompt.one' : 'because.fullPrompt';
    case Because.watermark:
      return need === 1 ? 'because.watermark.one' : 'because.watermark';
    default:
      return `because.${becauseNames[because]}`;
  }
}

const boundNames = Object.fromEntries(Object.entries(Bound).map(([name, code]) => [code, name])) as Readonly<
  Record<number, keyof typeof Bound>
>;

/** The message for what kept a step from doing more. */
export function boundKey(bound: Bound): MessageKey {
  return `bound.${boundNames[bound]}`;
}
