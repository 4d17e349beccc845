import {
  BookOpen,
  CircleHelp,
  Download,
  FileUp,
  Languages,
  LayoutGrid,
  Link,
  Monitor,
  Moon,
  Redo2,
  SlidersHorizontal,
  Sun,
  Undo2,
} from 'lucide-react';
import { useRef } from 'react';
import { useStore } from 'zustand';
import { type Language, loadLanguage } from '../i18n/i18n.ts';
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
import { FactLine } from './FactLine.tsx';
import { importFile } from './import-file.ts';
import { SeedField } from './SeedField.tsx';
import { uiStore } from './ui-store.ts';
import type { Layout } from './use-layout.ts';

/** Name, scenario in one line, and what concerns the page as a whole. */
export function TopBar({ layout }: { readonly layout: Layout }) {
  const t = useT();
  const session = useSession();
  const hasRail = useStore(session.scenario, (s) => !s.staging.hidden.includes('rail'));
  const presetId = useStore(session.scenario, (s) => s.knobs.preset);
  const isFixed = useStore(session.scenario, (s) => isLocked(s.staging, 'preset'));

  return (
    <header className="top-bar">
      {layout !== 'wide' && hasRail && (
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
        <ShareButton isShort={layout !== 'wide'} />
        <ImportButton isShort={layout !== 'wide'} />
        {layout !== 'phone' && <SaveButton />}
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
      <SaveButton />
      <PageButtons />
    </div>
  );
}

function PageButtons() {
  return (
    <>
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

function ShareButton({ isShort }: { readonly isShort: boolean }) {
  const t = useT();
  const session = useSession();
  const share = async () => {
    try {
      await session.share();
      const isTrace = session.scenario.getState().knobs.workload === 'trace';
      uiStore.getState().say(t(isTrace ? 'app.linkWithoutTrace' : 'app.linkCopied'));
    } catch {
      // Without leave to use the clipboard the link is still in the address bar.
      uiStore.getState().say(t('app.linkInAddressBar'));
    }
  };
  return isShort ? (
    <IconButton label={t('app.share')} onPress={share}>
      <Link />
    </IconButton>
  ) : (
    <Button look="quiet" onPress={share}>
      <Link aria-hidden="true" />
      {t('app.share')}
    </Button>
  );
}

function ImportButton({ isShort }: { readonly isShort: boolean }) {
  const t = useT();
  const session = useSession();
  const input = useRef<HTMLInputElement>(null);
  const open = () => input.current?.click();
  return (
    <>
      {isShort ? (
        <IconButton label={t('app.import')} onPress={open}>
          <FileUp />
        </IconButton>
      ) : (
        <Button look="quiet" onPress={open}>
          <FileUp aria-hidden="true" />
          {t('app.import')}
        </Button>
      )}
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t('app.import')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // Emptied, so that choosing the same file again is a change.
          event.currentTarget.value = '';
          if (file !== undefined) void importFile(session, file);
        }}
      />
    </>
  );
}

/** The scenario as a file, with an imported trace: what a link cannot hold. */
function SaveButton() {
  const t = useT();
  const session = useSession();
  const save = async () => {
    const { preset } = session.scenario.getState().knobs;
    const bytes = await session.exportFile();
    const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/json' }));
    const anchor = document.createElement('a');
    anchor.href = address;
    anchor.download = `tokenyard-${preset}.json`;
    anchor.click();
    URL.revokeObjectURL(address);
  };
  return (
    <IconButton label={t('app.save')} onPress={() => void save()}>
      <Download />
    </IconButton>
  );
}

const themes = ['system', 'light', 'dark'] as const;
const themeIcons = { system: Monitor, light: Sun, dark: Moon } as const;

function ThemeButton() {
  const t = useT();
  const theme = useStore(preferencesStore, (s) => s.theme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length];
  const Icon = themeIcons[theme];
  return (
    <IconButton
      label={t('app.theme', { theme: t(`app.theme.${theme}`) })}
      onPress={() => preferencesStore.setState({ theme: next })}
    >
      <Icon />
    </IconButton>
  );
}

function LanguageButton() {
  const t = useT();
  const language = useStore(preferencesStore, (s) => s.language);
  const choose = async (next: Language) => {
    try {
      await loadLanguage(next);
      preferencesStore.setState({ language: next });
    } catch {
      uiStore.getState().say(t('app.languageNotLoaded'));
    }
  };
  return (
    <IconButton label={t('app.language')} onPress={() => void choose(language === 'en' ? 'zh' : 'en')}>
      <Languages />
    </IconButton>
  );
}
