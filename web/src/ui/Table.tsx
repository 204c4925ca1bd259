// SPDX-License-Identifier: Apache-2.0
// Rows and columns; cards where there is no room for columns.
import type { ReactNode } from 'react';
import css from './Table.module.css';

export interface Column<Row> {
  key: string;
  head: string;
  cell: (row: Row) => ReactNode;
  /** Its head is said only. */
  quiet?: boolean;
}

interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  idOf: (row: Row) => string;
}

export function Table<Row>({ label, columns, rows, idOf }: TableProps<Row>) {
  return (
    <div className={css.frame}>
      <table className={css.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ key, head, quiet }) => (
              <th key={key} scope="col">
                {quiet ? <span className="said">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={idOf(row)}>
              {columns.map(({ key, head, cell, quiet }) => (
                <td key={key} data-head={quiet ? undefined : head}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
