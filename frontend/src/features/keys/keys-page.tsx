import type { KeyView } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { useMay } from "../../app/permissions.js";
import { useTenant } from "../../app/tenant.js";
import { serverNow } from "../../lib/tick.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { PlusIcon } from "../../ui/icons.js";
import { Menu, MenuItem } from "../../ui/menu.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { RevokeKey, RotateKey } from "./key-actions.js";
import { isUsable, keyState, stillUsed, successorOf } from "./key-state.js";
import { NewKey } from "./new-key.js";
import { type NewKey as Key, keysQuery } from "./queries.js";

// Forms and their schemas (45 kB) come when somebody wants one.
const CreateKey = lazy(() => import("./create-key.js"));

/** API keys: who may send and read, until when, and whether anybody still uses them. */
export function KeysPage() {
  const tenant = useTenant();
  const may = useMay();
  const mayCreate = may("POST /v1/admin/keys");
  const keys = useQuery(keysQuery(tenant));
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<Key | null>(null);
  const [asking, setAsking] = useState<{ what: "revoke" | "rotate"; key: KeyView } | null>(null);
  const columns = useColumns(keys.data, setAsking);
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
      <DataTable
        label="API keys"
        columns={columns}
        items={keys.data}
        keyOf={(key) => key.id}
        error={keys.error}
        onRetry={() => void keys.refetch()}
        rowHeight={52}
        grow={false}
        rowClass={(key) => (isUsable(key, serverNow()) ? undefined : "text-ink-3")}
        empty={
          <Empty title="No key yet" action={create}>
            A program needs a key to send events.
          </Empty>
        }
      />
      <Suspense>{creating && <CreateKey onClose={() => setCreating(false)} onCreated={show} />}</Suspense>
      {created && <NewKey created={created} onClose={() => setCreated(null)} />}
      <RevokeKey chosen={chosen("revoke")} onClose={() => setAsking(null)} />
      <RotateKey key={chosen("rotate")?.id} chosen={chosen("rotate")} onClose={() => setAsking(null)} onRotated={show} />
    </Page>
  );
}

const column = columnsOf<KeyView>();

function useColumns(keys: KeyView[] | undefined, ask: (about: { what: "revoke" | "rotate"; key: KeyView }) => void) {
  return useMemo(
    () =>
      column.columns([
        column.accessor("name", { header: "Name", cell: ({ row }) => <Name of={row.original} />, meta: { width: "minmax(8rem, 1.6fr)" } }),
        column.accessor("tenantId", { header: "Tenant", meta: { width: "minmax(7rem, 1fr)", wide: true } }),
        column.accessor("scopes", {
          header: "May",
          cell: ({ getValue }) => <Scopes of={getValue()} />,
          meta: { width: "minmax(8rem, 2fr)", wide: true },
        }),
        column.display({
          id: "state",
          header: "State",
          cell: ({ row }) => <State of={row.original} keys={keys ?? []} />,
          meta: { width: "minmax(7rem, 1.2fr)" },
        }),
        column.accessor("lastUsedAt", {
          header: "Last used",
          cell: ({ getValue }) => <Ago at={getValue()} never="never" />,
          meta: { width: "7rem", wide: true },
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
          meta: { width: "5.5rem", align: "right" },
        }),
      ]),
    [keys, ask],
  );
}

function Name({ of: key }: { of: KeyView }) {
  return (
    <span className="block min-w-0">
      <span className="flex items-center gap-2">
        <span className="truncate font-medium">{key.name}</span>
        {key.environment === "test" && <Badge>test</Badge>}
      </span>
      <span className="block truncate font-mono text-xs text-ink-3">{`sf_${key.environment}_${key.id}_…`}</span>
    </span>
  );
}

function Scopes({ of: scopes }: { of: KeyView["scopes"] }) {
  return (
    <span title={scopes.join(", ")} className="block truncate font-mono text-xs">
      {scopes.join(", ")}
    </span>
  );
}

/** The state, and after a rotation whether somebody still has to change over. */
function State({ of: key, keys }: { of: KeyView; keys: readonly KeyView[] }) {
  const nowMs = serverNow();
  const { kind, text, tone } = keyState(key, nowMs);
  const successor = successorOf(key, keys, nowMs);
  return (
    <span className="flex flex-col items-start gap-0.5">
      <Badge tone={successor ? "warn" : tone}>{successor ? "Being replaced" : text}</Badge>
      {key.expiresAt && kind !== "revoked" && (
        <span className="max-w-full truncate text-xs text-ink-3">
          {successor && stillUsed(key, successor) ? "still used, ends " : kind === "expired" ? "" : "ends "}
          <Ago at={key.expiresAt} />
        </span>
      )}
    </span>
  );
}

function Actions({ of: key, ask }: { of: KeyView; ask: (about: { what: "revoke" | "rotate"; key: KeyView }) => void }) {
  const may = useMay();
  if (!isUsable(key, serverNow())) return null;
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="sm" aria-label={`Change the key ${key.name}`}>
          Change
        </Button>
      }
    >
      {may("POST /v1/admin/keys/{id}/rotate") && <MenuItem onClick={() => ask({ what: "rotate", key })}>Rotate …</MenuItem>}
      {may("DELETE /v1/admin/keys/{id}") && (
        <MenuItem danger onClick={() => ask({ what: "revoke", key })}>
          Revoke …
        </MenuItem>
      )}
    </Menu>
  );
}
