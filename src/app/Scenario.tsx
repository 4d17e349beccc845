import { ChartLine, Gauge, Network, Scale, SquareFunction } from 'lucide-react';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { engineOf } from '../scenario/engines/engines.ts';
import type { KnobEntry, KnobGroup } from '../scenario/knob-entry.ts';
import { presetKey, presetOfKnobs } from '../scenario/presets.ts';
import { isRead, knobEntry, registry } from '../scenario/registry.ts';
import { Button } from '../ui/controls/Button.tsx';
import { useSession } from '../view/session-context.ts';
import { KnobControl } from './KnobControl.tsx';
import { later } from './Later.tsx';
import { uiStore } from './ui-store.ts';
import { useGuide } from './use-guide.ts';
import { useKnobNotes } from './use-knob-notes.ts';
import { loadWords, useKnobWords } from './use-knob-words.ts';

const PresetSentences = later(() => import('./PresetSentences.tsx'));

const groups: readonly KnobGroup[] = ['workload', 'engine', 'memory', 'hardware', 'fleet'];

/** What the preset shows, the knob that changes it, then every knob that this scenario reads. */
export function Scenario() {
  const t = useT();
  const words = useKnobWords();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const notes = useKnobNotes();
  // The guide says it already.
  const isGuided = useGuide();
  useEffect(() => void loadWords(engineOf(knobs.engine)), [knobs.engine]);
  const preset = presetOfKnobs(knobs);
  const first = knobEntry(preset.firstKnob);
  // The seed has its place in the top bar, the shown replica in the fleet's panel; the offered knob stands above the groups.
  const isListed = (entry: KnobEntry) =>
    entry.name !== 'seed' && entry.name !== 'replica' && entry !== first && isRead(entry, knobs);

  return (
    <div className="scenario">
      <section className="scenario-preset" aria-labelledby="scenario-preset">
        <h2 id="scenario-preset" className="visually-hidden">
          {t(presetKey(preset.id, 'name'))}
        </h2>
        {!isGuided && <PresetSentences preset={preset.id} />}
        {isRead(first, knobs) ? (
          <KnobControl entry={first} />
        ) : (
          <p className="knob-note">{t('scenario.firstNotRead', { knob: words.label(first) })}</p>
        )}
      </section>
      {groups.map((group) => {
        const entries = registry().filter((entry) => entry.group === group && isListed(entry));
        return (
          entries.length > 0 && (
            <section key={group} className="scenario-group" aria-labelledby={`group-${group}`}>
              <h3 id={`group-${group}`}>{t(`group.${group}`)}</h3>
              {entries.map((entry) => (
                <KnobControl
                  key={entry.name}
                  entry={entry}
                  note={notes.get(entry.name)}
                  isLabelHidden={words.label(entry) === t(`group.${group}`)}
                />
              ))}
              {group === 'engine' && (
                <>
                  <Button onPress={() => uiStore.getState().open('engines')}>
                    <Scale aria-hidden="true" />
                    {t('scenario.compareEngines')}
                  </Button>
                  <Button onPress={() => uiStore.getState().open('policy')}>
                    <SquareFunction aria-hidden="true" />
                    {t('command.policy')}
                  </Button>
                  <Button onPress={() => uiStore.getState().open('learned')}>
                    <ChartLine aria-hidden="true" />
                    {t('scenario.judgeLearned')}
                  </Button>
                </>
              )}
              {group === 'fleet' && (
                <Button onPress={() => uiStore.getState().open('layouts')}>
                  <Network aria-hidden="true" />
                  {t('scenario.compareLayouts')}
                </Button>
              )}
              {group === 'hardware' && (
                <Button onPress={() => uiStore.getState().open('calibrate')}>
                  <Gauge aria-hidden="true" />
                  {t('scenario.measureGpu')}
                </Button>
              )}
            </section>
          )
        );
      })}
    </div>
  );
}
