import type { Ledger } from "@streamforge/shared";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { useRefreshMs } from "../../app/settings.js";
import { useTenant } from "../../app/tenant.js";
import { useFilters } from "../../lib/filters.js";
import { formatCount } from "../../lib/format.js";
import { boundsOf, type Range } from "../../lib/range.js";
import { formatDayMinute } from "../../lib/zone.js";
import { useLiveValue } from "../../live/use-live.js";
import { Badge } from "../../ui/badge.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { FilterBar, RangeFilter } from "../../ui/filter-bar.js";
import { Checkbox } from "../../ui/form.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Verdict } from "../../ui/verdict.js";
import { Alarms } from "./alarms.js";
import { LastCheck } from "./last-check.js";
import { useAlarms } from "./queries.js";
import { ledgerSearch } from "./search.js";
import { doubtOf, sentenceOf } from "./words.js";

/** The most that the API gives at once: 3.5 days of one tenant. */
const MOST = 5000;

type Minute = Ledger["items"][number];

const column = columnsOf<Minute>();
const figure = (key: "accepted" | "stored" | "duplicate" | "dead" | "inFlight" | "missing", header: string, wide = false) =>
  column.accessor(key, {
    header,
    cell: ({ getValue }) => <Figure value={getValue()} bad={key === "missing"} />,
    meta: { width: "minmax(5.5rem, 1fr)", align: "right", wide },
  });
const columns = column.columns([
  column.accessor("minute", {
    header: "Minute",
    cell: ({ getValue }) => <time dateTime={getValue()}>{formatDayMinute(Date.parse(getValue()))}</time>,
    meta: { width: "minmax(7.5rem, 1fr)" },
  }),
  column.accessor("tenantId", { header: "Tenant", meta: { width: "minmax(7rem, 1.4fr)", wide: true } }),
  figure("accepted", "Accepted"),
  figure("stored", "Stored", true),
  figure("duplicate", "Duplicate", true),
  figure("dead", "Dead", true),
  figure("inFlight", "In flight", true),
  figure("missing", "Missing"),
  column.accessor("closed", {
    header: "State",
    cell: ({ getValue }) => (getValue() ? "Closed" : <Badge>Open</Badge>),
    meta: { width: "6rem", wide: true },
  }),
]);

function Figure({ value, bad }: { value: number; bad: boolean }) {
  if (value === 0) return <span className="text-ink-3">0</span>;
  return <span className={bad ? "font-semibold text-bad" : undefined}>{formatCount(value)}</span>;
}

/** What was accepted in each minute, and what became of it: the proof that nothing was lost, or the place where it was. */
export function LedgerPage() {
  const tenant = useTenant();
  const { values, set, clear } = useFilters(ledgerSearch);
  const { since = "1h", from, to, only } = values;
  const range: Range = from || to ? { from, to } : { since };
  const ledger = useQuery({
    queryKey: ["ledger", tenant, range],
    queryFn: ({ signal }) =>
      ok(api.GET("/v1/admin/ledger", { params: { query: { tenantId: tenant, ...boundsOf(range, Date.now()), limit: MOST } }, signal })),
    refetchInterval: useRefreshMs(),
    placeholderData: keepPreviousData,
  });
  const alarms = useAlarms();
  const doubt = useLiveValue(({ stats }) => doubtOf(alarms.data, stats?.ledger));
  const lost = ledger.data?.items.filter(({ missing }) => missing > 0);
  const items = only ? lost : ledger.data?.items;
  const first = lost?.at(-1)?.minute;
  return (
    <Page fill>
      <PageHeader
        title="Ledger"
        about={`Per minute of acceptance${tenant ? ` of ${tenant}` : ""}: accepted = stored + duplicate + dead + in flight, or something is missing.`}
      />
      <Alarms />
      <Verdict
        loading={!ledger.data}
        {...(ledger.data
          ? sentenceOf(ledger.data.total, {
              since: first && formatDayMinute(Date.parse(first)),
              unaccounted: ledger.data.unaccounted ?? 0,
              doubt,
            })
          : {})}
      />
      <LastCheck />
      <FilterBar active={Boolean(from || to || only)} onClear={clear}>
        <RangeFilter
          any="Last hour"
          offered={["15m", "24h", "7d", "30d"]}
          range={from || to ? { from, to } : { since: since === "1h" ? undefined : since }}
          onChange={set}
        />
        <Checkbox
          label="Only minutes with something missing"
          checked={only !== undefined}
          onChange={(event) => set({ only: event.target.checked ? "missing" : undefined })}
        />
        {ledger.data && <DeadNow of={ledger.data.deadNow} />}
      </FilterBar>
      {/* Alarms above it take their room from the page, which then scrolls, never from the last rows of the list. */}
      <div className="flex min-h-80 flex-1 flex-col">
        <DataTable
          label="Minutes"
          columns={columns}
          items={items}
          keyOf={({ minute, tenantId }) => `${minute} ${tenantId}`}
          error={ledger.error}
          onRetry={() => void ledger.refetch()}
          rowHeight={36}
          grow={false}
          rowClass={({ missing }) => (missing > 0 ? "bg-bad-soft" : undefined)}
          empty={
            only ? (
              <Empty title="Not a minute with something missing">In the chosen time every accepted event is accounted for.</Empty>
            ) : (
              <Empty title="No event was accepted in this time">Choose a longer time, or send one.</Empty>
            )
          }
        />
      </div>
    </Page>
  );
}

/** What became of dead letters since; a minute's `dead` does not change when one is mended. */
function DeadNow({ of: { open, resolved, discarded, superseded } }: { of: Ledger["deadNow"] }) {
  const mended = resolved + superseded;
  return (
    <p className="ml-auto text-xs text-ink-3">
      Dead letters now: {formatCount(open)} open, {formatCount(mended)} mended, {formatCount(discarded)} discarded
    </p>
  );
}
