import { type ReasonGroup, reasonHelp } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { useFilters } from "../../lib/filters.js";
import { formatCount, plural } from "../../lib/format.js";
import { InPlaceOf } from "../../ui/columns.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { CheckIcon } from "../../ui/icons.js";
import { Sparkline } from "../../ui/sparkline.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { causesQuery } from "./queries.js";
import { type LettersSearch, lettersSearch, statusOf } from "./search.js";
import { emptyWords, statusTitle } from "./words.js";

const column = columnsOf<ReasonGroup>();
const columns = column.columns([
  column.accessor("message", {
    header: "Cause",
    cell: ({ row: { original }, getValue }) => (
      <div className="min-w-0 leading-tight" title={getValue()}>
        <p className="truncate font-medium">
          {reasonHelp[original.reasonCode].title}
          {original.eventType && <span className="font-normal text-ink-2"> · {original.eventType}</span>}
        </p>
        <p className="mt-0.5 truncate text-xs text-ink-2">
          <InPlaceOf column="lastSeen">
            <Ago at={original.lastSeen} /> ·{" "}
          </InPlaceOf>
          {getValue()}
        </p>
      </div>
    ),
    meta: { width: "minmax(10rem, 1fr)" },
  }),
  column.accessor("trend", {
    header: "Last 24 h",
    cell: ({ getValue }) => <Trend values={getValue()} />,
    meta: { width: "8rem", wide: true },
  }),
  column.accessor("lastSeen", {
    header: "Last seen",
    cell: ({ getValue }) => <Ago at={getValue()} />,
    meta: { width: "7rem", wide: true },
  }),
  column.accessor("firstSeen", {
    header: "First seen",
    cell: ({ getValue }) => <Ago at={getValue()} />,
    meta: { width: "7rem", wide: true },
  }),
  column.accessor("count", {
    header: "Letters",
    cell: ({ row, getValue }) => (
      <div className="flex flex-col items-end gap-1">
        <span className="text-[15px] leading-tight font-semibold">{formatCount(getValue())}</span>
        <InPlaceOf column="trend">
          <Trend values={row.original.trend} size="h-3 w-16" />
        </InPlaceOf>
      </div>
    ),
    meta: { width: "6rem", align: "right" },
  }),
]);

function Trend({ values, size = "h-5 w-24" }: { values: readonly number[]; size?: string }) {
  const all = values.reduce((sum, value) => sum + value, 0);
  return (
    <span className="inline-block border-b border-line align-middle">
      <Sparkline
        values={values}
        label={`${plural(all, "letter")} in the last 24 hours, ${formatCount(values.at(-1) ?? 0)} in the last two`}
        className={`block ${size} text-dead`}
      />
    </span>
  );
}

const keyOf = ({ reasonCode, eventType, fingerprint }: ReasonGroup) => `${reasonCode} ${fingerprint} ${eventType}`;

/** Letters by what is wrong with them, the most frequent cause first. */
export function Causes({ tenant, search }: { tenant: string | undefined; search: LettersSearch }) {
  const { set } = useFilters(lettersSearch);
  const status = statusOf(search);
  const { data, error, dataUpdatedAt, refetch } = useQuery(causesQuery(tenant, status));
  const total = data?.items.reduce((sum, { count }) => sum + count, data.others) ?? 0;
  const empty = emptyWords(status, false);
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-2">
      {total > 0 && (
        <p className="text-[13px] text-ink-2" data-testid="causes-total">
          {plural(total, `${statusTitle(status ?? "open").toLowerCase()} letter`)}, {plural(data?.items.length ?? 0, "cause")}
          {data && data.others > 0 && `, the most frequent ones; ${plural(data.others, "letter")} of others`}
        </p>
      )}
      <DataTable
        label="Causes"
        columns={columns}
        items={data?.items}
        keyOf={keyOf}
        error={error}
        onRetry={() => void refetch()}
        readAtMs={dataUpdatedAt}
        rowHeight={54}
        grow={total === 0}
        onOpen={({ fingerprint }) => set({ cause: fingerprint })}
        empty={
          <Empty title={empty.title}>
            {status === "open" && <CheckIcon className="mx-auto mb-2 size-8 text-good" />}
            {empty.about}
          </Empty>
        }
      />
    </div>
  );
}
