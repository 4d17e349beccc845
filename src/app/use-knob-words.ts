import { useMemo } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { type MessageKey, translator } from '../i18n/i18n.ts';
import { engineOf } from '../scenario/engines/engines.ts';
import type { EngineEntry } from '../scenario/engines/entry.ts';
import { fleetWords } from '../scenario/fleet/knobs.ts';
import type { KnobEntry, KnobText, Text } from '../scenario/knob-entry.ts';
import { isOwn, nameInOwn } from '../scenario/own/text.ts';
import { choiceKey, helpKey, isShared, labelKey, zeroKey } from '../scenario/registry.ts';
import { type ModelId, models } from '../sim/gpu/model.ts';
import { preferencesStore } from '../state/preferences.ts';

/** The entry of a list that opens a form rather than being a value. */
export const ownChoice = 'own';

/** Whether a choice can be a thing of one's own; `own` of any other knob is a value like the others. */
export function hasOwn(entry: KnobEntry): boolean {
  return entry.type === 'choice' && entry.own !== undefined;
}

/** The words of a knob: an engine's own brings them along, those of the others are messages. */
export interface KnobWords {
  label(entry: KnobEntry): string;
  help(entry: KnobEntry): string;
  choice(entry: KnobEntry, choice: string): string;
  /** What 0 means, or null if it is the number nought. */
  zero(entry: KnobEntry): string | null;
  /** A text that comes with an entry. */
  text(text: Text): string;
}

type Words = Readonly<Record<string, KnobText>>;

/** Words of knobs that came later, by knob. */
const engineWords = createStore<Words>(() => ({}));

/** Sees to it that the words of an engine's own knobs, and of a fleet's, are there; until then a knob is called as in links. */
export async function loadWords(engine: EngineEntry | undefined): Promise<void> {
  const [ofEngine, ofFleet] = await Promise.all([engine?.words?.(), fleetWords()]);
  engineWords.setState({ ...ofEngine, ...ofFleet });
}

export function knobWords(language: keyof Text, loaded: Words = engineWords.getState()): KnobWords {
  // Every shared knob has its messages, and every choice: the registry's own test sees to that.
  const message = (key: string) => translator(language)(key as MessageKey);
  const textOf = (entry: KnobEntry): KnobText | undefined => entry.text ?? loaded[entry.name];
  return {
    text: (text) => text[language],
    label: (entry) =>
      isShared(entry) ? message(labelKey(entry.name)) : (textOf(entry)?.label[language] ?? entry.name),
    help: (entry) => (isShared(entry) ? message(helpKey(entry.name)) : (textOf(entry)?.help[language] ?? '')),
    choice: (entry, choice) => {
      if (entry.name === 'engine') return engineOf(choice)?.name[language] ?? choice;
      // A model's name is the same in every language.
      if (choice === ownChoice && hasOwn(entry)) return message('choice.own');
      if (isOwn(choice)) return nameInOwn(choice);
      if (entry.name === 'model') return Object.hasOwn(models, choice) ? models[choice as ModelId].name : choice;
      if (isShared(entry)) return message(choiceKey(entry.name, choice));
      const own = textOf(entry)?.choices?.[choice]?.[language];
      const isNamedAs = own === undefined && entry.type === 'choice' && entry.namedAs !== undefined;
      return isNamedAs ? message(choiceKey(entry.namedAs, choice)) : (own ?? choice);
    },
    zero: (entry) => {
      if (!isShared(entry)) return textOf(entry)?.zero?.[language] ?? null;
      const key = zeroKey(entry.name);
      return key === null ? null : message(key);
    },
  };
}

/** The words of knobs in the chosen language. */
export function useKnobWords(): KnobWords {
  const language = useStore(preferencesStore, (s) => s.language);
  const loaded = useStore(engineWords);
  return useMemo(() => knobWords(language, loaded), [language, loaded]);
}
