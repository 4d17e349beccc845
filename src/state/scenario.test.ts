import { expect, it } from 'vitest';
import { presetOf } from '../scenario/presets.ts';
import { createScenarioStore } from './scenario.ts';

it('puts what was just reported before what is older, in its own order', () => {
  const store = createScenarioStore(presetOf('tiny-paged').knobs);
  const problem = (field: string) => ({ code: 'unknown-key', field }) as const;
  store.getState().report([problem('a'), problem('b')]);
  store.getState().report([problem('c'), problem('d')]);
  expect(store.getState().problems.map(({ field }) => field)).toEqual(['c', 'd', 'a', 'b']);
});
