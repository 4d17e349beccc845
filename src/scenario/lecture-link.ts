/**
 * A lecture in a link and in a scenario file.
 *
 *     bm.118=The_long_prompt_arrives                     a caption at step 118
 *     ask.140=2~How_long_do_the_others_wait?~less~more   a question; the second choice is right
 *     because.140=The_chunk_fills_the_budget.            what is said after the answer
 *     present=1  hide=rail,latency  lock=rate,engine     how the page is set; lock=all for every knob
 *
 * In texts `_` is a space and `~` parts fields; `*` in front of one of `_ ~ *` means the character itself. So most texts
 * need no percent signs. In a file the same is plain JSON: `{ "bookmarks": [{ "step", "text", "choices", "answer", "because" }],
 * "present", "hide", "lock" }`, with answers counted from 1, as in links.
 */

import { type Bookmark, plainStaging, type Question, type Staging } from './lecture.ts';
import type { Pair } from './link.ts';
import type { Problem, ProblemCode } from './problem.ts';
import { findKnob } from './registry.ts';

export interface Lecture {
  readonly bookmarks: readonly Bookmark[];
  readonly staging: Staging;
}

export interface ReadLecture extends Lecture {
  readonly problems: readonly Problem[];
}

/** What a lecture may hold. A link of all this would be too long to send, but it is still read. */
export const lectureLimits = {
  bookmarks: 40,
  textCharacters: 240,
  choices: 6,
  choiceCharacters: 80,
} as const;

/** Parts of the page that can be left out, beside panels. */
export const rail = 'rail';

type Report = (code: ProblemCode, field: string, found: string, expected: string, used?: string) => void;

/** The bookmarks with one more, or with another one at its step; by step. */
export function withBookmark(bookmarks: readonly Bookmark[], bookmark: Bookmark): readonly Bookmark[] {
  return [...withoutBookmark(bookmarks, bookmark.step), bookmark].sort((a, b) => a.step - b.step);
}

export function withoutBookmark(bookmarks: readonly Bookmark[], step: number): readonly Bookmark[] {
  return bookmarks.filter((each) => each.step !== step);
}

/** What keeps a bookmark from being kept; null where nothing does. */
export function faultOf({ text, question }: Bookmark): 'no-text' | 'few-choices' | 'empty-choice' | null {
  if (text.trim() === '') return 'no-text';
  if (question === null) return null;
  if (question.choices.length < 2) return 'few-choices';
  return question.choices.some((choice) => choice.trim() === '') ? 'empty-choice' : null;
}

/** The lecture's pairs of a link. */
export function lecturePairs({ bookmarks, staging }: Lecture): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const { step, text, question } of bookmarks) {
    if (question === null) {
      pairs.push([`bm.${step}`, join([text])]);
      continue;
    }
    pairs.push([`ask.${step}`, join([String(question.answer + 1), text, ...question.choices])]);
    if (question.because !== '') pairs.push([`because.${step}`, join([question.because])]);
  }
  if (staging.isPresenting) pairs.push(['present', '1']);
  if (staging.hidden.length > 0) pairs.push(['hide', staging.hidden.join(',')]);
  if (staging.locked.length > 0) pairs.push(['lock', staging.locked.join(',')]);
  return pairs;
}

