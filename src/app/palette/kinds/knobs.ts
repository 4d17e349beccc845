import { engines } from '../../../scenario/engines/engines.ts';
import type { KnobEntry } from '../../../scenario/knob-entry.ts';
import { isLocked } from '../../../scenario/lecture.ts';
import { choicesOf, flagOf, hasKnob, isRead, knobValue, registry } from '../../../scenario/registry.ts';
import { goToKnob, hasKnobPlace } from '../../go-to-knob.ts';
import { valueText } from '../../knob-text.ts';
import { knobWords } from '../../use-knob-words.ts';
import { once, type PaletteContext, type PaletteEntry } from '../entry.ts';

/** Goes to a knob. It is found by its names, by its flag in any engine, and by what it can be set to. */
export const knobs = once((context) => [
  { heading: context.t('palette.knobs'), entries: registry().map((entry) => paletteEntry(entry, context)) },
]);

function paletteEntry(entry: KnobEntry, context: PaletteContext): PaletteEntry {
  const { session, language, languages, t, format } = context;
  const { knobs: set } = session.scenario.getState();
  const inWords = languages.map((each) => knobWords(each));
  const flag = flagOf(entry, set.engine);
  const flags = engines().map(({ id }) => flagOf(entry, id));
  const choices = entry.type === 'choice' ? choicesOf(entry, set) : [];
  const names = [
    ...inWords.map((words) => words.label(entry)),
    flag,
    entry.name,
    ...flags,
    // An engine is an entry of its own.
    ...(entry.name === 'engine'
      ? []
      : choices.flatMap((choice) => inWords.map((words) => words.choice(entry, choice)))),
  ];
  return {
    id: `knob.${entry.name}`,
    names: [...new Set(names.filter((name) => name !== undefined))],
    detail: isRead(entry, set) ? valueText(entry, knobValue(set, entry), knobWords(language), t, format) : undefined,
    code: flag,
    obstacle: obstacleOf(entry, context),
    choose: () => goToKnob(entry.name),
  };
}

function obstacleOf(entry: KnobEntry, { session, language, t }: PaletteContext): string | undefined {
  const { knobs: set, staging } = session.scenario.getState();
  if (!isRead(entry, set)) {
    const readers = engines().filter((engine) => hasKnob(engine, entry));
    if (readers.length === 0 || readers.some(({ id }) => id === set.engine)) return t('palette.notRead');
    return t('palette.readBy', { engines: readers.map(({ name }) => name[language]).join(t('palette.comma')) });
  }
  if (isLocked(staging, entry.name)) return t('obstacle.locked');
  return hasKnobPlace(staging) ? undefined : t('obstacle.hidden');
}
