import { type ReplayView, replayStatuses } from "@streamforge/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { useTenant } from "../../app/tenant.js";
import { useRows } from "../../lib/endless.js";
import { useFilters } from "../../lib/filters.js";
import { formatCount } from "../../lib/format.js";
import { InPlaceOf } from "../../ui/columns.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { ChoiceFilter, FilterBar } from "../../ui/filter-bar.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { JobState } from "../jobs/job-state.js";
import { ProgressBar } from "./progress.js";
import { replaysQuery } from "./queries.js";
import { replaysSearch } from "./search.js";
import { kindWords, progressWords, selectionWords, statusWords } from "./words.js";

const column = columnsOf<ReplayView>();
const columns = column.columns([
  column.accessor("status", { header: "State", cell: ({ row }) => <JobState job={row.original} />, meta: { width: "7rem" } }),
  column.display({
    id: "what",
    header: "What",
    cell: ({ row: { original } }) => (
      <div className="min-w-0 leading-tight">
        <p className="truncate font-medium">{kindWords(original)}</p>
        <p className="truncate text-xs text-ink-2">
          <InPlaceOf column="createdAt">
            <Ago at={original.createdAt} /> ·{" "}
          </InPlaceOf>
          {selectionWords(original)}
        </p>
      </div>
    ),
    meta: { width: "minmax(7.5rem, 2fr)" },
  }),
  column.display({
    id: "progress",
    header: "Progress",
    cell: ({ row: { original } }) => (
      <div className="flex flex-col gap-1">
        <p className="text-xs">{progressWords(original)}</p>
        <ProgressBar replay={original} className="h-1.5" />
      </div>
    ),
    meta: { width: "minmax(5.5rem, 1.2fr)" },
  }),
  column.accessor(({ outcomes }) => outcomes.failed ?? 0, {
    id: "failed",
    header: "Failed",
    cell: ({ getValue }) =>
      getValue() > 0 ? <span className="font-medium text-bad">{formatCount(getValue())}</span> : <span className="text-ink-3">0</span>,
    meta: { width: "6rem", align: "right", wide: true },
  }),
  column.accessor("createdAt", { header: "Begun", cell: ({ getValue }) => <Ago at={getValue()} />, meta: { width: "6.5rem", wide: true } }),
  column.accessor(({ createdBy }) => createdBy.name, { id: "by", header: "By", meta: { width: "minmax(8rem, 1.2fr)", wide: true } }),
  column.accessor("tenantId", { header: "Tenant", meta: { width: "minmax(6rem, 1fr)", wide: true } }),
]);

const statuses = replayStatuses.map((value) => ({ value, label: statusWords[value][0] }));

/** Running and past replays, newest first; one opens beside the list. */
export function ReplaysPage() {
  const tenant = useTenant();
  const { values, set, clear, active } = useFilters(replaysSearch);
  const query = useInfiniteQuery(replaysQuery(tenant, values));
  const { items, ...read } = useRows(query);
  const { replayId } = useParams({ strict: false });
  const navigate = useNavigate();
  const open = (id: string) =>
    void navigate({ to: "/replays/$replayId", params: { replayId: id }, search: (previous) => previous, replace: replayId !== undefined });
  return (
    <Page fill>
      <PageHeader title="Replays" about="Dead letters tried again, and dry runs that say what would come of it." />
      <FilterBar active={active} onClear={clear}>
        <ChoiceFilter label="State" any="Any state" value={values.status} options={statuses} onChange={(status) => set({ status })} />
      </FilterBar>
      <div className="flex min-h-0 flex-1 gap-3">
        <div className="flex max-h-full min-h-0 min-w-0 flex-1 flex-col self-start">
          <DataTable
            label="Replays"
            grow={false}
            columns={columns}
            items={items}
            keyOf={({ id }) => id}
            {...read}
            onRetry={() => void query.refetch()}
            rowHeight={52}
            openKey={replayId}
            onOpen={({ id }) => open(id)}
            empty={
              active ? (
                <Empty title="No replay is in this state">Choose another one, or any.</Empty>
              ) : (
                <Empty title="Nothing was replayed yet">A replay begins on the page of dead letters: choose some and retry them.</Empty>
              )
            }
          />
        </div>
        <Outlet />
      </div>
    </Page>
  );
}
