import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import type { EngineEntry } from '../scenario/engines/entry.ts';
import type { GlossaryKnob } from '../scenario/glossary/glossary.ts';
import type { KnobEntry } from '../scenario/knob-entry.ts';
import { defaultOf, isRead, knobValue } from '../scenario/registry.ts';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import { Fact } from './glossary-parts.tsx';
import { valueText } from './knob-text.ts';
import { useKnobWords } from './use-knob-words.ts';

/** Engines that are named one by one; of more the first and the number are. */
const mostNamed = 3;

/** What is fixed of a knob: flags, range, default; and what it is set to now. */
export function GlossaryKnobFacts({ knob: { entry, engine, flags } }: { readonly knob: GlossaryKnob }) {
  const t = useT();
  const words = useKnobWords();
  const format = useFormat();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const inWords = (value: KnobEntry['default']) => valueText(entry, value, words, t, format);
  const zero = words.zero(entry);
  const standard = inWords(defaultOf(entry, engine?.id ?? knobs.engine));
  const hasRule = (entry.type === 'integer' || entry.type === 'number') && entry.rule !== undefined;

  const those = (engines: readonly EngineEntry[]) => {
    const names = engines.map(({ name }) => words.text(name));
    if (names.length <= mostNamed) return names.join(t('glossary.comma'));
    return t('glossary.ofEngines', { first: names[0], count: names.length - (format.language === 'zh' ? 0 : 1) });
  };

  return (
    <>
      <Fact name={t('glossary.flag')}>
        {flags.length === 0
          ? t('glossary.noFlag')
          : flags.map(({ flag, engines }) => (
              <span key={flag} className="glossary-flag">
                <code>{flag}</code>
                {engine === undefined && <span className="glossary-beside">{entry.program ?? those(engines)}</span>}
              </span>
            ))}
      </Fact>
      <Fact name={t('glossary.link')}>
        <code>{entry.name}</code>
      </Fact>
      {(entry.type === 'integer' || entry.type === 'number') && (
        <Fact name={t('glossary.range')}>
          {t('glossary.rangeOf', { least: inWords(entry.min), most: inWords(entry.max) })}
        </Fact>
      )}
      {zero !== null && <Fact name={t('glossary.zero')}>{zero}</Fact>}
      {entry.type === 'choice' && (
        <Fact name={t('glossary.choices')}>
          {entry.choices.map((choice) => words.choice(entry, choice)).join(t('glossary.comma'))}
        </Fact>
      )}
      <Fact name={t('glossary.default')}>{hasRule ? t('glossary.byDevice', { value: standard }) : standard}</Fact>
      <Fact name={t('glossary.now')}>
        {isRead(entry, knobs) ? inWords(knobValue(knobs, entry)) : t('glossary.notRead')}
      </Fact>
      <Fact name={t('glossary.change')}>{t(`glossary.change.${entry.change}`)}</Fact>
    </>
  );
}
