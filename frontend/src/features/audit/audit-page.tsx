import type { AuditItem } from "@streamforge/shared";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Allowed } from "../../app/allowed.js";
import { useTenant } from "../../app/tenant.js";
import { refreshFromTheTop, useRows } from "../../lib/endless.js";
import { useFilters } from "../../lib/filters.js";
import { NO_FIGURE } from "../../lib/format.js";
import { Button } from "../../ui/button.js";
import { InPlaceOf } from "../../ui/columns.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { ChoiceFilter, FilterBar, RangeFilter, TextFilter } from "../../ui/filter-bar.js";
import { RefreshIcon } from "../../ui/icons.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { AuditPanel } from "./audit-panel.js";
import { auditQuery } from "./queries.js";
import { auditSearch, openSearch } from "./search.js";
import { actionChoices, actionWords, actorWords, targetWords } from "./words.js";

/** Who did what, when: what administrators and operators changed, and who came in. */
export function AuditPage() {
  return (
    <Allowed to="GET /v1/admin/audit" title="Audit">
      <Log />
    </Allowed>
  );
}

function Log() {
  const tenant = useTenant();
  const client = useQueryClient();
  const { values, set, clear, active } = useFilters(auditSearch);
  const opened = useFilters(openSearch);
  const query = useInfiniteQuery(auditQuery(tenant, values));
  const { items, ...read } = useRows(query);
  const { open } = opened.values;
  const refresh = (
    <Button size="sm" onClick={() => refreshFromTheTop(client, ["audit"])}>
      <RefreshIcon className="size-3.5" />
      Refresh
    </Button>
  );
  return (
    <Page fill>
      <PageHeader
        title="Audit"
        about={
          tenant ? `What was changed in ${tenant}. People and sign-ins belong to no tenant: choose all of them.` : "Who did what, when."
        }
        actions={refresh}
      />
      <FilterBar
        active={active}
        onClear={clear}
        main={<TextFilter main label="Who" value={values.actor} onChange={(actor) => set({ actor })} className="w-44" />}
      >
        <ChoiceFilter
          label="Action"
          any="Any action"
          value={values.action}
          options={actionChoices}
          onChange={(action) => set({ action })}
        />
        <TextFilter label="Target id" value={values.target} onChange={(target) => set({ target })} className="w-44" />
        <RangeFilter range={values} onChange={set} />
      </FilterBar>
      <div className="flex min-h-0 flex-1 gap-3">
        <DataTable
          label="Audit log"
          columns={columns}
          items={items}
          keyOf={(item) => item.id}
          {...read}
          onRetry={() => void query.refetch()}
          rowHeight={52}
          openKey={open}
          onOpen={(item) => opened.set({ open: item.id })}
          empty={
            <Empty title="Nothing is noted here">
              {active ? "Filters compare exactly, capitals included." : "Every change that somebody makes will be."}
            </Empty>
          }
        />
        {open && <AuditPanel item={items?.find(({ id }) => id === open)} loading={!items} onClose={() => opened.clear()} />}
      </div>
    </Page>
  );
}

const column = columnsOf<AuditItem>();
const columns = column.columns([
  column.accessor("at", { header: "When", cell: ({ getValue }) => <Ago at={getValue()} />, meta: { width: "7rem" } }),
  column.accessor("action", { header: "What", cell: ({ row }) => <What of={row.original} />, meta: { width: "minmax(11rem, 2fr)" } }),
  column.accessor("targetId", {
    header: "Target",
    cell: ({ row, getValue }) => (
      <span title={getValue()} className={targetWords(row.original) === getValue() ? "font-mono text-xs" : undefined}>
        {targetWords(row.original)}
      </span>
    ),
    meta: { width: "minmax(7rem, 2fr)", wide: true },
  }),
  column.accessor("tenantId", {
    header: "Tenant",
    cell: ({ getValue }) => getValue() ?? NO_FIGURE,
    meta: { width: "minmax(6rem, 1fr)", wide: true },
  }),
]);

function What({ of }: { of: AuditItem }) {
  const { action, actor } = of;
  return (
    <span className="block min-w-0">
      <span className="block truncate font-medium">{actionWords(action)}</span>
      <span className="block truncate text-xs text-ink-3">
        {actor.name}
        {actor.kind !== "user" && ` (${actorWords(actor.kind)})`}
        <InPlaceOf column="targetId"> · {targetWords(of)}</InPlaceOf>
      </span>
    </span>
  );
}
