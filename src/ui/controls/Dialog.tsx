import { X } from 'lucide-react';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { useT } from '../../i18n/use-t.ts';
import { IconButton } from './IconButton.tsx';
import './controls.css';

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Stands in the place of the title, which then only names the dialog. */
  readonly head?: ReactNode;
  /** `wide` has room for a table, `full` takes the window; `sheet` slides up from the foot of a small screen, `drawer` stands at its left edge, `palette` near its upper one. */
  readonly look?: 'dialog' | 'wide' | 'full' | 'sheet' | 'drawer' | 'palette';
}

/** A modal dialog: the browser's own, which keeps focus inside, makes the rest inert and closes on Escape. */
export function Dialog({ title, onClose, children, head, look = 'dialog' }: DialogProps) {
  const t = useT();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Before the element leaves the page: closing gives the focus back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does what a click beside the dialog does
    <dialog
      ref={dialog}
      className={`dialog ${look}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="dialog-frame">
        <header className="dialog-head">
          <h2 id={titleId} className={head === undefined ? undefined : 'visually-hidden'}>
            {title}
          </h2>
          {head}
          <IconButton label={t('ui.close')} onPress={onClose}>
            <X />
          </IconButton>
        </header>
        <div className="dialog-body">{children}</div>
      </div>
    </dialog>
  );
}
