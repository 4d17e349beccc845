/** Typed messages. Keys come from the English tables; a missing Chinese text is a type error. */

import { app } from './messages/app.ts';
import type { band } from './messages/band.ts';
import type { calibrate } from './messages/calibrate.ts';
import type { calibrateFit } from './messages/calibrate-fit.ts';
import type { commandTexts } from './messages/commands.ts';
import type { compared } from './messages/compared.ts';
import type { comparison } from './messages/comparison.ts';
import { decisions } from './messages/decisions.ts';
import type { engines } from './messages/engines.ts';
import type { events } from './messages/events.ts';
import type { fleet } from './messages/fleet.ts';
import type { gallery } from './messages/gallery.ts';
import type { glossary } from './messages/glossary.ts';
import type { guide } from './messages/guide.ts';
import type { hashChain } from './messages/hash-chain.ts';
import type { headlines } from './messages/headlines.ts';
import type { help } from './messages/help.ts';
import { knobs } from './messages/knobs.ts';
import type { kvColours } from './messages/kv-colours.ts';
import type { layouts } from './messages/layouts.ts';
import type { learned } from './messages/learned.ts';
import type { lecture } from './messages/lecture.ts';
import type { memory } from './messages/memory.ts';
import type { motion } from './messages/motion.ts';
import type { own } from './messages/own.ts';
import type { palette } from './messages/palette.ts';
import { panelsA } from './messages/panels-a.ts';
import { panelsB } from './messages/panels-b.ts';
import type { policy } from './messages/policy.ts';
import type { presetSentences } from './messages/preset-sentences.ts';
import type { problems } from './messages/problems.ts';
import type { roofline } from './messages/roofline.ts';
import type { sheet } from './messages/sheet.ts';
import type { strip } from './messages/strip.ts';
import type { sweep } from './messages/sweep.ts';
import type { timeline } from './messages/timeline.ts';
import type { tree } from './messages/tree.ts';
import type { why } from './messages/why.ts';

export type Language = 'en' | 'zh';

/** What the page needs at once, in English; in Chinese it comes by `loadLanguage`. */
const first = {
  en: { ...app.en, ...decisions.en, ...knobs.en, ...panelsA.en, ...panelsB.en },
} as const;

/** Areas that come with the dialog that uses them, by `addMessages`; the first visit does not load them. */
type Later =
  | typeof band
  | typeof calibrate
  | typeof calibrateFit
  | typeof compared
  | typeof commandTexts
  | typeof comparison
  | typeof engines
  | typeof events
  | typeof fleet
  | typeof gallery
  | typeof glossary
  | typeof hashChain
  | typeof headlines
  | typeof kvColours
  | typeof guide
  | typeof help
  | typeof layouts
  | typeof learned
  | typeof memory
  | typeof lecture
  | typeof motion
  | typeof own
  | typeof palette
  | typeof policy
  | typeof presetSentences
  | typeof problems
  | typeof strip
  | typeof sweep
  | typeof roofline
  | typeof sheet
  | typeof timeline
  | typeof tree
  | typeof why;

type KeyOf<A> = A extends { readonly en: infer T } ? keyof T : never;
export type MessageKey = KeyOf<typeof first> | KeyOf<Later>;
export type Values = Readonly<Record<string, string | number>>;

const tables: Readonly<Record<Language, Record<string, string>>> = { en: { ...first.en }, zh: {} };

/** Sees to it that the texts of a language are there; rejects where they cannot be loaded. Await it before a language is shown first. */
export async function loadLanguage(language: Language): Promise<void> {
  if (language === 'en') return;
  const { first: chinese } = await import('./messages/zh/first.ts');
  Object.assign(tables.zh, chinese);
}

/** Adds an area that is loaded with what uses it. Again is the same as once. */
export function addMessages(area: Later): void {
  Object.assign(tables.en, area.en);
  Object.assign(tables.zh, area.zh);
}

/** The text of a message with its `{placeholders}` filled in. Numbers are written as they come: format them before. */
export function translate(language: Language, key: MessageKey, values?: Values): string {
  const text = tables[language][key];
  if (text === undefined) throw new Error(`the messages of ${key} are not loaded`);
  return values === undefined ? text : filled(text, values);
}

/** Messages cut at their holes: plain text and names in turn. They are filled by the hundred while a run plays. */
const cuts = new Map<string, readonly string[]>();

function filled(text: string, values: Values): string {
  let cut = cuts.get(text);
  if (cut === undefined) {
    cut = text.split(/\{(\w+)\}/);
    cuts.set(text, cut);
  }
  let whole = cut[0];
  for (let i = 1; i < cut.length; i += 2) whole += `${values[cut[i]] ?? `{${cut[i]}}`}${cut[i + 1]}`;
  return whole;
}

/** A message function bound to a language. */
export type Translate = (key: MessageKey, values?: Values) => string;

export function translator(language: Language): Translate {
  return (key, values) => translate(language, key, values);
}
