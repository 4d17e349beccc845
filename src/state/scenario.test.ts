import { expect, it } from 'vitest';
import { presetOf } from '../scenario/presets.ts';
import { createScenarioStore } from './scenario.ts';

const storeOf = (preset: 'tiny-paged') => createScenarioStore(presetOf(preset).knobs);
const bookmark = { step: 4, text: 'here', question: null };

it('puts what was just reported before what is older, in its own order', () => {
  const store = storeOf('tiny-paged');
  const problem = (field: string) => ({ code: 'unknown-key', field }) as const;
  store.getState().report([problem('a'), problem('b')]);
  store.getState().report([problem('c'), problem('d')]);
  expect(store.getState().problems.map(({ field }) => field)).toEqual(['c', 'd', 'a', 'b']);
});

it('undoes and redoes bookmarks and knobs in the order in which they were set', () => {
  const store = storeOf('tiny-paged');
  const { set, mark, undo, redo } = store.getState();
  const now = () => [store.getState().knobs.seed, store.getState().bookmarks.length];
  set('seed', 8, 'drag');
  mark([bookmark]);
  // A gesture ends where something else is edited.
  set('seed', 9, 'drag');
  expect(now()).toEqual([9, 1]);
  const seen = [now()];
  for (let i = 0; i < 3; i++) {
    undo();
    seen.push(now());
  }
  expect(seen).toEqual([
    [9, 1],
    [8, 1],
    [8, 0],
    [presetOf('tiny-paged').knobs.seed, 0],
  ]);
  redo();
  redo();
  expect(now()).toEqual([8, 1]);
});

it('leaves locked knobs as they are', () => {
  const store = storeOf('tiny-paged');
  const { seed, rate } = store.getState().knobs;
  store.setState({ staging: { ...store.getState().staging, locked: ['seed'] } });
  store.getState().set('seed', seed + 1);
  expect(store.getState().knobs.seed).toBe(seed);
  expect(store.getState().past).toHaveLength(0);
  expect(store.getState().problems).toEqual([{ code: 'knob-locked', field: 'seed' }]);
  store.setState({ staging: { ...store.getState().staging, locked: ['all'] } });
  store.getState().set('rate', rate + 1);
  expect(store.getState().knobs.rate).toBe(rate);
});

it('keeps bookmarks with their preset, and brings them back with it', () => {
  const store = storeOf('tiny-paged');
  const { mark, replace, undo } = store.getState();
  mark([bookmark]);
  replace({ ...store.getState().knobs, seed: 99 });
  expect(store.getState().bookmarks).toEqual([bookmark]);
  replace(presetOf('azure-chat').knobs);
  expect(store.getState().bookmarks).toEqual([]);
  undo();
  expect(store.getState().bookmarks).toEqual([bookmark]);
});
