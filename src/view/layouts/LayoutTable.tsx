import { ArrowDown, ArrowUp } from 'lucide-react';
import { useT } from '../../i18n/use-t.ts';
import type { Layout } from '../../scenario/layouts/layouts.ts';
import type { Problem } from '../../scenario/problem.ts';
import { Button } from '../../ui/controls/Button.tsx';
import {
  type LayoutColumn,
  type LayoutLine,
  type LayoutOrder,
  layoutColumns,
  nextOrder,
  resultColumns,
} from './model.ts';

interface LayoutTableProps {
  readonly caption: string;
  readonly lines: readonly LayoutLine[];
  readonly order: LayoutOrder;
  readonly onOrder: (order: LayoutOrder) => void;
  readonly isPresent: (layout: Layout) => boolean;
  readonly reasonOf: (problems: readonly Problem[]) => string;
  /** Null where the scenario's knobs are locked. */
  readonly onUse: ((layout: Layout) => void) | null;
}

/** One row a layout; a press on the head of a column orders by it. */
export function LayoutTable({ caption, lines, order, onOrder, isPresent, reasonOf, onUse }: LayoutTableProps) {
  const t = useT();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="layout-scroll" aria-label={caption} tabIndex={0}>
      <table className="layout-table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {layoutColumns.map((column) => (
              <Head key={column} column={column} order={order} onOrder={onOrder} />
            ))}
            <th scope="col" className="layout-links">
              {t('layouts.links')}
            </th>
            <th scope="col">
              <span className="visually-hidden">{t('layouts.action')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.id} data-layout-row={line.id} data-best={line.isBest}>
              <th scope="row">
                {line.name}
                {line.isBest && <span className="layout-badge">{t('layouts.isBest')}</span>}
                {isPresent(line.layout) && <span className="layout-badge">{t('layouts.isPresent')}</span>}
              </th>
              <td>{line.split}</td>
              <td>{line.idle}</td>
              {line.cells === null ? (
                <td className="layout-reason" colSpan={resultColumns.length + 2}>
                  {t('layouts.doesNotFit', { reason: line.row.ok ? '' : reasonOf(line.row.problems) })}
                </td>
              ) : (
                <>
                  {line.cells.map((cell, i) => (
                    <td key={resultColumns[i]}>{cell}</td>
                  ))}
                  <td className="layout-links">
                    {line.links.length === 0 && '–'}
                    {line.links.map(({ mark, text }) => (
                      <span key={text}>
                        <span aria-hidden="true">{mark}</span> {text}
                      </span>
                    ))}
                  </td>
                  <td>
                    {onUse !== null && !isPresent(line.layout) && (
                      <Button
                        label={t('layouts.useThis', { layout: line.fullName })}
                        onPress={() => onUse(line.layout)}
                      >
                        {t('layouts.use')}
                      </Button>
                    )}
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface HeadProps {
  readonly column: LayoutColumn;
  readonly order: LayoutOrder;
  readonly onOrder: (order: LayoutOrder) => void;
}

function Head({ column, order, onOrder }: HeadProps) {
  const t = useT();
  const isOrdered = order?.column === column;
  const Arrow = order?.isDescending ? ArrowDown : ArrowUp;
  return (
    <th scope="col" aria-sort={isOrdered ? (order.isDescending ? 'descending' : 'ascending') : undefined}>
      <button type="button" onClick={() => onOrder(nextOrder(order, column))}>
        {t(`layouts.column.${column}`)}
        {isOrdered && <Arrow aria-hidden="true" />}
      </button>
    </th>
  );
}
