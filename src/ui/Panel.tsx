import { Maximize2, Minimize2 } from 'lucide-react';
import { createContext, type ReactNode, useContext, useId } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { IconButton } from './controls/IconButton.tsx';
import { type PanelId, panelStore } from './panel-store.ts';
import './panel.css';

/** Symbols of the formal model S = (Q, M, G, P, σ). */
export type PanelSymbol = 'Q' | 'M' | 'G' | 'P' | 'σ';

export interface PanelProps {
  readonly id: PanelId;
  /** The part of the model that the panel shows; left out where it shows all of it. */
  readonly symbol?: PanelSymbol;
  readonly title: string;
  /** Short figures at the right of the title; the first to be cut where room is short. */
  readonly facts?: ReactNode;
  /** Controls between facts and the maximise button. */
  readonly toolbar?: ReactNode;
  readonly children: ReactNode;
}

/** Stands in the place of a panel's title where panels share a place: what switches between them. */
export const PanelSwitch = createContext<ReactNode>(null);

/** Frame of a panel: a thin header and a body that fills the rest. The body is a column; a Surface in it takes what is left. */
export function Panel({ id, symbol, title, facts, toolbar, children }: PanelProps) {
  const t = useT();
  const headingId = useId();
  const switcher = useContext(PanelSwitch);
  const isMaximised = useStore(panelStore, (s) => s.maximised === id);
  return (
    <section className="panel" data-panel={id} aria-labelledby={headingId} tabIndex={-1}>
      <header className="panel-head">
        {symbol !== undefined && (
          <span className="panel-symbol" aria-hidden="true">
            {symbol}
          </span>
        )}
        <h2 id={headingId} className={switcher === null ? 'panel-title' : 'visually-hidden'}>
          {title}
        </h2>
        {switcher}
        <div className="panel-facts">{facts}</div>
        {toolbar !== undefined && <div className="panel-toolbar">{toolbar}</div>}
        <IconButton
          className="panel-maximise"
          label={t(isMaximised ? 'ui.restore' : 'ui.maximise', { panel: title })}
          shortcut="F"
          isPressed={isMaximised}
          onPress={() => panelStore.getState().toggleMaximised(id)}
        >
          {isMaximised ? <Minimize2 /> : <Maximize2 />}
        </IconButton>
      </header>
      <div className="panel-body">{children}</div>
    </section>
  );
}
