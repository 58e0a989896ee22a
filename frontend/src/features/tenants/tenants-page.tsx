import type { TenantView } from "@streamforge/shared";
import { infiniteQueryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { api, ok } from "../../api/client.js";
import { useMay } from "../../app/permissions.js";
import { endless, useRows } from "../../lib/endless.js";
import { formatCount } from "../../lib/format.js";
import { Button } from "../../ui/button.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { PlusIcon } from "../../ui/icons.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { keptWords } from "./retention-text.js";

// Forms and their schemas (45 kB) come when somebody wants one.
const TenantForm = lazy(() => import("./tenant-form.js"));

const tenantsQuery = infiniteQueryOptions({
  ...endless,
  staleTime: 30_000,
  queryKey: ["tenants", "list"],
  queryFn: ({ pageParam, signal }) => ok(api.GET("/v1/admin/tenants", { params: { query: { limit: 100, cursor: pageParam } }, signal })),
});

/** Who is served, and how much each may send. */
export function TenantsPage() {
  const may = useMay();
  const tenants = useInfiniteQuery(tenantsQuery);
  const { items, ...read } = useRows(tenants);
  const [editing, setEditing] = useState<TenantView | "new" | null>(null);
  const mayChange = may("PATCH /v1/admin/tenants/{tenantId}");
  const columns = useColumns(mayChange ? setEditing : undefined);
  const create = may("POST /v1/admin/tenants") && (
    <Button size="sm" variant="primary" onClick={() => setEditing("new")}>
      <PlusIcon className="size-3.5" />
      Create tenant
    </Button>
  );
  return (
    <Page fill>
      <PageHeader
        title="Tenants"
        about="Each sees its own events only. Limits hold for all API processes together; what is older than its time is removed every day."
        actions={create}
      />
      <DataTable
        label="Tenants"
        columns={columns}
        items={items}
        {...read}
        keyOf={({ tenantId }) => tenantId}
        onRetry={() => void tenants.refetch()}
        rowHeight={52}
        grow={false}
        empty={
          <Empty title="No tenant yet" action={create}>
            A tenant owns keys and events.
          </Empty>
        }
      />
      <Suspense>{editing && <TenantForm tenant={editing === "new" ? null : editing} onClose={() => setEditing(null)} />}</Suspense>
    </Page>
  );
}

const column = columnsOf<TenantView>();
const limit = (perSecond: number | undefined) =>
  perSecond === undefined ? <span className="text-ink-3">no limit</span> : `${formatCount(perSecond)} /s`;
const link = "text-brand underline-offset-4 hover:underline";

function useColumns(edit: ((tenant: TenantView) => void) | undefined) {
  return useMemo(
    () =>
      column.columns([
        column.accessor("tenantId", {
          header: "Tenant",
          cell: ({ row }) => <Name of={row.original} />,
          meta: { width: "minmax(9rem, 2fr)" },
        }),
        column.accessor((tenant) => tenant.limits.eventsPerSecond, {
          id: "events",
          header: "Events",
          cell: ({ getValue }) => limit(getValue()),
          meta: { width: "7rem", align: "right" },
        }),
        column.accessor((tenant) => tenant.limits.requestsPerSecond, {
          id: "requests",
          header: "Requests",
          cell: ({ getValue }) => limit(getValue()),
          meta: { width: "7rem", align: "right", wide: true },
        }),
        column.accessor(({ kept }) => keptWords(kept), { id: "kept", header: "Kept", meta: { width: "6rem", align: "right", wide: true } }),
        column.accessor("createdAt", {
          header: "Created",
          cell: ({ getValue }) => <Ago at={getValue()} />,
          meta: { width: "8rem", wide: true },
        }),
        column.display({
          id: "links",
          header: "Go to",
          cell: ({ row }) => <Links of={row.original} />,
          meta: { width: "12rem", wide: true },
        }),
        column.display({
          id: "do",
          header: "",
          cell: ({ row }) =>
            edit && (
              <Button size="sm" variant="ghost" aria-label={`Change ${row.original.tenantId}`} onClick={() => edit(row.original)}>
                Change
              </Button>
            ),
          meta: { width: "6rem", align: "right" },
        }),
      ]),
    [edit],
  );
}

function Name({ of: { tenantId, name } }: { of: TenantView }) {
  return (
    <span className="block min-w-0">
      <span className="block truncate font-medium">{name}</span>
      <span className="block truncate font-mono text-xs text-ink-3">{tenantId}</span>
    </span>
  );
}

function Links({ of: { tenantId } }: { of: TenantView }) {
  return (
    <span className="flex gap-3">
      <Link to="/events" search={{ tenant: tenantId }} className={link}>
        Events
      </Link>
      <Link to="/keys" search={{ tenant: tenantId }} className={link}>
        Keys
      </Link>
      <Link to="/ledger" search={{ tenant: tenantId }} className={link}>
        Ledger
      </Link>
    </span>
  );
}
