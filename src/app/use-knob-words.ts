import { useMemo } from 'react';
import { useStore } from 'zustand';
import { type MessageKey, translator } from '../i18n/i18n.ts';
import { engineOf } from '../scenario/engines/engines.ts';
import type { KnobEntry, Text } from '../scenario/knob-entry.ts';
import { isOwn, nameInOwn } from '../scenario/own/text.ts';
import { choiceKey, helpKey, labelKey, zeroKey } from '../scenario/registry.ts';
import { type ModelId, models } from '../sim/gpu/model.ts';
import { preferencesStore } from '../state/preferences.ts';

/** The entry of a list that opens a form rather than being a value. */
export const ownChoice = 'own';

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

export function knobWords(language: keyof Text): KnobWords {
  // Every shared knob has its messages, and every choice: the registry's own test sees to that.
  const message = (key: string) => translator(language)(key as MessageKey);
  return {
    text: (text) => text[language],
    label: (entry) => entry.text?.label[language] ?? message(labelKey(entry.name)),
    help: (entry) => entry.text?.help[language] ?? message(helpKey(entry.name)),
    choice: (entry, choice) => {
      if (entry.name === 'engine') return engineOf(choice)?.name[language] ?? choice;
      // A model's name is the same in every language.
      if (choice === ownChoice) return message('choice.own');
      if (isOwn(choice)) return nameInOwn(choice);
      if (entry.name === 'model') return Object.hasOwn(models, choice) ? models[choice as ModelId].name : choice;
      return entry.text === undefined
        ? message(choiceKey(entry.name, choice))
        : (entry.text.choices?.[choice]?.[language] ?? choice);
    },
    zero: (entry) => {
      if (entry.text !== undefined) return entry.text.zero?.[language] ?? null;
      const key = zeroKey(entry.name);
      return key === null ? null : message(key);
    },
  };
}

/** The words of knobs in the chosen language. */
export function useKnobWords(): KnobWords {
  const language = useStore(preferencesStore, (s) => s.language);
  return useMemo(() => knobWords(language), [language]);
}
