import type { Ledger } from "@streamforge/shared";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { api, ok } from "../../api/client.js";
import { useRefreshMs } from "../../app/settings.js";
import { useTenant } from "../../app/tenant.js";
import { failureText } from "../../lib/failure.js";
import { useFilters } from "../../lib/filters.js";
import { formatCount, formatShort } from "../../lib/format.js";
import { boundsOf, type Range } from "../../lib/range.js";
import { useWidthRem } from "../../lib/width.js";
import { formatClock, formatDayMinute, useZone } from "../../lib/zone.js";
import { freshness } from "../../live/freshness.js";
import { useLiveValue } from "../../live/use-live.js";
import { Badge } from "../../ui/badge.js";
import { InPlaceOf } from "../../ui/columns.js";
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
import { doubtOf, emptyWords, notNow, type Sentence, sentenceOf } from "./words.js";

/** The most that the API gives at once: 3.5 days of one tenant. */
const MOST = 5000;
/** Where the custom range names no beginning. */
const BEGINNING = new Date(0).toISOString();
/** Narrower lists have no room for all figures, and rows with the others in small letters, in rem. */
const ROOMY_REM = 53;

type Minute = Ledger["items"][number];

const column = columnsOf<Minute>();
const figure = (key: "accepted" | "stored" | "duplicate" | "dead" | "inFlight" | "missing", header: string, wide = false) =>
  column.accessor(key, {
    header,
    cell: ({ getValue }) => <Figure value={getValue()} bad={key === "missing"} />,
    meta: { width: "minmax(5rem, 1fr)", align: "right", wide },
  });
const columns = column.columns([
  column.accessor("minute", {
    header: "Minute",
    cell: ({ row }) => <Accepted of={row.original} />,
    meta: { width: "minmax(8.5rem, 2fr)" },
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

/** The minute, and of what the list has no room for whatever says more than nothing. */
function Accepted({ of: { minute, tenantId, stored, dead, inFlight } }: { of: Minute }) {
  const figures = [
    ["stored", stored, "stored"],
    ["dead", dead, "dead"],
    ["inFlight", inFlight, "in flight"],
  ] as const;
  return (
    <span className="block leading-tight whitespace-normal">
      <time dateTime={minute} className="block whitespace-nowrap">
        {formatDayMinute(Date.parse(minute))}
      </time>
      <InPlaceOf column="tenantId">
        <span className="block truncate text-xs text-ink-2">{tenantId}</span>
      </InPlaceOf>
      <span className="block truncate text-xs text-ink-3">
        {figures.map(
          ([key, value, word]) =>
            value > 0 && (
              <InPlaceOf key={key} column={key}>
                <span className="mr-1.5">{`${formatShort(value)} ${word}`}</span>
              </InPlaceOf>
            ),
        )}
      </span>
    </span>
  );
}

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
    queryKey: ["ledger", tenant, range, only],
    queryFn: ({ signal }) => {
      const query = { tenantId: tenant, from: BEGINNING, ...boundsOf(range, Date.now()), only, limit: MOST };
      return ok(api.GET("/v1/admin/ledger", { params: { query }, signal }));
    },
    refetchInterval: useRefreshMs(),
  });
  const verdict = useVerdict(ledger);
  const list = useRef<HTMLDivElement>(null);
  const roomy = (useWidthRem(list) ?? ROOMY_REM) >= ROOMY_REM;
  const empty = emptyWords(only !== undefined, verdict ?? { tone: "neutral" });
  return (
    <Page fill>
      <PageHeader
        title="Ledger"
        about={`Per minute of acceptance${tenant ? ` of ${tenant}` : ""}: accepted = stored + duplicate + dead + in flight, or something is missing.`}
      />
      <Alarms />
      <Verdict loading={!verdict} {...verdict} />
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
      <div ref={list} className="flex min-h-80 flex-1 flex-col gap-2">
        <DataTable
          // Rows are placed by their height.
          key={String(roomy)}
          label="Minutes"
          columns={columns}
          items={ledger.data?.items}
          keyOf={({ minute, tenantId }) => `${minute} ${tenantId}`}
          error={ledger.error}
          onRetry={() => void ledger.refetch()}
          readAtMs={ledger.dataUpdatedAt}
          rowHeight={roomy ? 36 : 58}
          grow={false}
          rowClass={({ missing }) => (missing > 0 ? "bg-bad-soft" : undefined)}
          empty={<Empty title={empty.title}>{empty.text}</Empty>}
        />
        {ledger.data?.truncated && <Cut items={ledger.data.items} />}
      </div>
    </Page>
  );
}

/** What the ledger says of the chosen time, and only while it can be asked. @returns undefined while it is on its way */
function useVerdict({ data, error, dataUpdatedAt }: UseQueryResult<Ledger>): Sentence | undefined {
  useZone();
  const alarms = useAlarms();
  const doubt = useLiveValue(({ stats }) => doubtOf(alarms.data, stats?.ledger));
  const stale = useLiveValue(({ freshAtMs }, nowMs) => freshness(freshAtMs, nowMs).kind === "stale");
  if (!data) return error ? { tone: "warn", headline: "Not known right now", detail: failureText(error) } : undefined;
  const { total, missingSince, unaccounted } = data;
  const since = missingSince ? formatDayMinute(Date.parse(missingSince)) : undefined;
  const sentence = sentenceOf(total, { since, unaccounted: unaccounted ?? 0, doubt });
  return error || stale ? notNow(sentence, formatClock(dataUpdatedAt)) : sentence;
}

/** Says that the list does not go to the beginning of the chosen time. */
function Cut({ items }: { items: Ledger["items"] }) {
  const last = items.at(-1);
  return (
    <p role="note" data-testid="cut" className="shrink-0 text-xs text-ink-2">
      These are the newest {formatCount(items.length)}
      {last && `, back to ${formatDayMinute(Date.parse(last.minute))}`}. Older ones of the chosen time are in the sums above, not in this
      list: choose a shorter time to see them.
    </p>
  );
}

/** What became of dead letters since; a minute's `dead` does not change when one is fixed. */
function DeadNow({ of: { open, replaying, resolved, discarded, superseded } }: { of: Ledger["deadNow"] }) {
  const fixed = resolved + superseded;
  return (
    <p className="ml-auto text-xs text-ink-3">
      Dead letters of all times, now: {formatCount(open)} open, {formatCount(replaying)} being replayed, {formatCount(fixed)} fixed,{" "}
      {formatCount(discarded)} discarded; a body that died repeatedly is one
    </p>
  );
}
