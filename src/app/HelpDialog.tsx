import { BookA } from 'lucide-react';
import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { commandTexts } from '../i18n/messages/commands.ts';
import { help as messages } from '../i18n/messages/help.ts';
import { useT } from '../i18n/use-t.ts';
import { preferencesStore } from '../state/preferences.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { Switch } from '../ui/controls/Switch.tsx';
import type { Painter, Size } from '../ui/painter.ts';
import { Surface } from '../ui/Surface.tsx';
import { isCharacterKey, type Shortcut, shortcutText } from '../ui/shortcut.ts';
import { hueTexture } from '../ui/texture.ts';
import { type Hue, hues, type Theme } from '../ui/theme.ts';
import { commandGroups, commands } from './commands.ts';
import { uiStore } from './ui-store.ts';
import './help.css';

addMessages(messages);
addMessages(commandTexts);

const symbols = ['Q', 'M', 'G', 'P', 'σ'] as const;

/** What the colours and letters mean, and every key. A default export because it is loaded lazily. */
export default function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  return (
    <Dialog title={t('help.title')} look="wide" onClose={onClose}>
      <div className="help">
        <section>
          <h3>{t('help.colours')}</h3>
          <ul className="help-colours">
            {hues.map((colour) => (
              <li key={colour}>
                <Surface
                  label={t(`help.colour.${colour}`)}
                  version={colour}
                  isDecoration
                  draw={(painter, size, theme) => drawSwatch(painter, size, theme, colour)}
                />
                {t(`help.colour.${colour}`)}
              </li>
            ))}
          </ul>
          <h3>{t('help.model')}</h3>
          <p>{t('help.modelText')}</p>
          <dl className="help-symbols">
            {symbols.map((symbol) => (
              <div key={symbol}>
                <dt className="panel-symbol">{symbol}</dt>
                <dd>{t(`help.symbol.${symbol}`)}</dd>
              </div>
            ))}
          </dl>
          <Button onPress={() => uiStore.getState().open('glossary')}>
            <BookA aria-hidden="true" />
            {t('command.glossary')}
          </Button>
        </section>
        <section>
          <h3>{t('help.keys')}</h3>
          <CharacterKeys />
          <div className="help-groups">
            {commandGroups.map((group) => (
              <section key={group}>
                <h4>{t(`group.command.${group}`)}</h4>
                <dl className="help-keys">
                  {commands
                    .filter((command) => command.group === group)
                    .map((command) => (
                      <div key={command.id}>
                        <dt>{t(command.label)}</dt>
                        <dd>
                          {command.shortcuts.map((shortcut) => (
                            <Key key={shortcutText(shortcut)} shortcut={shortcut} />
                          ))}
                        </dd>
                      </div>
                    ))}
                </dl>
              </section>
            ))}
          </div>
        </section>
      </div>
    </Dialog>
  );
}

/** Whether letters, digits and signs alone are keys. */
function CharacterKeys() {
  const t = useT();
  const areOn = useStore(preferencesStore, (s) => s.characterKeys);
  return (
    <div className="help-switch">
      <Switch
        label={t('command.characterKeys')}
        isOn={areOn}
        describedBy="help-switch"
        onChange={(characterKeys) => preferencesStore.setState({ characterKeys })}
      />
      <p id="help-switch">{t('help.characterKeys')}</p>
    </div>
  );
}

/** A key; struck and not read out where it is turned off. */
function Key({ shortcut }: { readonly shortcut: Shortcut }) {
  const isOff = useStore(preferencesStore, (s) => !s.characterKeys) && isCharacterKey(shortcut);
  return (
    <kbd className="key-cap" aria-hidden={isOff}>
      {isOff ? <s>{shortcutText(shortcut)}</s> : shortcutText(shortcut)}
    </kbd>
  );
}

function drawSwatch(painter: Painter, { width, height }: Size, theme: Theme, colour: Hue): void {
  if (colour === 'waiting') {
    painter.rect(0.5, 0.5, width - 1, height - 1, { fill: theme.surface, stroke: theme.waiting });
  } else {
    painter.rect(0, 0, width, height, { fill: theme[colour], texture: hueTexture[colour], mark: theme.page });
  }
}