/** Reads such pairs. `panels` are the names of panels. What cannot be read is reported and left out. */
export function readLecturePairs(pairs: readonly Pair[], panels: readonly string[]): ReadLecture {
  const problems: Problem[] = [];
  const report: Report = (code, field, found, expected, used) =>
    problems.push({ code, where: 'link', field, found: short(found), expected, used });
  let bookmarks: readonly Bookmark[] = [];
  const reasons = new Map<number, Pair>();
  let staging = plainStaging;
  for (const [key, value] of pairs) {
    const [kind, place] = halves(key);
    if (kind === 'present') {
      if (value === '1') staging = { ...staging, isPresenting: true };
      else if (value !== '0') report('invalid-value', key, value, '1');
    } else if (kind === 'hide') staging = { ...staging, hidden: knownParts(value.split(','), panels, key, report) };
    else if (kind === 'lock') staging = { ...staging, locked: knownKnobs(value.split(','), key, report) };
    else {
      const step = stepOf(place);
      const fields = split(value);
      if (step === null) report('invalid-value', key, place, 'step number, 0 or more');
      else if (value === '') report('truncated-link', key, value, 'text');
      else if (kind === 'because') reasons.set(step, [key, fields.join('~')]);
      else if (bookmarks.some((each) => each.step === step)) report('invalid-value', key, value, 'one bookmark a step');
      else {
        const bookmark =
          kind === 'bm'
            ? checked({ step, text: fields.join('~'), question: null }, key, report)
            : checked(asked(step, fields), key, report);
        if (bookmark !== null) bookmarks = withBookmark(bookmarks, bookmark);
      }
    }
  }
  for (const [step, [key, because]] of reasons) {
    const bookmark = bookmarks.find((each) => each.step === step);
    if (bookmark === undefined || bookmark.question === null)
      report('invalid-value', key, because, `ask.${step} in the same link`);
    else {
      const text = limited(because, lectureLimits.textCharacters, key, report);
      bookmarks = withBookmark(bookmarks, { ...bookmark, question: { ...bookmark.question, because: text } });
    }
  }
  return { bookmarks: limitedCount(bookmarks, report), staging, problems };
}

/** The lecture as plain data for a file; undefined where there is none. */
export function lectureData({ bookmarks, staging }: Lecture): Readonly<Record<string, unknown>> | undefined {
  const { isPresenting, hidden, locked } = staging;
  const data = {
    ...(bookmarks.length > 0 ? { bookmarks: bookmarks.map(bookmarkData) } : {}),
    ...(isPresenting ? { present: true } : {}),
    ...(hidden.length > 0 ? { hide: hidden } : {}),
    ...(locked.length > 0 ? { lock: locked } : {}),
  };
  return Object.keys(data).length === 0 ? undefined : data;
}

function bookmarkData({ step, text, question }: Bookmark) {
  if (question === null) return { step, text };
  const { choices, answer, because } = question;
  return { step, text, choices, answer: answer + 1, ...(because === '' ? {} : { because }) };
}

/** Reads such data. What cannot be read is reported and left out. */
export function readLectureData(data: unknown, panels: readonly string[], where: string): ReadLecture {
  const problems: Problem[] = [];
  const report: Report = (code, field, found, expected, used) =>
    problems.push({ code, where, field: `lecture.${field}`, found: short(found), expected, used });
  if (!isRecord(data)) {
    problems.push({ code: 'invalid-value', where, field: 'lecture', found: short(asText(data)), expected: '{...}' });
    return { bookmarks: [], staging: plainStaging, problems };
  }
  let bookmarks: readonly Bookmark[] = [];
  const listed = data.bookmarks ?? [];
  if (!Array.isArray(listed)) report('invalid-value', 'bookmarks', asText(listed), '[...]');
  else
    listed.forEach((each: unknown, i) => {
      const field = `bookmarks.${i}`;
      const bookmark = bookmarkOf(each);
      if (bookmark === null) report('invalid-value', field, asText(each), '{ "step", "text" }');
      else if (bookmarks.some(({ step }) => step === bookmark.step))
        report('invalid-value', field, asText(each), 'one bookmark a step');
      else {
        const good = checked(bookmark, field, report);
        if (good !== null) bookmarks = withBookmark(bookmarks, good);
      }
    });
  const staging: Staging = {
    isPresenting: data.present === true,
    hidden: knownParts(names(data.hide, 'hide', report), panels, 'hide', report),
    locked: knownKnobs(names(data.lock, 'lock', report), 'lock', report),
  };
  return { bookmarks: limitedCount(bookmarks, report), staging, problems };
}

function bookmarkOf(data: unknown): Bookmark | null {
  if (!isRecord(data)) return null;
  const { step, text, choices, answer, because = '' } = data;
  if (typeof step !== 'number' || !Number.isSafeInteger(step) || step < 0 || typeof text !== 'string') return null;
  if (choices === undefined) return { step, text, question: null };
  if (!isTexts(choices) || typeof because !== 'string') return null;
  const place = typeof answer === 'number' ? answer - 1 : -1;
  return { step, text, question: { choices, answer: place, because } };
}

