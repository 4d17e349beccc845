import { Maximize2, Minimize2, Table2 } from 'lucide-react';
import { type ComponentType, createContext, memo, type ReactNode, useContext, useId, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { IconButton } from './controls/IconButton.tsx';
import { frameLoop } from './frame-loop.ts';
import { type PanelId, panelStore } from './panel-store.ts';
import './panel.css';

/** Symbols of the formal model S = (Q, M, G, P, σ); a fleet has many of S. */
export type PanelSymbol = 'S' | 'Q' | 'M' | 'G' | 'P' | 'σ';

export interface PanelProps {
  readonly id: PanelId;
  /** The part of the model that the panel shows; left out where it shows all of it. */
  readonly symbol?: PanelSymbol;
  readonly title: string;
  /** What is read as a table, where it is not the panel itself. */
  readonly sheet?: SheetId;
  /** Short figures at the right of the title; the first to be cut where room is short. */
  readonly facts?: ReactNode;
  /** Controls between facts and the maximise button; the same element from frame to frame, or the header is laid out in each. */
  readonly toolbar?: ReactNode;
  readonly children: ReactNode;
}

/** Stands in the place of a panel's title where panels share a place: what switches between them. */
export const PanelSwitch = createContext<ReactNode>(null);

/** What is read as a table: a panel, or another picture in it. */
export type SheetId = PanelId | 'tree' | 'hashes';

export interface PanelSheetProps {
  readonly id: SheetId;
  readonly title: string;
}

/** Shows any panel as a table or as text; null where nothing does. */
export const PanelSheet = createContext<ComponentType<PanelSheetProps> | null>(null);

/** Says more of what a panel is about; null where nothing does. Its door is the letter of the panel. */
export const PanelTerm = createContext<((id: PanelId) => void) | null>(null);

/** A line under a panel's head that says what it shows of two runs that are compared; null where none are. */
export const PanelCompared = createContext<ComponentType<{ readonly id: PanelId }> | null>(null);

/** Frame of a panel: a thin header and a body that fills the rest. The body is a column; a Surface in it takes what is left. */
export function Panel({ id, title, sheet = id, facts, children, ...head }: PanelProps) {
  const headingId = useId();
  const Sheet = useContext(PanelSheet);
  const Compared = useContext(PanelCompared);
  const compared = useMemo(() => Compared !== null && <Compared id={id} />, [Compared, id]);
  // A low panel has no room for one line more.
  const isInHead = Compared !== null && id === 'queue';
  const [isSheet, setSheet] = useState(false);
  return (
    <section className="panel" data-panel={id} aria-labelledby={headingId} tabIndex={-1}>
      <PanelHead
        id={id}
        title={title}
        facts={isInHead ? compared : facts}
        {...head}
        headingId={headingId}
        isSheet={isSheet}
        setSheet={setSheet}
      />
      <div className="panel-body">
        {!isInHead && compared}
        {isSheet && Sheet !== null ? <Sheet key={sheet} id={sheet} title={title} /> : children}
      </div>
    </section>
  );
}

interface PanelHeadProps extends Omit<PanelProps, 'children' | 'sheet'> {
  readonly headingId: string;
  readonly isSheet: boolean;
  readonly setSheet: (isSheet: boolean) => void;
}

/** Stays as it is while frames go by: the pictures of a panel change sixty times a second, its words and controls do not. */
const PanelHead = memo(function PanelHead(props: PanelHeadProps) {
  const { id, symbol, title, facts, toolbar, headingId, isSheet, setSheet } = props;
  const t = useT();
  const switcher = useContext(PanelSwitch);
  const hasSheet = useContext(PanelSheet) !== null;
  const explain = useContext(PanelTerm);
  const isMaximised = useStore(panelStore, (s) => s.maximised === id);
  return (
    <header className="panel-head">
      {symbol !== undefined &&
        (explain === null ? (
          <span className="panel-symbol" aria-hidden="true">
            {symbol}
          </span>
        ) : (
          <IconButton
            look="panel-symbol"
            label={t('ui.glossary', { name: title })}
            shortcuts={[{ key: 'd', shift: false }]}
            onPress={() => explain(id)}
          >
            {symbol}
          </IconButton>
        ))}
      <h2 id={headingId} className={switcher === null ? 'panel-title' : 'visually-hidden'}>
        {title}
      </h2>
      {switcher}
      <div className="panel-facts">{facts}</div>
      {toolbar !== undefined && <div className="panel-toolbar">{toolbar}</div>}
      {hasSheet && (
        <IconButton
          className="panel-sheet"
          label={t('ui.sheet', { panel: title })}
          isPressed={isSheet}
          onPress={() => setSheet(!isSheet)}
        >
          <Table2 />
        </IconButton>
      )}
      <IconButton
        className="panel-maximise"
        label={t(isMaximised ? 'ui.restore' : 'ui.maximise', { panel: title })}
        shortcuts={[{ key: 'f', shift: false }]}
        isPressed={isMaximised}
        onPress={() => {
          panelStore.getState().toggleMaximised(id);
          // It stands elsewhere now, as a new element: the focus goes with it.
          void frameLoop
            .drawn()
            .then(() => document.querySelector<HTMLElement>(`[data-panel="${id}"] .panel-maximise`)?.focus());
        }}
      >
        {isMaximised ? <Minimize2 /> : <Maximize2 />}
      </IconButton>
    </header>
  );
});
