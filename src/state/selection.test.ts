import { beforeEach, expect, it } from 'vitest';
import { selectionStore } from './selection.ts';

const store = () => selectionStore.getState();
const chosen = () => [store().selected, store().selectedBlock];

beforeEach(() => store().clear());

it('chooses a request, and gives it up when it is chosen again', () => {
  store().select(3);
  expect(chosen()).toEqual([3, -1]);
  store().select(3);
  expect(chosen()).toEqual([-1, -1]);
});

it('shows a request however often, without the block that was chosen before', () => {
  store().selectBlock(40, 3);
  expect(chosen()).toEqual([3, 40]);
  store().show(5);
  store().show(5);
  expect(chosen()).toEqual([5, -1]);
});

it('clears all that is chosen and pointed at', () => {
  const before = store();
  store().selectBlock(40, 3);
  store().hover(4);
  store().hoverBlock(41);
  store().hoverTime(1200);
  store().hoverOperator('qkv');
  expect(store()).not.toEqual(before);
  store().clear();
  expect(store()).toEqual(before);
});
