import { expect, it } from 'vitest';
import { askerOf } from './asker.ts';

/** A worker that answers when it is told to, and an asker of it. */
function slowWorker() {
  const waiting: (() => void)[] = [];
  const shown: string[] = [];
  const ask = (subject: string) => () => {
    const said = `${subject} ${waiting.length}`;
    return new Promise<string>((resolve) => waiting.push(() => resolve(said)));
  };
  const put = askerOf<string>(
    (answer) => shown.push(answer),
    () => Promise.resolve(),
  );
  const answer = async (nth: number) => {
    waiting[nth]();
    await new Promise((resolve) => setTimeout(resolve, 0));
  };
  return { ask, put, answer, shown, asked: () => waiting.length };
}

it('shows what it is told although newer moments came meanwhile, and asks again for the newest alone', async () => {
  const { ask, put, answer, shown, asked } = slowWorker();
  const tree = ask('tree');
  const end = put({ ask: tree, moment: 0 });
  for (let moment = 1; moment <= 3; moment++) put({ ask: tree, moment });
  expect(asked()).toBe(1);
  await answer(0);
  expect([shown, asked()]).toEqual([['tree 0'], 2]);
  await answer(1);
  await end;
  expect([shown, asked()]).toEqual([['tree 0', 'tree 1'], 2]);
});

it('drops an answer about another subject', async () => {
  const { ask, put, answer, shown } = slowWorker();
  const end = put({ ask: ask('r1'), moment: 0 });
  put({ ask: ask('r2'), moment: 0 });
  await answer(0);
  expect(shown).toEqual([]);
  await answer(1);
  await end;
  expect(shown).toEqual(['r2 1']);
});

it('asks again after a question that failed', async () => {
  const { ask, put, answer, shown } = slowWorker();
  await expect(put({ ask: () => Promise.reject(new Error('gone')), moment: 0 })).rejects.toThrow('gone');
  const end = put({ ask: ask('tree'), moment: 1 });
  await answer(0);
  await end;
  expect(shown).toEqual(['tree 0']);
});
