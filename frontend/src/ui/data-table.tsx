// biome-ignore-all lint/a11y/useSemanticElements: a list of rows that are placed by hand cannot be a <table>; it has a grid's roles instead
// biome-ignore-all lint/a11y/useFocusableInteractive: focus goes to rows, and from there to what stands in them
import { type RowData, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { formatCount } from "../lib/format.js";
import { useWidthRem } from "../lib/width.js";
import { formatClock, useZone } from "../lib/zone.js";
import { cn } from "./cn.js";
import { type Column, columnsThatFit, features, idOf, LeftOut } from "./columns.js";
import { Failed, LoadingRows } from "./states.js";

export { type Column, columnsOf } from "./columns.js";

/** The next page of an endless list. */
export interface More {
  has: boolean;
  loading: boolean;
  /** It was asked for in vain; `load` asks again. */
  failed: boolean;
  load: () => void;
}

interface DataTableProps<Row extends RowData> {
  /** What the list holds, for those who hear it. */
  label: string;
  /** Stable: made outside the component, or memoized. */
  columns: readonly Column<Row>[];
  /** undefined while they are on their way. */
  items: readonly Row[] | undefined;
  keyOf: (row: Row) => string;
  error?: unknown;
  onRetry?: () => void;
  /** When the items were read, for when they cannot be read again: `dataUpdatedAt` of the query. */
  readAtMs?: number;
  /** Stands in place of the rows when there are none. */
  empty: ReactNode;
  more?: More;
  /** What a click and Enter do. Without it rows do nothing by themselves. */
  onOpen?: (row: Row) => void;
  /** Key of the row that is open beside the list. */
  openKey?: string;
  /** Keys that are ticked; with it each row has a box. */
  ticked?: ReadonlySet<string>;
  onTick?: (ticked: ReadonlySet<string>) => void;
  /** Rows in red, say. */
  rowClass?: (row: Row) => string | undefined;
  /** Height of a row in px. */
  rowHeight?: number;
  /** `false`: as high as its rows, up to the room there is; for lists that are short as a rule. */
  grow?: boolean;
}

/** How many rows before the end the next page is fetched. */
const AHEAD = 15;

/**
 * A list that can be endless: only the rows in view are in the page, so 100,000 cost what 30 do. Arrows (and j, k) move, Enter
 * opens, Space ticks; with a row open beside the list, moving opens the next one.
 */
export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const { items, error, onRetry, empty, grow = true } = props;
  return (
    <div
      className={cn(
        "flex min-h-0 min-w-0 flex-col overflow-hidden rounded-lg border border-line bg-surface",
        grow ? "flex-1" : "flex-initial",
      )}
    >
      {items && items.length > 0 ? (
        <Rows {...props} items={items} />
      ) : error ? (
        <Failed error={error} onRetry={onRetry} />
      ) : items ? (
        empty
      ) : (
        <LoadingRows />
      )}
    </div>
  );
}

function Rows<Row extends RowData>(props: DataTableProps<Row> & { items: readonly Row[] }) {
  const {
    label,
    columns,
    items,
    keyOf,
    more,
    onOpen,
    openKey,
    ticked,
    onTick,
    rowClass,
    rowHeight = 40,
    error,
    onRetry,
    readAtMs,
    grow = true,
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [shown, leftOut] = useFitting(columns, useWidthRem(scroller), ticked !== undefined);
  const table = useTable({ features, columns: shown, data: items, getRowId: keyOf });
  const rows = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const [active, move] = useActiveRow(props, (index) => {
    virtual.scrollToIndex(index);
    // The row may come into the page only now.
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true }));
  });
  const inView = virtual.getVirtualItems();
  const last = inView.at(-1)?.index ?? 0;
  // Tab must lead into the list also when the row it was on has been scrolled away.
  const reachable = inView.some(({ index }) => index === active) ? active : inView[0]?.index;
  useEffect(() => {
    if (more?.has && !more.loading && !error && last >= rows.length - AHEAD) more.load();
  }, [more, last, rows.length, error]);
  const tracks = [...(ticked ? [`${TICK_REM}rem`] : []), ...shown.map((column) => column.meta?.width ?? "1fr")].join(" ");
  const tick = (id: string) => ticked && onTick?.(toggled(ticked, id));
  return (
    <div ref={scroller} className={cn("min-h-0 overflow-auto", grow ? "flex-1" : "flex-initial")}>
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={more?.has ? -1 : rows.length + 1}
        onKeyDown={(event) => move(event, () => tick(rows[active]?.id ?? ""))}
        className="min-w-min"
      >
        <div role="rowgroup" className="sticky top-0 z-10 border-b border-line bg-surface">
          {table.getHeaderGroups().map((group) => (
            <div
              key={group.id}
              role="row"
              aria-rowindex={1}
              className="grid h-9 items-center text-xs text-ink-3"
              style={{ gridTemplateColumns: tracks }}
            >
              {ticked && <TickAll items={items} keyOf={keyOf} ticked={ticked} onTick={onTick} />}
              {group.headers.map((header) => (
                <div key={header.id} role="columnheader" className={cn("truncate px-3", alignOf(header.column.columnDef.meta))}>
                  <table.FlexRender header={header} />
                </div>
              ))}
            </div>
          ))}
        </div>
        <LeftOut value={leftOut}>
          <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
            {inView.map(({ index, start }) => {
              const row = rows[index];
              if (!row) return null;
              return (
                // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the grid's
                <div
                  key={row.id}
                  role="row"
                  data-index={index}
                  data-row={row.id}
                  aria-rowindex={index + 2}
                  aria-selected={row.id === openKey || ticked?.has(row.id) || undefined}
                  tabIndex={index === reachable ? 0 : -1}
                  onClick={onOpen && (() => onOpen(row.original))}
                  className={cn(
                    "absolute inset-x-0 top-0 grid items-center border-b border-line text-[13px] -outline-offset-2",
                    onOpen && "cursor-pointer",
                    onOpen && row.id !== openKey && "hover:bg-raised",
                    row.id === openKey && "bg-brand-soft",
                    rowClass?.(row.original),
                  )}
                  style={{ gridTemplateColumns: tracks, height: rowHeight, transform: `translateY(${start}px)` }}
                >
                  {ticked && <Tick id={row.id} ticked={ticked.has(row.id)} onTick={() => tick(row.id)} />}
                  {row.getAllCells().map((cell) => (
                    <div key={cell.id} role="gridcell" className={cn(cellLook, alignOf(cell.column.columnDef.meta))}>
                      <table.FlexRender cell={cell} />
                    </div>
                  ))}
                </div>
              );
            })}
          </div>
        </LeftOut>
      </div>
      {error ? <FailedFoot more={more} onRetry={onRetry} readAtMs={readAtMs} /> : more && <Foot count={rows.length} more={more} />}
    </div>
  );
}

