import type { EventTypeDetail, EventTypeSummary } from "@streamforge/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useMay } from "../../app/permissions.js";
import { useRefreshMs } from "../../app/settings.js";
import { useTenant } from "../../app/tenant.js";
import { useRows } from "../../lib/endless.js";
import { useFilters } from "../../lib/filters.js";
import { plural } from "../../lib/format.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { PlusIcon } from "../../ui/icons.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { typesQuery } from "./queries.js";
import { openSearch } from "./search.js";
import { TypeEditor } from "./type-editor.js";
import { TypePanel } from "./type-panel.js";

const keyOf = ({ tenantId, type }: { tenantId: string; type: string }) => `${tenantId} ${type}`;

/** What events may look like: one schema per tenant, type and version. */
export function EventTypesPage() {
  const tenant = useTenant();
  const may = useMay();
  const types = useInfiniteQuery({ ...typesQuery(tenant), refetchInterval: useRefreshMs() });
  const { items, ...read } = useRows(types);
  const opened = useFilters(openSearch);
  const [editing, setEditing] = useState<EventTypeDetail | "new" | null>(null);
  const { open, of = tenant } = opened.values;
  const columns = useColumns(tenant === undefined);
  const register = may("POST /v1/admin/event-types") && (
    <Button size="sm" variant="primary" onClick={() => setEditing("new")}>
      <PlusIcon className="size-3.5" />
      Register type
    </Button>
  );
  const show = (chosen: { tenantId: string; type: string }) => opened.set({ open: chosen.type, of: chosen.tenantId });
  return (
    <Page fill>
      <PageHeader
        title="Event types"
        about={tenant ? strictness(tenant, items) : "What the events of each tenant may look like."}
        actions={register}
      />
      <div className="flex min-h-0 flex-1 gap-3">
        <div className="flex max-h-full min-h-0 min-w-0 flex-1 flex-col self-start">
          <DataTable
            label="Event types"
            columns={columns}
            items={items}
            {...read}
            keyOf={keyOf}
            onRetry={() => void types.refetch()}
            rowHeight={52}
            grow={false}
            rowClass={({ active }) => (active === null ? "text-ink-3" : undefined)}
            openKey={open && of ? keyOf({ tenantId: of, type: open }) : undefined}
            onOpen={show}
            empty={
              <Empty title="No event type is registered" action={register}>
                {tenant ?? "Each tenant"} stores events of any type, unchecked. With its first type a tenant becomes strict: events of types
                that it has not registered become dead letters.
              </Empty>
            }
          />
        </div>
        {open && of && (
          <TypePanel key={`${of} ${open}`} tenantId={of} type={open} onClose={() => opened.clear()} onNewVersion={setEditing} />
        )}
      </div>
      {editing && (
        <TypeEditor
          of={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
          onRegistered={(made) => {
            setEditing(null);
            show(made);
          }}
        />
      )}
    </Page>
  );
}

/** Whether unknown types are stored or not is what people trip over: it stands at the top. */
function strictness(tenant: string, types: readonly EventTypeSummary[] | undefined): string {
  if (!types) return `What the events of ${tenant} may look like.`;
  return types.some(({ active }) => active !== null)
    ? `${tenant} is strict: events of other types than these become dead letters, unless UNKNOWN_TYPE_POLICY says otherwise.`
    : `${tenant} has no type in force: its events are stored unchecked, unless UNKNOWN_TYPE_POLICY says otherwise.`;
}

const column = columnsOf<EventTypeSummary>();

function useColumns(allTenants: boolean) {
  return useMemo(() => {
    const type = column.accessor("type", {
      header: "Type",
      cell: ({ row }) => <Name of={row.original} />,
      meta: { width: "minmax(9rem, 3fr)" },
    });
    const tenant = column.accessor("tenantId", { header: "Tenant", meta: { width: "minmax(7rem, 1fr)" } });
    const active = column.accessor("active", {
      header: "In force",
      cell: ({ getValue }) => (getValue() === null ? <Badge>Retired</Badge> : <Badge tone="good">Version {getValue()}</Badge>),
      meta: { width: "7.5rem" },
    });
    const versions = column.accessor("versions", {
      header: "Versions",
      cell: ({ getValue }) => plural(getValue().length, "version"),
      meta: { width: "7rem", wide: true },
    });
    const newest = column.display({
      id: "newest",
      header: "Newest",
      cell: ({ row }) => <Ago at={row.original.versions[0]?.createdAt} />,
      meta: { width: "7rem", wide: true },
    });
    return column.columns([type, tenant, active, versions, newest]).filter((one) => allTenants || one !== tenant);
  }, [allTenants]);
}

function Name({ of: { type, description } }: { of: EventTypeSummary }) {
  return (
    <span className="block min-w-0">
      <span className="block truncate font-medium">{type}</span>
      {description && <span className="block truncate text-xs text-ink-3">{description}</span>}
    </span>
  );
}
