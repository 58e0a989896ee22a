import type { EventView } from "@streamforge/shared";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { useMay } from "../../app/permissions.js";
import { useTenant } from "../../app/tenant.js";
import { TenantNeeded } from "../../app/tenant-needed.js";
import { refreshFromTheTop, useRows } from "../../lib/endless.js";
import { useFilters } from "../../lib/filters.js";
import { Button } from "../../ui/button.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { FilterBar, RangeFilter, TextFilter } from "../../ui/filter-bar.js";
import { RefreshIcon } from "../../ui/icons.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { EraseUser } from "./erase-user.js";
import { eventsQuery } from "./queries.js";
import { eventsSearch } from "./search.js";

const ExportEvents = lazy(() => import("./export-events.js"));

const column = columnsOf<EventView>();
const columns = column.columns([
  column.accessor("occurredAt", { header: "Occurred", cell: ({ getValue }) => <Ago at={getValue()} />, meta: { width: "7rem" } }),
  column.accessor("eventType", {
    header: "Type",
    cell: ({ getValue }) => <span className="font-medium">{getValue()}</span>,
    meta: { width: "minmax(7rem, 1.2fr)" },
  }),
  column.accessor("eventId", {
    header: "Event id",
    cell: ({ getValue }) => <span className="font-mono text-xs">{getValue()}</span>,
    meta: { width: "minmax(8rem, 2.2fr)" },
  }),
  column.accessor("userId", { header: "User", meta: { width: "minmax(6rem, 1.2fr)", wide: true } }),
  column.accessor("source", { header: "Source", meta: { width: "minmax(6rem, 1.2fr)", wide: true } }),
  column.accessor("receivedAt", {
    header: "Received",
    cell: ({ getValue }) => <Ago at={getValue()} />,
    meta: { width: "7rem", wide: true },
  }),
  column.accessor("durationMs", {
    header: "To stored",
    cell: ({ getValue }) => `${getValue() ?? 0} ms`,
    meta: { width: "6rem", align: "right", wide: true },
  }),
]);

/** Stored events of one tenant, newest first; one opens beside the list. */
export function EventsPage() {
  const tenant = useTenant();
  return (
    <Page fill>
      <PageHeader
        title="Events"
        about="What was stored, newest first. Events that are queued or dead are found by their id."
        actions={
          tenant && (
            <>
              <Export tenant={tenant} />
              <Refresh />
            </>
          )
        }
      />
      {tenant ? <List tenant={tenant} /> : <TenantNeeded>Events are kept and looked at one tenant at a time.</TenantNeeded>}
    </Page>
  );
}

function Export({ tenant }: { tenant: string }) {
  const may = useMay();
  const { values } = useFilters(eventsSearch);
  const [open, setOpen] = useState(false);
  if (!may("POST /v1/admin/exports")) return null;
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Export …
      </Button>
      <Suspense>{open && <ExportEvents tenant={tenant} search={values} onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}

function Refresh() {
  const client = useQueryClient();
  return (
    <Button size="sm" onClick={() => refreshFromTheTop(client, ["events"])}>
      <RefreshIcon className="size-3.5" />
      Refresh
    </Button>
  );
}

function List({ tenant }: { tenant: string }) {
  const { values, set, clear, active } = useFilters(eventsSearch);
  const query = useInfiniteQuery(eventsQuery(tenant, values));
  const { items, ...read } = useRows(query);
  const { eventId } = useParams({ strict: false });
  const navigate = useNavigate();
  const open = (id: string) =>
    void navigate({ to: "/events/$eventId", params: { eventId: id }, search: (previous) => previous, replace: eventId !== undefined });
  return (
    <>
      <FilterBar
        active={active}
        onClear={clear}
        main={<TextFilter main label="Event id" value={undefined} onChange={(id) => id && open(id)} onEnter className="w-56" />}
      >
        <TextFilter label="Type" value={values.type} onChange={(type) => set({ type })} />
        <TextFilter label="User" value={values.user} onChange={(user) => set({ user })} />
        <TextFilter label="Source" value={values.source} onChange={(source) => set({ source })} />
        <TextFilter label="Correlation id" value={values.correlation} onChange={(correlation) => set({ correlation })} className="w-44" />
        <RangeFilter range={values} onChange={set} />
      </FilterBar>
      {/* Not among the filters: a phone keeps those in a dialog. */}
      {values.user !== undefined && (
        <div>
          <EraseUser tenantId={tenant} userId={values.user} />
        </div>
      )}
      <div className="flex min-h-0 flex-1 gap-3">
        <DataTable
          label="Events"
          columns={columns}
          items={items}
          keyOf={(event) => event.id}
          {...read}
          onRetry={() => void query.refetch()}
          openKey={items?.find((event) => event.eventId === eventId || event.id === eventId)?.id ?? eventId}
          onOpen={(event) => open(event.eventId)}
          empty={active ? <NothingFound /> : <NothingYet tenant={tenant} />}
        />
        <Outlet />
      </div>
    </>
  );
}

const NothingFound = () => (
  <Empty title="No event is like that">
    Filters compare exactly, capitals included. An event that was just accepted appears when it is stored; by its id it is found at once.
  </Empty>
);

const NothingYet = ({ tenant }: { tenant: string }) => (
  <Empty title="Nothing is stored yet">The first event that a producer of {tenant} sends will be here some milliseconds later.</Empty>
);
