import type { ReactNode } from "react";

interface TableProps {
  columns: readonly string[];
  /** Further columns, hidden on phones; their cells carry `hidden sm:table-cell`. */
  wideColumns?: readonly string[];
  children: ReactNode;
}

/** A dense table: the first column is a name and takes the room, the others are figures. Scrolls sideways where it must. */
export function Table({ columns, wideColumns = [], children }: TableProps) {
  return (
    <div className="-mx-1 overflow-x-auto px-1">
      <table className="w-full min-w-72 text-[13px] [&_td]:py-1.5 [&_td]:pl-3 [&_td]:text-right [&_td]:align-top [&_td]:whitespace-nowrap stale:[&_td]:text-ink-3">
        <thead className="text-xs text-ink-3">
          <tr>
            {columns.map((column, index) => (
              <th
                key={column}
                scope="col"
                className={index === 0 ? "w-full py-1 text-left font-normal" : "py-1 pl-3 text-right font-normal whitespace-nowrap"}
              >
                {column}
              </th>
            ))}
            {wideColumns.map((column) => (
              <th key={column} scope="col" className="hidden py-1 pl-3 text-right font-normal whitespace-nowrap sm:table-cell">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line">{children}</tbody>
      </table>
    </div>
  );
}