function names(value: unknown, field: string, report: Report): readonly string[] {
  if (value === undefined) return [];
  if (isTexts(value)) return value;
  report('invalid-value', field, asText(value), '["name", ...]');
  return [];
}

function asked(step: number, [answer = '', text = '', ...choices]: readonly string[]): Bookmark {
  return { step, text, question: { choices, answer: (stepOf(answer) ?? 0) - 1, because: '' } };
}

/** A bookmark within the limits, or null if nothing can be made of it. */
function checked(bookmark: Bookmark, field: string, report: Report): Bookmark | null {
  const { step, question } = bookmark;
  const text = limited(bookmark.text, lectureLimits.textCharacters, field, report);
  if (text.trim() === '') {
    report('invalid-value', field, text, 'text');
    return null;
  }
  if (question === null) return { step, text, question };
  const choices = question.choices
    .slice(0, lectureLimits.choices)
    .map((choice) => limited(choice, lectureLimits.choiceCharacters, field, report));
  if (question.choices.length > choices.length)
    report('out-of-range', field, String(question.choices.length), `2..${lectureLimits.choices} choices`);
  const { answer } = question;
  const because = limited(question.because, lectureLimits.textCharacters, field, report);
  const asked: Question = { choices, answer, because };
  if (faultOf({ step, text, question: asked }) !== null || !(Number.isInteger(answer) && answer in choices)) {
    // What is asked cannot be answered: the text stays, as a caption.
    const expected = 'number of the right choice, question, and 2 choices or more';
    report('invalid-value', field, [String(answer + 1), text, ...choices].join('~'), expected);
    return { step, text, question: null };
  }
  return { step, text, question: asked };
}

function limited(text: string, most: number, field: string, report: Report): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  report('out-of-range', field, String(characters.length), `1..${most} characters`, String(most));
  return characters.slice(0, most).join('');
}

function limitedCount(bookmarks: readonly Bookmark[], report: Report): readonly Bookmark[] {
  const most = lectureLimits.bookmarks;
  if (bookmarks.length > most)
    report('out-of-range', 'bm', String(bookmarks.length), `0..${most} bookmarks`, String(most));
  return bookmarks.slice(0, most);
}

/** Names without those that are none, each once. */
function knownParts(found: readonly string[], panels: readonly string[], field: string, report: Report) {
  return known(found, (name) => name === rail || panels.includes(name), [...panels, rail].join('|'), field, report);
}

function knownKnobs(found: readonly string[], field: string, report: Report) {
  const isKnown = (name: string) => name === 'all' || findKnob(name) !== undefined;
  const knobs = known(found, isKnown, 'names of knobs, or all', field, report);
  return knobs.includes('all') ? ['all'] : knobs;
}

function known(
  found: readonly string[],
  isKnown: (name: string) => boolean,
  expected: string,
  field: string,
  report: Report,
): readonly string[] {
  for (const name of found) if (!isKnown(name)) report('invalid-value', field, name, expected);
  return [...new Set(found.filter(isKnown))];
}

const special = /[_~*]/g;

/** Texts as one value: see the head of the file. */
function join(texts: readonly string[]): string {
  return texts.map((text) => text.replace(special, '*$&').replaceAll(' ', '_')).join('~');
}

function split(value: string): readonly string[] {
  const fields = [''];
  for (let i = 0; i < value.length; i++) {
    const character = value[i];
    if (character === '~') fields.push('');
    else if (character === '_') fields[fields.length - 1] += ' ';
    else fields[fields.length - 1] += character === '*' && i + 1 < value.length ? value[++i] : character;
  }
  return fields;
}

function halves(key: string): readonly [string, string] {
  const dot = key.indexOf('.');
  return dot < 0 ? [key, ''] : [key.slice(0, dot), key.slice(dot + 1)];
}

function stepOf(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
