import { ChartLine, Info, RotateCcw } from 'lucide-react';
import { useId, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import type { ChoiceKnob, KnobEntry } from '../scenario/knob-entry.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { isLocked } from '../scenario/lecture.ts';
import { isOwn } from '../scenario/own/text.ts';
import { presetOfKnobs } from '../scenario/presets.ts';
import { choicesOf, flagOf, knobValue } from '../scenario/registry.ts';
import { thisGpu } from '../scenario/shared-knobs.ts';
import { thisGpuStore } from '../state/this-gpu.ts';
import { Choice } from '../ui/controls/Choice.tsx';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { Slider } from '../ui/controls/Slider.tsx';
import { Switch } from '../ui/controls/Switch.tsx';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';
import { chooseDevice } from './choose-device.ts';
import { commandOf } from './commands.ts';
import { knobText } from './knob-text.ts';
import { later } from './Later.tsx';
import { refuseTyped } from './refuse-typed.ts';
import { uiStore } from './ui-store.ts';
import { useFitWords } from './use-fit-words.ts';
import { hasOwn, type KnobWords, ownChoice, useKnobWords } from './use-knob-words.ts';

const KnobLock = later(() => import('./KnobLock.tsx'));
const SweepChart = later(() => import('./SweepChart.tsx'));

export interface KnobControlProps {
  readonly entry: KnobEntry;
  /** A quiet remark under the control: "binds in no step". */
  readonly note?: string;
  /** The heading above says the same already. */
  readonly isLabelHidden?: boolean;
}

/** One knob of the scenario: name, value with unit, control, the engine's own flag, and its sentence on demand. */
export function KnobControl({ entry, note, isLabelHidden = false }: KnobControlProps) {
  const t = useT();
  const words = useKnobWords();
  const session = useSession();
  const format = useFormat();
  const helpId = useId();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const value = knobValue(knobs, entry);
  const presetValue = knobValue(presetOfKnobs(knobs).knobs, entry);
  const set = session.scenario.getState().set;
  const label = words.label(entry);
  const isFixed = useStore(session.scenario, (s) => isLocked(s.staging, entry.name));
  const isSwept = useStore(uiStore, (s) => s.swept === entry.name);
  const isNumber = entry.type === 'integer' || entry.type === 'number';
  const isChanged = value !== presetValue;
  const flag = flagOf(entry, knobs.engine);

  const plain = useMemo(() => (entry.type === 'choice' ? knobOptions(entry, knobs, words) : []), [entry, knobs, words]);
  const options = useFitWords(entry, plain, knobs);

  function choose(choice: string): void {
    const measured = thisGpuStore.getState().profile;
    if (choice === ownChoice && hasOwn(entry))
      uiStore.getState().open(entry.name === 'model' ? 'own-model' : 'own-device');
    else if (choice === thisGpu && measured !== null) void chooseDevice(session, choice, measured);
    else set(entry.name, choice);
  }

  const tools = (
    <>
      {isChanged && !isFixed && (
        <IconButton
          className="knob-button"
          label={t('scenario.reset', { knob: label })}
          onPress={() => set(entry.name, presetValue)}
        >
          <RotateCcw />
        </IconButton>
      )}
      {isNumber && (
        <IconButton
          className="knob-button knob-info"
          label={t('scenario.sweep', { knob: label })}
          shortcuts={commandOf('sweep').shortcuts}
          isPressed={isSwept}
          onPress={() => uiStore.getState().sweep(entry.name)}
        >
          <ChartLine />
        </IconButton>
      )}
      <IconButton
        className="knob-button knob-info"
        label={t('scenario.explain', { knob: label })}
        isPressed={isHelpOpen}
        onPress={() => setHelpOpen(!isHelpOpen)}
      >
        <Info />
      </IconButton>
    </>
  );

  return (
    <div className="knob" data-changed={isChanged} data-knob={entry.name}>
      {entry.type === 'choice' && (
        <>
          <div className="knob-head">
            <span className={isLabelHidden ? 'visually-hidden' : 'knob-label'}>{label}</span>
            {!isLabelHidden && tools}
          </div>
          <div className="knob-choice">
            <Choice
              label={label}
              describedBy={helpId}
              value={String(value)}
              isDisabled={isFixed}
              options={options}
              onChange={choose}
            />
            {isLabelHidden && tools}
          </div>
        </>
      )}
      {entry.type === 'switch' && (
        <Switch
          label={label}
          describedBy={helpId}
          isDisabled={isFixed}
          isOn={value === true}
          onChange={(isOn) => set(entry.name, isOn)}
        />
      )}
      {isNumber && (
        <Slider
          label={label}
          isDisabled={isFixed}
          describedBy={helpId}
          value={Number(value)}
          mark={Number(presetValue)}
          min={entry.zero ? 0 : entry.min}
          floor={entry.min}
          max={entry.max}
          step={entry.step}
          scale={entry.scale}
          format={(number) => knobText(entry, number, words.zero(entry), t, format)}
          onChange={(number, gesture) => set(entry.name, number, gesture)}
          onRefused={(typed) => refuseTyped(session, entry, typed)}
        >
          <span className="knob-head">
            <span className="knob-label">{label}</span>
            {tools}
          </span>
        </Slider>
      )}
      {(flag !== undefined || entry.type === 'switch') && (
        <div className="knob-head knob-foot">
          <code className="knob-flag">{flag}</code>
          {entry.type === 'switch' && tools}
        </div>
      )}
      {isFixed && <KnobLock />}
      {isNumber && isSwept && <SweepChart entry={entry} />}
      {note !== undefined && <p className="knob-note">{note}</p>}
      <p id={helpId} className={isHelpOpen ? 'knob-help' : 'visually-hidden'}>
        {words.help(entry)}
      </p>
      {isHelpOpen && (
        <button
          type="button"
          className="knob-help knob-more"
          aria-label={t('ui.glossary', { name: label })}
          onClick={() => uiStore.getState().open('glossary', `knob.${entry.name}`)}
        >
          {t('command.glossary')}
        </button>
      )}
    </div>
  );
}

/** What a choice offers in this scenario. */
export function knobOptions(entry: ChoiceKnob, knobs: Knobs, words: KnobWords) {
  const choices = [...choicesOf(entry, knobs)];
  if (entry.own !== undefined) {
    const value = String(knobValue(knobs, entry));
    if (isOwn(value)) choices.push(value);
    choices.push(ownChoice);
  }
  return choices.map((choice) => ({ value: choice, label: words.choice(entry, choice) }));
}
