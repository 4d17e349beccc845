import type { Language, MessageKey, Translate, Values } from './i18n.ts';

/** Messages that exist in the forms `.one` and `.other`. */
export type PluralKey = { [K in MessageKey]: K extends `${infer Base}.other` ? Base : never }[MessageKey];

const rules: Readonly<Record<Language, Intl.PluralRules>> = {
  en: new Intl.PluralRules('en'),
  zh: new Intl.PluralRules('zh-CN'),
};

/** The form of a message that the language uses for `count`. The number itself is written by `values`. */
export function plural(t: Translate, language: Language, key: PluralKey, count: number, values?: Values): string {
  const form = rules[language].select(count) === 'one' ? 'one' : 'other';
  return t(`${key}.${form}` as MessageKey, values);
}
