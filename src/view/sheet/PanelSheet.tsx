import { useEffect, useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { compared } from '../../i18n/messages/compared.ts';
import { events } from '../../i18n/messages/events.ts';
import { fleet } from '../../i18n/messages/fleet.ts';
import { hashChain } from '../../i18n/messages/hash-chain.ts';
import { memory } from '../../i18n/messages/memory.ts';
import { roofline } from '../../i18n/messages/roofline.ts';
import { sheet as messages } from '../../i18n/messages/sheet.ts';
import { strip } from '../../i18n/messages/strip.ts';
import { timeline } from '../../i18n/messages/timeline.ts';
import { tree } from '../../i18n/messages/tree.ts';
import { why } from '../../i18n/messages/why.ts';
import { useT } from '../../i18n/use-t.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Button } from '../../ui/controls/Button.tsx';
import { Choice } from '../../ui/controls/Choice.tsx';
import type { PanelSheetProps } from '../../ui/Panel.tsx';
import type { PanelId } from '../../ui/panel-store.ts';
import { useFormat } from '../../ui/use-format.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { useSides } from '../compared/sides.ts';
import { useSession } from '../session-context.ts';
import { useCached, useHashChain } from '../tree/use-cached.ts';
import { type Row, type Sheet, type Sorting, sorted, toText } from './sheet.ts';
import { chainSheet, sheetOf, treeSheet } from './sheets.ts';
import './sheet.css';

for (const area of [compared, events, fleet, hashChain, memory, messages, roofline, strip, timeline, tree, why])
  addMessages(area);

/** Rows that are laid out; copying takes all of them. */
const mostRows = 200;
/** While the run plays a table is read anew this often at most. */
const paceMs = 500;
const copiedMs = 2000;

/** A panel as a table that can be sorted, or as text, both to be copied. A default export because it is loaded lazily. */
export default function PanelSheet({ id, title }: PanelSheetProps) {
  if (id === 'tree') return <TreeSheet title={title} />;
  if (id === 'hashes') return <ChainSheet title={title} />;
  return <OwnSheet id={id} title={title} />;
}

function OwnSheet({ id, title }: { readonly id: PanelId; readonly title: string }) {
  const t = useT();
  const format = useFormat();
  const frame = useReadable((s) => s.frame, paceMs);
  const result = useStore(runStore, (s) => s.result);
  const selected = useStore(selectionStore, (s) => s.selected);
  const sides = useSides(paceMs);
  const sheet = useMemo(
    () => sheetOf(id, { frame, result, fleet: result?.fleet ?? null, selected, pinned: sides?.a ?? null }, t, format),
    [id, frame, result, selected, sides, t, format],
  );
  return <SheetView sheet={sheet} title={title} />;
}

function TreeSheet({ title }: { readonly title: string }) {
  const t = useT();
  const format = useFormat();
  const pieces = useCached('shown');
  const sheet = useMemo(() => treeSheet(pieces, t, format), [pieces, t, format]);
  return <SheetView sheet={sheet} title={title} />;
}

function ChainSheet({ title }: { readonly title: string }) {
  const t = useT();
  const format = useFormat();
  const selected = useStore(selectionStore, (s) => s.selected);
  const chain = useHashChain(selected, 'shown');
  const sheet = useMemo(() => chainSheet(chain, selected, t, format), [chain, selected, t, format]);
  return <SheetView sheet={sheet} title={title} />;
}

function SheetView({ sheet, title }: { readonly sheet: Sheet; readonly title: string }) {
  const t = useT();
  const format = useFormat();
  const selected = useStore(selectionStore, (s) => s.selected);
  const [look, setLook] = useState<'table' | 'text'>('table');
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const rows = useMemo(() => sorted(sheet.rows, sorting), [sheet, sorting]);
  const [said, setSaid] = useState('');

  useEffect(() => {
    if (said === '') return;
    const timer = window.setTimeout(() => setSaid(''), copiedMs);
    return () => window.clearTimeout(timer);
  }, [said]);

  function copy(): void {
    const text = look === 'text' ? sheet.text : toText({ columns: sheet.columns, rows });
    navigator.clipboard.writeText(text).then(
      () => setSaid(t('sheet.copied')),
      () => setSaid(t('sheet.notCopied')),
    );
  }

  /** First up, then down, then as it was. */
  function sortBy(column: number): void {
    setSorting((old) => {
      if (old?.column !== column) return { column, isDescending: false };
      return old.isDescending ? null : { column, isDescending: true };
    });
  }

  return (
    <div className="sheet">
      <div className="sheet-bar">
        <Choice
          look="segments"
          label={t('sheet.view')}
          value={look}
          options={[
            { value: 'table', label: t('sheet.table') },
            { value: 'text', label: t('sheet.text') },
          ]}
          onChange={setLook}
        />
        <Button onPress={copy}>{t('sheet.copy')}</Button>
        <span role="status">{said}</span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="sheet-scroll" aria-label={t('sheet.caption', { panel: title })} tabIndex={0}>
        {look === 'text' ? (
          <p className="sheet-text">{sheet.text === '' ? t('sheet.empty') : sheet.text}</p>
        ) : (
          <>
            {rows.length === 0 && <p className="sheet-text">{t('sheet.empty')}</p>}
            {rows.length > mostRows && (
              <p className="sheet-note">
                {t('sheet.first', { shown: format.count(mostRows), count: format.count(rows.length) })}
              </p>
            )}
            <table>
              <caption className="visually-hidden">{t('sheet.caption', { panel: title })}</caption>
              <thead>
                <tr>
                  {sheet.columns.map((name, i) => (
                    <th key={name} scope="col" aria-sort={sortOf(sorting, i)} data-number={isNumber(sheet.rows, i)}>
                      <button type="button" onClick={() => sortBy(i)}>
                        {name}
                        <span aria-hidden="true">
                          {sorting?.column === i ? (sorting.isDescending ? '↓' : '↑') : ''}
                        </span>
                      </button>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, mostRows).map((row, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: two rows may say the same
                  <TableRow key={i} row={row} selected={selected} />
                ))}
              </tbody>
            </table>
          </>
        )}
      </section>
    </div>
  );
}

/** A row lights up with its request in every panel; a click selects it, or goes to its step. */
function TableRow({ row, selected }: { readonly row: Row; readonly selected: number }) {
  const session = useSession();
  const isHovered = useStore(selectionStore, (s) => s.hovered >= 0 && s.hovered === row.request);
  const { hover, select } = selectionStore.getState();
  function choose(): void {
    if (row.step >= 0) session.seekStep(row.step);
    if (row.request >= 0 && (row.step < 0 || row.request !== selected)) select(row.request);
  }
  const isActive = row.step >= 0 || row.request >= 0;
  return (
    <tr
      data-hovered={isHovered}
      data-selected={row.request >= 0 && row.request === selected}
      onPointerEnter={() => hover(row.request)}
      onPointerLeave={() => hover(-1)}
    >
      {row.cells.map((cell, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cells are their columns
        <td key={i} data-number={typeof cell.value === 'number'}>
          {i === 0 && isActive ? (
            <button type="button" onClick={choose} onFocus={() => hover(row.request)} onBlur={() => hover(-1)}>
              {cell.text}
            </button>
          ) : (
            cell.text
          )}
        </td>
      ))}
    </tr>
  );
}

function sortOf(sorting: Sorting | null, column: number): 'ascending' | 'descending' | 'none' {
  if (sorting?.column !== column) return 'none';
  return sorting.isDescending ? 'descending' : 'ascending';
}

function isNumber(rows: readonly Row[], column: number): boolean {
  return typeof rows[0]?.cells[column]?.value === 'number';
}
