import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFile, encodeFile } from './file.ts';
import { type Bookmark, isLectureKey, isLocked, plainStaging } from './lecture.ts';
import {
  faultOf,
  type Lecture,
  lectureData,
  lectureLimits,
  lecturePairs,
  readLectureData,
  readLecturePairs,
  withBookmark,
  withoutBookmark,
} from './lecture-link.ts';
import { decode, encode } from './link.ts';
import { presetOf } from './presets.ts';

const panels = ['queue', 'rows', 'batch', 'kv'];
const stall = presetOf('long-prompt-stall').knobs;

/** Reads the lecture of a link. */
function open(link: string) {
  const { view, problems } = decode(link);
  const { problems: own, ...lecture } = readLecturePairs(view.lecture ?? [], panels);
  return { lecture, problems: [...problems, ...own] };
}

/** Links of lectures that were once given out. They stay for ever. */
const golden: readonly { readonly link: string; readonly lecture: Lecture }[] = [
  {
    link: '#/run?v=1&p=long-prompt-stall&bm.118=The_long_prompt_arrives.&t=118&eng=1',
    lecture: {
      bookmarks: [{ step: 118, text: 'The long prompt arrives.', question: null }],
      staging: plainStaging,
    },
  },
  {
    link: '#/run?v=1&p=long-prompt-stall&bm.0=Calm&ask.140=2~What_happens_to_the_others%3F~sooner~later~the_same&because.140=One_step_computes_8,192_tokens.&present=1&hide=rail,kv&lock=rate,engine&eng=1',
    lecture: {
      bookmarks: [
        { step: 0, text: 'Calm', question: null },
        {
          step: 140,
          text: 'What happens to the others?',
          question: {
            choices: ['sooner', 'later', 'the same'],
            answer: 1,
            because: 'One step computes 8,192 tokens.',
          },
        },
      ],
      staging: { isPresenting: true, hidden: ['rail', 'kv'], locked: ['rate', 'engine'] },
    },
  },
  {
    link: '#/run?v=1&p=long-prompt-stall&bm.7=%E9%A2%84%E5%A1%AB%E5%85%85_max*_num*_seqs_*~_4_**_2&lock=all&eng=1',
    lecture: {
      bookmarks: [{ step: 7, text: '预填充 max_num_seqs ~ 4 * 2', question: null }],
      staging: { ...plainStaging, locked: ['all'] },
    },
  },
];

const text = (most: number) =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((each) => each.trim() !== '' && [...each].length <= most);
const anyQuestion = fc
  .record({
    choices: fc.array(text(lectureLimits.choiceCharacters), { minLength: 2, maxLength: lectureLimits.choices }),
    because: fc.oneof(fc.constant(''), text(40)),
    place: fc.nat(),
  })
  .map(({ choices, because, place }) => ({ choices, because, answer: place % choices.length }));
const anyBookmark: fc.Arbitrary<Bookmark> = fc.record({
  step: fc.nat(),
  text: text(40),
  question: fc.option(anyQuestion),
});
const anyLecture: fc.Arbitrary<Lecture> = fc.record({
  bookmarks: fc
    .uniqueArray(anyBookmark, { maxLength: 8, selector: ({ step }) => step })
    .map((all) => all.sort((a, b) => a.step - b.step)),
  staging: fc.record({
    isPresenting: fc.boolean(),
    hidden: fc.subarray(['rail', ...panels]),
    locked: fc.oneof(fc.subarray(['rate', 'engine', 'seed']), fc.constant(['all'])),
  }),
});

describe('golden links of lectures', () => {
  it.each(golden)('read $link', ({ link, lecture }) => {
    expect(open(link)).toEqual({ lecture, problems: [] });
  });
  it.each(golden)('write $link', ({ link, lecture }) => {
    const { knobs, view } = decode(link);
    expect(encode(knobs, { ...view, lecture: lecturePairs(lecture) })).toBe(link);
  });
});

