import { AppWindow, Images, PanelTop, Play, SlidersHorizontal } from 'lucide-react';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { addMessages, type MessageKey } from '../i18n/i18n.ts';
import { commandTexts } from '../i18n/messages/commands.ts';
import { useT } from '../i18n/use-t.ts';
import { leaves } from '../scenario/gallery/gallery.ts';
import type { Found } from '../scenario/glossary/glossary.ts';
import { isLocked } from '../scenario/lecture.ts';
import { findPreset, presetKey } from '../scenario/presets.ts';
import { isRead } from '../scenario/registry.ts';
import { Button } from '../ui/controls/Button.tsx';
import { panelIds } from '../ui/panel-store.ts';
import { useSession } from '../view/session-context.ts';
import { choosePreset } from './choose-preset.ts';
import { type CommandId, commandOf } from './commands.ts';
import { Section } from './glossary-parts.tsx';
import { goToKnob, hasKnobPlace } from './go-to-knob.ts';
import { type DialogId, uiStore } from './ui-store.ts';
import { useKnobWords } from './use-knob-words.ts';

addMessages(commandTexts);

/** Dialogs that a term leads to. */
export const termDialogs = [
  'help',
  'gallery',
  'engines',
  'learned',
  'headlines',
  'policy',
  'calibrate',
  'lecture',
  'own-model',
  'own-device',
] as const satisfies readonly DialogId[];

/** Where the page shows what an entry means, a button each: the glossary makes way for it. A lecture may keep its scenario, and leave panels out. */
export function GlossarySights({ found }: { readonly found: Found }) {
  const t = useT();
  const sights = found.kind === 'term' ? (found.term.see ?? []) : [];
  return (
    <Section title={t('glossary.see')}>
      {found.kind === 'knob' ? (
        <ToKnob found={found} />
      ) : found.kind === 'engine' ? (
        <div className="glossary-sights">
          <SightButton sight="dialog:engines" />
        </div>
      ) : (
        sights.length > 0 && (
          <div className="glossary-sights">
            {sights.map((sight) => (
              <SightButton key={sight} sight={sight} />
            ))}
          </div>
        )
      )}
    </Section>
  );
}

function SightButton({ sight }: { readonly sight: string }) {
  const t = useT();
  const words = useKnobWords();
  const session = useSession();
  const staging = useStore(session.scenario, (s) => s.staging);
  const { close, open } = uiStore.getState();
  const colon = sight.indexOf(':');
  const kind = sight.slice(0, colon);
  const id = sight.slice(colon + 1);

  const preset = kind === 'preset' ? findPreset(id) : undefined;
  if (preset !== undefined) {
    const go = () => {
      choosePreset(session, id);
      close();
    };
    return isLocked(staging, 'preset') ? null : (
      <Sight kind="glossary.see.preset" icon={<Play />} onPress={go}>
        {t(presetKey(preset.id, 'name'))}
      </Sight>
    );
  }
  const leaf = kind === 'card' ? leaves.find((each) => each.id === id) : undefined;
  if (leaf !== undefined)
    return (
      <Sight kind="glossary.see.card" icon={<Images />} onPress={() => open('gallery', leaf.id)}>
        {words.text(leaf.name)}
      </Sight>
    );
  const panel = kind === 'panel' ? panelIds.find((each) => each === id) : undefined;
  if (panel !== undefined) {
    const go = () => {
      close();
      commandOf(`panel${panelIds.indexOf(panel) + 1}` as CommandId).run(session);
    };
    return staging.hidden.includes(panel) ? null : (
      <Sight kind="glossary.see.panel" icon={<PanelTop />} onPress={go}>
        {t(`command.panel.${panel}`)}
      </Sight>
    );
  }
  const dialog = termDialogs.find((each) => each === id);
  return dialog === undefined ? null : (
    <Sight kind="glossary.see.dialog" icon={<AppWindow />} onPress={() => open(dialog)}>
      {t(`glossary.dialog.${dialog}`)}
    </Sight>
  );
}

interface SightProps {
  /** What kind of place it is, for those who do not see the icon. */
  readonly kind: MessageKey;
  readonly icon: ReactNode;
  readonly onPress: () => void;
  readonly children: string;
}

function Sight({ kind, icon, onPress, children }: SightProps) {
  const t = useT();
  return (
    <Button label={`${t(kind)}: ${children}`} onPress={onPress}>
      {icon}
      {children}
    </Button>
  );
}

/** To the control of a knob, where the present scenario has one and the page shows it. */
function ToKnob({ found }: { readonly found: Found & { readonly kind: 'knob' } }) {
  const t = useT();
  const session = useSession();
  const { entry } = found.knob;
  const isThere = useStore(session.scenario, (s) => isRead(entry, s.knobs) && hasKnobPlace(s.staging));
  if (!isThere) return null;
  return (
    <div className="glossary-sights">
      <Button onPress={() => goToKnob(entry.name)}>
        <SlidersHorizontal aria-hidden="true" />
        {t('glossary.goToKnob')}
      </Button>
    </div>
  );
}
