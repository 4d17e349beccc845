import { knobs } from '../i18n/messages/knobs.ts';
import { engines } from '../scenario/engines/engines.ts';
import { fleetWords } from '../scenario/fleet/knobs.ts';
import type { KnobTexts } from '../scenario/glossary/search.ts';
import type { KnobEntry, KnobText, Text } from '../scenario/knob-entry.ts';
import { helpKey, isShared, labelKey } from '../scenario/registry.ts';

/** Words of every knob. The command line has those of shared knobs in English only. */
export async function glossaryWords(): Promise<KnobTexts> {
  const own: Readonly<Record<string, KnobText>> = Object.assign(
    {},
    ...(await Promise.all([fleetWords(), ...engines().map((engine) => engine.words?.())])),
  );
  const messages: Readonly<Record<string, string>> = knobs.en;
  const english = (text: string): Text => ({ en: text, zh: text });
  const of = (entry: KnobEntry, part: 'label' | 'help', key: string) =>
    isShared(entry) ? english(messages[key]) : (entry.text ?? own[entry.name])[part];
  return {
    label: (entry) => of(entry, 'label', labelKey(entry.name)),
    help: (entry) => of(entry, 'help', helpKey(entry.name)),
  };
}
