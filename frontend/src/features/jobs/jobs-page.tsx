import { type JobView, jobKinds, jobStatuses } from "@streamforge/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { useMay } from "../../app/permissions.js";
import { useTenant } from "../../app/tenant.js";
import { useRows } from "../../lib/endless.js";
import { failureText } from "../../lib/failure.js";
import { useFilters } from "../../lib/filters.js";
import { toast } from "../../lib/toasts.js";
import { Button } from "../../ui/button.js";
import { InPlaceOf } from "../../ui/columns.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { ChoiceFilter, FilterBar } from "../../ui/filter-bar.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { statusWords } from "../replays/words.js";
import { JobProgress, JobState } from "./job-state.js";
import { jobsQuery, useRetentionRun } from "./queries.js";
import { jobsSearch } from "./search.js";
import { kindWords, progressWords, specWords } from "./words.js";

const column = columnsOf<JobView>();
const columns = column.columns([
  column.accessor("status", { header: "State", cell: ({ row }) => <JobState job={row.original} />, meta: { width: "7rem" } }),
  column.display({
    id: "what",
    header: "What",
    cell: ({ row: { original } }) => (
      <div className="min-w-0 leading-tight">
        <p className="truncate font-medium">{kindWords[original.kind]}</p>
        <p className="truncate text-xs text-ink-2">
          <InPlaceOf column="createdAt">
            <Ago at={original.createdAt} /> ·{" "}
          </InPlaceOf>
          {specWords(original)}
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
        <JobProgress job={original} className="h-1.5" />
      </div>
    ),
    meta: { width: "minmax(5.5rem, 1.2fr)" },
  }),
  column.accessor("createdAt", { header: "Begun", cell: ({ getValue }) => <Ago at={getValue()} />, meta: { width: "6.5rem", wide: true } }),
  column.accessor(({ createdBy }) => createdBy.name, { id: "by", header: "By", meta: { width: "minmax(8rem, 1.2fr)", wide: true } }),
  column.accessor(({ tenantId }) => tenantId ?? "all", {
    id: "tenant",
    header: "Tenant",
    meta: { width: "minmax(6rem, 1fr)", wide: true },
  }),
]);

const kinds = jobKinds.map((value) => ({ value, label: kindWords[value] }));
const statuses = jobStatuses.map((value) => ({ value, label: statusWords[value][0] }));

/** Long work of every kind, newest first; one opens beside the list. */
export function JobsPage() {
  const tenant = useTenant();
  const { values, set, clear, active } = useFilters(jobsSearch);
  const query = useInfiniteQuery(jobsQuery(tenant, values));
  const { items, ...read } = useRows(query);
  const { jobId } = useParams({ strict: false });
  const navigate = useNavigate();
  const open = (id: string) =>
    void navigate({ to: "/jobs/$jobId", params: { jobId: id }, search: (previous) => previous, replace: jobId !== undefined });
  return (
    <Page fill>
      <PageHeader
        title="Jobs"
        about="Replays, exports, retention and erasures: how far they are, and what came of them."
        actions={<DryRun tenantId={tenant} onBegun={open} />}
      />
      <FilterBar active={active} onClear={clear}>
        <ChoiceFilter label="Kind" any="Any kind" value={values.kind} options={kinds} onChange={(kind) => set({ kind })} />
        <ChoiceFilter label="State" any="Any state" value={values.status} options={statuses} onChange={(status) => set({ status })} />
      </FilterBar>
      <div className="flex min-h-0 flex-1 gap-3">
        <div className="flex max-h-full min-h-0 min-w-0 flex-1 flex-col self-start">
          <DataTable
            label="Jobs"
            grow={false}
            columns={columns}
            items={items}
            keyOf={({ id }) => id}
            {...read}
            onRetry={() => void query.refetch()}
            rowHeight={52}
            openKey={jobId}
            onOpen={({ id }) => open(id)}
            empty={
              active ? (
                <Empty title="No job is like this">Choose another kind or state, or any.</Empty>
              ) : (
                <Empty title="There are no jobs yet">Replays begin on the page of dead letters; retention runs every day by itself.</Empty>
              )
            }
          />
        </div>
        <Outlet />
      </div>
    </Page>
  );
}

/** Counts what retention would remove now; changes nothing. */
function DryRun({ tenantId, onBegun }: { tenantId: string | undefined; onBegun: (jobId: string) => void }) {
  const may = useMay();
  const run = useRetentionRun();
  if (!may("POST /v1/admin/retention/run")) return null;
  const begin = () =>
    run
      .mutateAsync({ tenantId, dryRun: true })
      .then(({ jobId }) => onBegun(jobId))
      .catch((error) => toast(failureText(error), "bad"));
  return (
    <Button size="sm" disabled={run.isPending} onClick={() => void begin()}>
      What would retention remove?
    </Button>
  );
}
