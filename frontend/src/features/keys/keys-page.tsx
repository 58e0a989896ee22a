import type { ListedKey } from "@streamforge/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useMemo, useRef, useState } from "react";
import { Allowed } from "../../app/allowed.js";
import { useMay } from "../../app/permissions.js";
import { useTenant } from "../../app/tenant.js";
import { useRows } from "../../lib/endless.js";
import { useFilters } from "../../lib/filters.js";
import { serverNow } from "../../lib/tick.js";
import { useWidthRem } from "../../lib/width.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { InPlaceOf } from "../../ui/columns.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { ChoiceFilter, FilterBar, TextFilter } from "../../ui/filter-bar.js";
import { PlusIcon } from "../../ui/icons.js";
import { Menu, MenuItem } from "../../ui/menu.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { RevokeKey, RotateKey } from "./key-actions.js";
import { changeOver, isUsable, standingOf, stateChoices } from "./key-state.js";
import { NewKey } from "./new-key.js";
import { type NewKey as Key, keysQuery } from "./queries.js";
import { keysSearch } from "./search.js";

// Forms and their schemas (45 kB) come when somebody wants one.
const CreateKey = lazy(() => import("./create-key.js"));

/** API keys: who may send and read, until when, and whether anybody still uses them. */
export function KeysPage() {
  return (
    <Allowed to="GET /v1/admin/keys" title="API keys">
      <Keys />
    </Allowed>
  );
}

/** Narrower lists have no room for tenant and last use but under the name, in rem. */
const ROOMY_REM = 40;

function Keys() {
  const tenant = useTenant();
  const may = useMay();
  const mayCreate = may("POST /v1/admin/keys");
  const { values, set, clear, active } = useFilters(keysSearch);
  const query = useInfiniteQuery(keysQuery(tenant, values));
  const { items, ...read } = useRows(query);
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<Key | null>(null);
  const [asking, setAsking] = useState<{ what: "revoke" | "rotate"; key: ListedKey } | null>(null);
  const columns = useColumns(setAsking);
  const list = useRef<HTMLDivElement>(null);
  const roomy = (useWidthRem(list) ?? ROOMY_REM) >= ROOMY_REM;
  const create = mayCreate && (
    <Button size="sm" variant="primary" onClick={() => setCreating(true)}>
      <PlusIcon className="size-3.5" />
      Create key
    </Button>
  );
  const show = (key: Key) => {
    setCreating(false);
    setAsking(null);
    setCreated(key);
  };
  const chosen = (what: "revoke" | "rotate") => (asking?.what === what ? asking.key : null);
  return (
    <Page fill>
      <PageHeader title="API keys" about={tenant ? `Programs of ${tenant}.` : "Programs of all tenants."} actions={create} />
      <FilterBar active={active} onClear={clear}>
        <TextFilter main label="Part of a name, or an id" value={values.q} onChange={(q) => set({ q })} className="w-56" />
        <ChoiceFilter label="State" any="Any state" value={values.state} options={stateChoices} onChange={(state) => set({ state })} />
      </FilterBar>
      <div ref={list} className="flex min-h-0 flex-1 flex-col">
        <DataTable
          // Rows are placed by their height.
          key={String(roomy)}
          label="API keys"
          columns={columns}
          items={items}
          keyOf={(key) => key.id}
          {...read}
          onRetry={() => void query.refetch()}
          rowHeight={roomy ? 52 : 80}
          grow={false}
          rowClass={(key) => (isUsable(key) ? undefined : "text-ink-3")}
          empty={active ? <NothingFound /> : <NothingYet create={create} />}
        />
      </div>
      <Suspense>{creating && <CreateKey onClose={() => setCreating(false)} onCreated={show} />}</Suspense>
      {created && <NewKey created={created} onClose={() => setCreated(null)} />}
      <RevokeKey chosen={chosen("revoke")} onClose={() => setAsking(null)} />
      <RotateKey key={chosen("rotate")?.id} chosen={chosen("rotate")} onClose={() => setAsking(null)} onRotated={show} />
    </Page>
  );
}

const NothingFound = () => <Empty title="No key is like that">Names are found by a part of them, ids as a whole.</Empty>;