/** Text is cut where it ends; what can be pressed is not. */
const cellLook = "min-w-0 truncate px-3 has-[button]:overflow-visible has-[a]:overflow-visible";
const TICK_REM = 2.25;

/** The columns that the list has room for, and the names of the others. */
function useFitting<Row extends RowData>(columns: readonly Column<Row>[], widthRem: number | undefined, ticks: boolean) {
  return useMemo(() => {
    const shown = columnsThatFit(columns, widthRem === undefined ? undefined : widthRem - (ticks ? TICK_REM : 0));
    return [shown, new Set(columns.filter((column) => !shown.includes(column)).map(idOf))] as const;
  }, [columns, widthRem, ticks]);
}

const alignOf = (look: Column<never>["meta"]) => (look?.align === "right" ? "text-right" : undefined);

/** Which row the keyboard is on, and the keys that move it. */
function useActiveRow<Row extends RowData>({ items, keyOf, onOpen, openKey }: DataTableProps<Row>, show: (index: number) => void) {
  const [active, setActive] = useState(0);
  const count = items?.length ?? 0;
  const openIndex = openKey === undefined ? -1 : (items?.findIndex((row) => keyOf(row) === openKey) ?? -1);
  const current = Math.max(0, Math.min(openIndex >= 0 ? openIndex : active, count - 1));
  const move = (event: KeyboardEvent, onSpace: () => void) => {
    if (event.metaKey || event.ctrlKey || event.altKey || (event.target as HTMLElement).role !== "row") return;
    const row = items?.[current];
    if (event.key === "Enter" && row) return onOpen?.(row);
    if (event.key === " ") {
      event.preventDefault();
      return onSpace();
    }
    const next = { ArrowDown: current + 1, j: current + 1, ArrowUp: current - 1, k: current - 1, Home: 0, End: count - 1 }[event.key];
    if (next === undefined || next < 0 || next >= count) return;
    event.preventDefault();
    setActive(next);
    const nextRow = items?.[next];
    if (openKey !== undefined && nextRow) onOpen?.(nextRow);
    show(next);
  };
  return [current, move] as const;
}

function toggled(ticked: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(ticked);
  if (!next.delete(id)) next.add(id);
  return next;
}

const box = "size-4 cursor-pointer accent-brand";

function Tick({ id, ticked, onTick }: { id: string; ticked: boolean; onTick: () => void }) {
  return (
    <div role="gridcell" className="grid h-full place-items-center">
      {/* A click beside the box must not open the row. */}
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={`Select ${id}`}
        checked={ticked}
        onChange={onTick}
        onClick={(event) => event.stopPropagation()}
        className={box}
      />
    </div>
  );
}

function TickAll<Row extends RowData>({
  items,
  keyOf,
  ticked,
  onTick,
}: Required<Pick<DataTableProps<Row>, "keyOf" | "ticked">> & Pick<DataTableProps<Row>, "onTick"> & { items: readonly Row[] }) {
  const all = ticked.size > 0 && items.every((row) => ticked.has(keyOf(row)));
  return (
    <div role="columnheader" className="grid h-full place-items-center">
      <input
        type="checkbox"
        aria-label="Select all that are loaded"
        checked={all}
        ref={(element) => {
          if (element) element.indeterminate = !all && ticked.size > 0;
        }}
        onChange={() => onTick?.(all ? new Set() : new Set(items.map(keyOf)))}
        className={box}
      />
    </div>
  );
}

function Foot({ count, more }: { count: number; more: More }) {
  return (
    <p role="status" className="grid h-9 place-items-center text-xs text-ink-3">
      {more.has ? "Loading more …" : `That is all: ${formatCount(count)}`}
    </p>
  );
}

/** What could not be read: the rest of the list, or the whole of it again, which then is as old as it is. */
function FailedFoot({ more, onRetry, readAtMs }: Pick<DataTableProps<RowData>, "more" | "onRetry" | "readAtMs">) {
  useZone();
  const asOf = readAtMs ? `what you see is of ${formatClock(readAtMs)}` : "what you see may be old";
  return (
    <p role="status" className="flex min-h-10 items-center justify-center gap-1.5 px-3 text-center text-xs text-bad">
      {more?.failed ? "The rest could not be loaded." : `Could not be refreshed; ${asOf}.`}
      <button type="button" onClick={more?.failed ? more.load : onRetry} className="shrink-0 cursor-pointer font-medium underline">
        Try again
      </button>
    </p>
  );
}
