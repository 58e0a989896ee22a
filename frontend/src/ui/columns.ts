import { type ColumnDef, createColumnHelper, type RowData, tableFeatures } from "@tanstack/react-table";
import { createContext, type ReactNode, useContext } from "react";

/** The columns of a `DataTable`, and which of them a list of some width has room for. */

interface ColumnLook {
  /** A track of a CSS grid in rem: `8rem`, `minmax(10rem, 2fr)`. Fixed where it can be, so that nothing moves while rows come. */
  width: `${number}rem` | `minmax(${number}rem, ${number}fr)`;
  align?: "right";
  /** Left out where the list is too narrow for it: the last one first. What must be known all the same stands `InPlaceOf` it. */
  wide?: boolean;
}

export const features = tableFeatures({ columnMeta: {} as ColumnLook });

// biome-ignore lint/suspicious/noExplicitAny: columns of several value types stand in one list, as TanStack Table's own types have it
export type Column<Row extends RowData> = ColumnDef<typeof features, Row, any>;

/** Makes columns: `const column = columnsOf<EventView>()`; `column.accessor("eventId", { header: "Event", cell, meta: { width } })`. */
export const columnsOf = <Row extends RowData>() => createColumnHelper<typeof features, Row>();

/** Columns that may be left out come in only where the others keep this much of the room that they need at least. */
const COMFORT = 1.25;

/** @returns the columns that a list has room for, in their order. @param roomRem its width; undefined while nobody knows */
export function columnsThatFit<Row extends RowData>(columns: readonly Column<Row>[], roomRem: number | undefined): Column<Row>[] {
  if (roomRem === undefined) return [...columns];
  const main = columns.filter(({ meta }) => !meta?.wide);
  let left = roomRem - main.reduce((sum, column) => sum + leastRem(column) * (isFixed(column) ? 1 : COMFORT), 0);
  let full = false;
  return columns.filter((column) => {
    if (!column.meta?.wide) return true;
    left -= leastRem(column);
    full ||= left < 0;
    return !full;
  });
}

const isFixed = <Row extends RowData>({ meta }: Column<Row>) => !meta?.width.startsWith("minmax");
const leastRem = <Row extends RowData>({ meta }: Column<Row>) => Number(/[\d.]+/.exec(meta?.width ?? "")?.[0] ?? 0);

/** A column's name, as TanStack Table makes it. */
export const idOf = <Row extends RowData>(column: Column<Row>): string =>
  column.id ?? String("accessorKey" in column ? column.accessorKey : "");

/** Names of the columns that are left out of the list around. */
export const LeftOut = createContext<ReadonlySet<string>>(new Set());

/** In a cell: what is shown where the list has no room for a column. */
export function InPlaceOf({ column, children }: { column: string; children: ReactNode }): ReactNode {
  return useContext(LeftOut).has(column) ? children : null;
}