describe('lectures', () => {
  it('come back from links and from files', () => {
    fc.assert(
      fc.property(anyLecture, (lecture) => {
        expect(open(encode(stall, { lecture: lecturePairs(lecture) }))).toEqual({ lecture, problems: [] });
        const file = decodeFile(new TextDecoder().decode(encodeFile(stall, undefined, lecture)), 'a.json');
        if (!file.ok) throw new Error('not read');
        const said = file.value.lecture;
        expect(said).toEqual(lectureData(lecture));
        if (said !== undefined) expect(readLectureData(said, panels, 'a.json')).toEqual({ ...lecture, problems: [] });
      }),
    );
  });

  it('are kept by a link as they are', () => {
    const [{ link }] = golden;
    const { knobs, view } = decode(link);
    expect(encode(knobs, view)).toBe(link);
  });

  it('survive any text', () => {
    const piece = fc.tuple(
      fc.constantFrom('bm.1', 'ask.1', 'ask.2', 'because.2', 'bm.', 'hide', 'lock', 'present'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pairs) => {
        const read = readLecturePairs(pairs, panels);
        // What was read is written as it is read again, without a problem.
        const again = readLecturePairs(lecturePairs(read), panels);
        expect(again).toEqual({ bookmarks: read.bookmarks, staging: read.staging, problems: [] });
      }),
    );
  });

  it('hold their bookmarks by step, one a step', () => {
    const at = (step: number): Bookmark => ({ step, text: String(step), question: null });
    const three = [9, 1, 4].reduce<readonly Bookmark[]>((all, step) => withBookmark(all, at(step)), []);
    expect(three.map(({ step }) => step)).toEqual([1, 4, 9]);
    const other = { ...at(4), text: 'other' };
    expect(withBookmark(three, other)).toEqual([at(1), other, at(9)]);
    expect(withoutBookmark(three, 4)).toEqual([at(1), at(9)]);
  });

  it('say what keeps a bookmark from being kept', () => {
    const ask = (text: string, ...choices: string[]): Bookmark => ({
      step: 0,
      text,
      question: { choices, answer: 0, because: '' },
    });
    expect(faultOf({ step: 0, text: ' ', question: null })).toBe('no-text');
    expect(faultOf(ask('What?', 'one'))).toBe('few-choices');
    expect(faultOf(ask('What?', 'one', ''))).toBe('empty-choice');
    expect(faultOf(ask('What?', 'one', 'two'))).toBeNull();
  });

  it('know their keys and their locks', () => {
    expect(['bm.1', 'ask.x', 'because.', 'present', 'hide', 'lock'].every(isLectureKey)).toBe(true);
    expect(['bm', 'b.rate', 'presently', 'locks'].some(isLectureKey)).toBe(false);
    const staging = { ...plainStaging, locked: ['rate'] };
    expect([isLocked(staging, 'rate'), isLocked(staging, 'seed')]).toEqual([true, false]);
    expect(isLocked({ ...staging, locked: ['all'] }, 'seed')).toBe(true);
  });
});

describe('bad lectures', () => {
  const problemsOf = (query: string) => open(`#/run?p=tiny-paged&${query}`).problems.map((p) => [p.code, p.field]);

  it.each([
    ['bm.one=Text', 'invalid-value', 'bm.one'],
    ['bm.-1=Text', 'invalid-value', 'bm.-1'],
    ['bm.1=', 'truncated-link', 'bm.1'],
    ['bm.1=_', 'invalid-value', 'bm.1'],
    ['bm.1=a&ask.1=1~a~b~c', 'invalid-value', 'ask.1'],
    ['ask.1=What', 'invalid-value', 'ask.1'],
    ['ask.1=3~What~one~two', 'invalid-value', 'ask.1'],
    ['ask.1=1~What~one', 'invalid-value', 'ask.1'],
    ['ask.1=1~What~1~2~3~4~5~6~7', 'out-of-range', 'ask.1'],
    ['because.1=So', 'invalid-value', 'because.1'],
    ['bm.1=a&because.1=So', 'invalid-value', 'because.1'],
    ['present=yes', 'invalid-value', 'present'],
    ['hide=kv,nothing', 'invalid-value', 'hide'],
    ['lock=warp', 'invalid-value', 'lock'],
  ])('are reported: %s', (query, code, field) => {
    expect(problemsOf(query)).toEqual([[code, field]]);
  });

  it('keep what can be read', () => {
    const { lecture } = open('#/run?p=tiny-paged&bm.1=a&ask.2=9~What~one~two&hide=kv,nothing&lock=rate,warp');
    expect(lecture).toEqual({
      bookmarks: [
        { step: 1, text: 'a', question: null },
        // A question without a right answer is still a sentence.
        { step: 2, text: 'What', question: null },
      ],
      staging: { isPresenting: false, hidden: ['kv'], locked: ['rate'] },
    });
  });

  it('are cut where they hold too much', () => {
    const many = Array.from({ length: 50 }, (_, i) => `bm.${i}=${i === 3 ? 'x'.repeat(500) : 'x'}`).join('&');
    const { lecture, problems } = open(`#/run?p=tiny-paged&${many}`);
    expect(lecture.bookmarks).toHaveLength(lectureLimits.bookmarks);
    expect(lecture.bookmarks[3].text).toHaveLength(lectureLimits.textCharacters);
    expect(problems.map(({ code, field, found, used }) => [code, field, found, used])).toEqual([
      ['out-of-range', 'bm.3', '500', '240'],
      ['out-of-range', 'bm', '50', '40'],
    ]);
  });

  it('say that a link ends within a text', () => {
    const link = encode(stall, { lecture: lecturePairs(golden[0].lecture) });
    const cut = decode(link.slice(0, link.indexOf('arrives')));
    expect(cut.problems.map(({ code, field }) => [code, field])).toEqual([['truncated-link', 'bm.118']]);
  });

  it('in a file are reported by their place', () => {
    const read = (data: unknown) => readLectureData(data, panels, 'a.json');
    expect(read([]).problems[0]).toMatchObject({ code: 'invalid-value', field: 'lecture', where: 'a.json' });
    const { bookmarks, problems } = read({
      bookmarks: [
        { step: 4, text: 'good' },
        { step: 'x' },
        { step: 4, text: 'again' },
        { step: 5, text: 'q', choices: ['a'], answer: 1 },
      ],
      hide: 'kv',
      lock: ['nothing'],
    });
    expect(bookmarks.map(({ step, question }) => [step, question])).toEqual([
      [4, null],
      [5, null],
    ]);
    expect(problems.map(({ field }) => field)).toEqual([
      'lecture.bookmarks.1',
      'lecture.bookmarks.2',
      'lecture.bookmarks.3',
      'lecture.hide',
      'lecture.lock',
    ]);
  });
});