const NothingYet = ({ create }: { create: ReactNode }) => (
  <Empty title="No key yet" action={create}>
    A program needs a key to send events.
  </Empty>
);

type Ask = (about: { what: "revoke" | "rotate"; key: ListedKey }) => void;

const column = columnsOf<ListedKey>();

function useColumns(ask: Ask) {
  return useMemo(
    () =>
      column.columns([
        column.accessor("name", { header: "Name", cell: ({ row }) => <Name of={row.original} />, meta: { width: "minmax(8rem, 1.6fr)" } }),
        column.accessor("tenantId", { header: "Tenant", meta: { width: "minmax(7rem, 1fr)", wide: true } }),
        column.accessor("state", {
          header: "State",
          cell: ({ row }) => <State of={row.original} />,
          meta: { width: "minmax(7rem, 1.4fr)" },
        }),
        column.accessor("lastUsedAt", {
          header: "Last used",
          cell: ({ getValue }) => <Ago at={getValue()} never="never" />,
          meta: { width: "7rem", wide: true },
        }),
        column.accessor("scopes", {
          header: "Allowed to",
          cell: ({ getValue }) => <Scopes of={getValue()} />,
          meta: { width: "minmax(8rem, 1.8fr)", wide: true },
        }),
        column.accessor("createdAt", {
          header: "Created",
          cell: ({ getValue }) => <Ago at={getValue()} />,
          meta: { width: "7rem", wide: true },
        }),
        column.display({
          id: "do",
          header: "",
          cell: ({ row }) => <Actions of={row.original} ask={ask} />,
          meta: { width: "6rem", align: "right" },
        }),
      ]),
    [ask],
  );
}

function Name({ of: key }: { of: ListedKey }) {
  return (
    <span className="block min-w-0 leading-tight">
      <span className="flex items-center gap-2">
        <span className="truncate font-medium">{key.name}</span>
        {key.environment === "test" && <Badge>test</Badge>}
      </span>
      <span className="block truncate font-mono text-xs text-ink-3">{`sf_${key.environment}_${key.id}_…`}</span>
      <InPlaceOf column="tenantId">
        <span className="block truncate text-xs text-ink-2">{key.tenantId}</span>
      </InPlaceOf>
      <InPlaceOf column="lastUsedAt">
        <span className="block truncate text-xs text-ink-3">
          {key.lastUsedAt && "used "}
          <Ago at={key.lastUsedAt} never="never used" />
        </span>
      </InPlaceOf>
    </span>
  );
}

function Scopes({ of: scopes }: { of: ListedKey["scopes"] }) {
  return (
    <span title={scopes.join(", ")} className="block truncate font-mono text-xs">
      {scopes.join(", ")}
    </span>
  );
}

/** The state, until when it lasts, and after a rotation whether somebody still has to change over. */
function State({ of: key }: { of: ListedKey }) {
  const { text, tone } = standingOf(key, serverNow());
  return (
    <span className="flex flex-col items-start gap-0.5">
      <Badge tone={tone}>{text}</Badge>
      {key.expiresAt && key.state !== "revoked" && (
        <span className="max-w-full truncate text-xs text-ink-3">
          {key.state === "replaced" && key.rotation && `${changeOver(key.rotation)}, `}
          {key.state !== "expired" && "ends "}
          <Ago at={key.expiresAt} />
        </span>
      )}
    </span>
  );
}

function Actions({ of: key, ask }: { of: ListedKey; ask: Ask }) {
  const may = useMay();
  if (!isUsable(key)) return null;
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="sm" aria-label={`Change the key ${key.name}`}>
          Change
        </Button>
      }
    >
      {/* A key has one successor. */}
      {!key.replacedById && may("POST /v1/admin/keys/{id}/rotate") && (
        <MenuItem onClick={() => ask({ what: "rotate", key })}>Rotate …</MenuItem>
      )}
      {may("DELETE /v1/admin/keys/{id}") && (
        <MenuItem danger onClick={() => ask({ what: "revoke", key })}>
          Revoke …
        </MenuItem>
      )}
    </Menu>
  );
}
