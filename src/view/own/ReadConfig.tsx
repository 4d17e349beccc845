import { useId, useRef, useState } from 'react';
import { useT } from '../../i18n/use-t.ts';
import { type ReadModel, readModelFile } from '../../scenario/own/model-config.ts';
import { ownName } from '../../scenario/own/text.ts';
import type { Problem } from '../../scenario/problem.ts';
import { Button } from '../../ui/controls/Button.tsx';

export interface ReadConfigProps {
  readonly onRead: (read: ReadModel) => void;
  /** A problem in words. */
  readonly say: (problem: Problem) => string;
}

type Outcome =
  | { readonly kind: 'none' }
  | { readonly kind: 'read'; readonly name: string; readonly notes: readonly string[] }
  | { readonly kind: 'failed'; readonly problems: readonly string[] };

/** Takes a config.json by drop, from a file or as pasted text, and says what came of it. */
export function ReadConfig({ onRead, say }: ReadConfigProps) {
  const t = useT();
  const pasteId = useId();
  const fileInput = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<Outcome>({ kind: 'none' });
  const [isOver, setOver] = useState(false);

  const read = (text: string, where: string, name: string) => {
    const result = readModelFile(text, where, ownName(name) || where);
    if (!result.ok) {
      setOutcome({ kind: 'failed', problems: result.problems.map(say) });
      return;
    }
    const { own, notes } = result.value;
    setOutcome({ kind: 'read', name: own.name, notes: notes.map(say) });
    onRead(result.value);
  };
  const open = async (file: File) => {
    let text: string;
    try {
      text = await file.text();
    } catch {
      setOutcome({ kind: 'failed', problems: [t('own.read.unreadable', { name: file.name })] });
      return;
    }
    read(text, file.name, file.name.replace(/[.]json$/i, ''));
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of controls that also takes a file
    <section
      className="own-read"
      role="group"
      aria-label={t('own.read')}
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        // The page's own place for files leaves alone what was taken here.
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file !== undefined) void open(file);
      }}
    >
      <p>{t('own.read.hint')}</p>
      <div className="own-read-ways">
        <Button onPress={() => fileInput.current?.click()}>{t('own.read.open')}</Button>
        <label htmlFor={pasteId} className="visually-hidden">
          {t('own.read.paste')}
        </label>
        <textarea
          id={pasteId}
          rows={2}
          spellCheck={false}
          placeholder='{ "model_type": "llama", … }'
          onChange={(event) => {
            const text = event.currentTarget.value;
            if (text.trim() === '') setOutcome({ kind: 'none' });
            else read(text, t('own.read.paste'), 'config.json');
          }}
        />
      </div>
      <input
        ref={fileInput}
        type="file"
        accept="application/json,.json"
        hidden
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) void open(file);
        }}
      />
      <div className="own-outcome" role="status">
        {outcome.kind === 'read' && (
          <p>{t(outcome.notes.length === 0 ? 'own.read.done' : 'own.read.notes', { name: outcome.name })}</p>
        )}
        {outcome.kind === 'failed' && <p className="own-mistake">{t('own.read.failed')}</p>}
        {outcome.kind !== 'none' && (
          <ul>
            {(outcome.kind === 'read' ? outcome.notes : outcome.problems).map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
