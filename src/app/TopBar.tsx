import {
  BookOpen,
  CircleHelp,
  Download,
  FileUp,
  Languages,
  LayoutGrid,
  Link,
  Menu,
  Monitor,
  Moon,
  Redo2,
  SlidersHorizontal,
  Sun,
  Undo2,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { isLocked } from '../scenario/lecture.ts';
import { presetKey, presets } from '../scenario/presets.ts';
import { preferencesStore } from '../state/preferences.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Choice } from '../ui/controls/Choice.tsx';
import { IconButton } from '../ui/controls/IconButton.tsx';
import { useSession } from '../view/session-context.ts';
import { CommandButton } from './CommandButton.tsx';
import { choosePreset } from './choose-preset.ts';
import { type CommandId, commandOf } from './commands.ts';
import { FactLine } from './FactLine.tsx';
import { SeedField } from './SeedField.tsx';
import { uiStore } from './ui-store.ts';
import type { Layout } from './use-layout.ts';

/** Menu, name, scenario in one line, and what concerns the page as a whole. */
export function TopBar({ layout }: { readonly layout: Layout }) {
  const t = useT();
  const session = useSession();
  const hasRail = useStore(session.scenario, (s) => !s.staging.hidden.includes('rail'));
  const presetId = useStore(session.scenario, (s) => s.knobs.preset);
  const isFixed = useStore(session.scenario, (s) => isLocked(s.staging, 'preset'));
  const isWide = layout === 'wide';

  return (
    <header className="top-bar">
      <CommandButton command="palette">
        <Menu />
      </CommandButton>
      {!isWide && hasRail && (
        <IconButton label={t('scenario.title')} onPress={() => uiStore.getState().open('scenario')}>
          <SlidersHorizontal />
        </IconButton>
      )}
      <h1 className="app-name">{t('app.name')}</h1>
      <Choice
        className="preset-choice"
        label={t('app.preset')}
        value={presetId}
        isDisabled={isFixed}
        options={presets.map(({ id }) => ({ value: id, label: t(presetKey(id, 'name')) }))}
        onChange={(id) => choosePreset(session, id)}
      />
      <FactLine />
      <div className="top-actions">
        {layout !== 'phone' && <SeedField />}
        {layout !== 'phone' && <HistoryButtons />}
        <NamedButton command="share" name={t('app.share')} isShort={!isWide}>
          <Link aria-hidden="true" />
        </NamedButton>
        {layout !== 'phone' && (
          <NamedButton command="import" name={t('app.import')} isShort={!isWide}>
            <FileUp aria-hidden="true" />
          </NamedButton>
        )}
        {layout !== 'phone' && <PageButtons />}
      </div>
    </header>
  );
}

/** Seed and page settings, for the foot of the scenario where the bar has no room for them. */
export function ScenarioFoot() {
  return (
    <div className="scenario-foot">
      <SeedField />
      <HistoryButtons />
      <PageButtons />
    </div>
  );
}

function PageButtons() {
  return (
    <>
      <CommandButton command="save">
        <Download />
      </CommandButton>
      <ThemeButton />
      <LanguageButton />
      <CommandButton command="gallery">
        <LayoutGrid />
      </CommandButton>
      <CommandButton command="headlines">
        <BookOpen />
      </CommandButton>
      <CommandButton command="help">
        <CircleHelp />
      </CommandButton>
    </>
  );
}

function HistoryButtons() {
  const session = useSession();
  const hasPast = useStore(session.scenario, (s) => s.past.length > 0);
  const hasFuture = useStore(session.scenario, (s) => s.future.length > 0);
  return (
    <>
      <CommandButton command="undo" isDisabled={!hasPast}>
        <Undo2 />
      </CommandButton>
      <CommandButton command="redo" isDisabled={!hasFuture}>
        <Redo2 />
      </CommandButton>
    </>
  );
}

interface NamedButtonProps {
  readonly command: CommandId;
  readonly name: string;
  /** There is no room for the name. */
  readonly isShort: boolean;
  /** The icon. */
  readonly children: ReactNode;
}

function NamedButton({ command, name, isShort, children }: NamedButtonProps) {
  const session = useSession();
  const press = () => commandOf(command).run(session);
  return isShort ? (
    <IconButton label={name} onPress={press}>
      {children}
    </IconButton>
  ) : (
    <Button look="quiet" onPress={press}>
      {children}
      {name}
    </Button>
  );
}

const themes = ['system', 'light', 'dark'] as const;
const themeIcons = { system: Monitor, light: Sun, dark: Moon } as const;

/** Names the theme and goes on to the next. */
function ThemeButton() {
  const t = useT();
  const session = useSession();
  const theme = useStore(preferencesStore, (s) => s.theme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length];
  const Icon = themeIcons[theme];
  return (
    <IconButton label={t(`command.theme.${theme}`)} onPress={() => commandOf(`theme.${next}`).run(session)}>
      <Icon />
    </IconButton>
  );
}

function LanguageButton() {
  const t = useT();
  const session = useSession();
  return (
    <IconButton label={t('app.language')} onPress={() => commandOf('language').run(session)}>
      <Languages />
    </IconButton>
  );
}
