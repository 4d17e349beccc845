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
