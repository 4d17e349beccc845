import type { LearnedRow } from './model.ts';

interface LearnedTableProps {
  /** Head of the first column. */
  readonly first: string;
  readonly heads: readonly string[];
  readonly rows: readonly LearnedRow[];
}

/** The numbers under the curves. */
export function LearnedTable({ first, heads, rows }: LearnedTableProps) {
  if (rows.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="learned-scroll" aria-label={first} tabIndex={0}>
      <table className="learned-table">
        <thead>
          <tr>
            <th scope="col">{first}</th>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id} data-judged={row.isJudged}>
              <th scope="row">{row.name}</th>
              {row.cells.map((cell, i) => (
                <td key={heads[i]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
