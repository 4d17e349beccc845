import { useMemo } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { roofline } from '../../i18n/messages/roofline.ts';
import { useT } from '../../i18n/use-t.ts';
import type { OperatorTime } from '../../protocol/frame.ts';
import { selectionStore } from '../../state/selection.ts';
import { useFormat } from '../../ui/use-format.ts';
import { type OperatorRow, operatorRows } from './words.ts';
import './roofline.css';

addMessages(roofline);

export interface OperatorTableProps {
  readonly operators: readonly OperatorTime[];
  /** `short`: time and limit only, for narrow places. */
  readonly columns: 'short' | 'all';
}

const short = ['time', 'share', 'limit'] as const;
const all = ['time', 'share', 'limit', 'flops', 'bytes', 'intensity', 'rate', 'bandwidth'] as const;

/** The operators of a step in the order in which they run. A default export because it is loaded lazily. */
export default function OperatorTable({ operators, columns }: OperatorTableProps) {
  const t = useT();
  const format = useFormat();
  const hovered = useStore(selectionStore, (s) => s.hoveredOperator);
  const rows = useMemo(() => operatorRows(operators, t, format), [operators, t, format]);
  const shown = columns === 'short' ? short : all;
  const { hoverOperator } = selectionStore.getState();
  return (
    <table className="operator-table" data-columns={columns}>
      <caption className="visually-hidden">{t('operators.title')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('operators.operator')}</th>
          {shown.map((column) => (
            <th key={column} scope="col" data-column={column}>
              {t(`operators.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.operator}
            data-operator={row.operator}
            data-hovered={row.operator === hovered}
            onPointerEnter={() => hoverOperator(row.operator === 'all' ? '' : row.operator)}
            onPointerLeave={() => hoverOperator('')}
          >
            <th scope="row">{row.name}</th>
            {shown.map((column) => (
              <Cell key={column} row={row} column={column} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ row, column }: { readonly row: OperatorRow; readonly column: (typeof all)[number] }) {
  if (column !== 'share' || row.operator === 'all') return <td data-column={column}>{row[column]}</td>;
  return (
    <td data-column={column}>
      <span className="operator-bar" style={{ '--part': row.part }} aria-hidden="true" />
      {row.share}
    </td>
  );
}
