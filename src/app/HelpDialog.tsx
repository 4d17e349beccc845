import { BookA } from 'lucide-react';
import { useT } from '../i18n/use-t.ts';
import { Button } from '../ui/controls/Button.tsx';
import { Dialog } from '../ui/controls/Dialog.tsx';
import type { Painter, Size } from '../ui/painter.ts';
import { Surface } from '../ui/Surface.tsx';
import { hueTexture } from '../ui/texture.ts';
import { type Hue, hues, type Theme } from '../ui/theme.ts';
import { commands } from './commands.ts';
import { shortcutText } from './shortcut-text.ts';
import { uiStore } from './ui-store.ts';

const symbols = ['Q', 'M', 'G', 'P', 'σ'] as const;

/** What the colours and letters mean, and every key. A default export because it is loaded lazily. */
export default function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  return (
    <Dialog title={t('help.title')} onClose={onClose}>
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
          <dl className="help-keys">
            {commands.map((command) => (
              <div key={command.id}>
                <dt>{t(command.label)}</dt>
                <dd>
                  {command.shortcuts.map((shortcut) => (
                    <kbd key={shortcutText(shortcut)}>{shortcutText(shortcut)}</kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  );
}

function drawSwatch(painter: Painter, { width, height }: Size, theme: Theme, colour: Hue): void {
  if (colour === 'waiting') {
    painter.rect(0.5, 0.5, width - 1, height - 1, { fill: theme.surface, stroke: theme.waiting });
  } else {
    painter.rect(0, 0, width, height, { fill: theme[colour], texture: hueTexture[colour], mark: theme.page });
  }
}
