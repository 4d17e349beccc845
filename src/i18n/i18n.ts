/** Typed messages. Keys come from the English tables; a missing Chinese text is a type error. */

import { app } from './messages/app.ts';
import { calibrate } from './messages/calibrate.ts';
import { decisions } from './messages/decisions.ts';
import { engines } from './messages/engines.ts';
import { headlines } from './messages/headlines.ts';
import { knobs } from './messages/knobs.ts';
import { learned } from './messages/learned.ts';
import { panelsA } from './messages/panels-a.ts';
import { panelsB } from './messages/panels-b.ts';
import { problems } from './messages/problems.ts';

export type Language = 'en' | 'zh';

const tables = {
  en: {
    ...app.en,
    ...calibrate.en,
    ...decisions.en,
    ...engines.en,
    ...headlines.en,
    ...knobs.en,
    ...learned.en,
    ...panelsA.en,
    ...panelsB.en,
    ...problems.en,
  },
  zh: {
    ...app.zh,
    ...calibrate.zh,
    ...decisions.zh,
    ...engines.zh,
    ...headlines.zh,
    ...knobs.zh,
    ...learned.zh,
    ...panelsA.zh,
    ...panelsB.zh,
    ...problems.zh,
  },
} as const satisfies Record<Language, Record<string, string>>;

export type MessageKey = keyof (typeof tables)['en'];
export type Values = Readonly<Record<string, string | number>>;

/** The text of a message with its `{placeholders}` filled in. Numbers are written as they come: format them before. */
export function translate(language: Language, key: MessageKey, values?: Values): string {
  const text: string = (tables[language] as Record<MessageKey, string>)[key];
  return values === undefined ? text : text.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

/** A message function bound to a language. */
export type Translate = (key: MessageKey, values?: Values) => string;

export function translator(language: Language): Translate {
  return (key, values) => translate(language, key, values);
}
