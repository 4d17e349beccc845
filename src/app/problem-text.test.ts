import { expect, it } from 'vitest';
import { translator } from '../i18n/i18n.ts';
import { problemText } from './problem-text.ts';

it('says where, what, and what is used instead', () => {
  const text = problemText(
    { code: 'bad-line', where: 'trace.csv', line: 12, field: 'arrival', found: 'abc', expected: 'number', used: '0' },
    translator('en'),
  );
  expect(text).toMatch(/^trace\.csv, line 12: .*arrival.*abc.*number.* 0\.$/);
});

it('leaves out what is not known', () => {
  expect(problemText({ code: 'empty-file' }, translator('en'))).not.toMatch(/[{}:]/);
});

it('says of a name that is none which ones look like it, and does not list many', () => {
  const unknown = { code: 'unknown-key', where: 'link', field: 'cache-treshold', found: '0.5' } as const;
  expect(problemText(unknown, translator('en'))).toMatch(
    /^link: .*no effect\. Did you mean cache-threshold\? .*glossary/,
  );
  expect(problemText(unknown, translator('zh'))).toContain('是否指 cache-threshold？');
  expect(problemText({ ...unknown, field: 'nonsense' }, translator('en'))).not.toContain('Did you mean');
  const expected = Array.from({ length: 12 }, (_, i) => `name-${i}`).join('|');
  const wrong = { code: 'invalid-value', field: 'router', found: 'nam-11', expected, used: 'name-0' } as const;
  expect(problemText(wrong, translator('en'))).toBe(
    'router: “nam-11” is not possible; expected one of 12 names. Did you mean name-11, name-1, name-10? The glossary (key D) has all names. Used instead: name-0.',
  );
});

it('says of a file of no kind what is read, and what is kept', () => {
  const letter = { code: 'unknown-file', where: 'a.txt', found: 'Dear diary', hasKept: true } as const;
  expect(problemText(letter, translator('en'))).toMatch(
    /^a\.txt: .*begins with “Dear diary”\. Read here: .*CSV.* The scenario that was shown stays\.$/,
  );
  expect(problemText(letter, translator('zh'))).toMatch(/^a\.txt：.*“Dear diary”开头。可读取：.*保留之前显示的场景。$/);
  const { hasKept: _, ...config } = letter;
  expect(problemText(config, translator('en'))).not.toContain('stays');
});
