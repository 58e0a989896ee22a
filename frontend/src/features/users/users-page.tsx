import type { UserView } from "@streamforge/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { Allowed } from "../../app/allowed.js";
import { useMay } from "../../app/permissions.js";
import { useSession } from "../../app/session.js";
import { useRows } from "../../lib/endless.js";
import { useFilters } from "../../lib/filters.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { columnsOf, DataTable } from "../../ui/data-table.js";
import { FilterBar, TextFilter } from "../../ui/filter-bar.js";
import { PlusIcon } from "../../ui/icons.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Empty } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { usersQuery } from "./queries.js";
import { openSearch, usersSearch } from "./search.js";
import { roleNames } from "./words.js";

// Forms and their schemas come when somebody wants one.
const CreateUser = lazy(() => import("./create-user.js").then((file) => ({ default: file.CreateUser })));
const PasswordOnce = lazy(() => import("./password-once.js").then((file) => ({ default: file.PasswordOnce })));
const UserPanel = lazy(() => import("./user-panel.js").then((file) => ({ default: file.UserPanel })));

/** Who may come in, and how far. */
export function UsersPage() {
  return (
    <Allowed to="GET /v1/admin/users" title="Users">
      <People />
    </Allowed>
  );
}

function People() {
  const may = useMay();
  const { values, set, clear, active } = useFilters(usersSearch);
  const opened = useFilters(openSearch);
  const query = useInfiniteQuery(usersQuery(values.q));
  const { items, ...read } = useRows(query);
  const [creating, setCreating] = useState(false);
  const [password, setPassword] = useState<{ email: string; password: string } | null>(null);
  const columns = useColumns(useSession().data?.user.email);
  const add = may("POST /v1/admin/users") && (
    <Button size="sm" variant="primary" onClick={() => setCreating(true)}>
      <PlusIcon className="size-3.5" />
      Add person
    </Button>
  );
  return (
    <Page fill>
      <PageHeader title="Users" about="People who operate StreamForge, for all tenants." actions={add} />
      <FilterBar active={active} onClear={clear}>
        <TextFilter main label="Part of an e-mail" value={values.q} onChange={(q) => set({ q })} className="w-56" />
      </FilterBar>
      <div className="flex min-h-0 flex-1 gap-3">
        <div className="flex max-h-full min-h-0 min-w-0 flex-1 flex-col self-start">
          <DataTable
            label="Users"
            columns={columns}
            items={items}
            keyOf={(user) => user.id}
            {...read}
            onRetry={() => void query.refetch()}
            rowHeight={44}
            grow={false}
            rowClass={(user) => (user.disabledAt ? "text-ink-3" : undefined)}
            openKey={opened.values.open}
            onOpen={(user) => opened.set({ open: user.id })}
            empty={<Empty title="Nobody is called so">The filter looks for a part of the e-mail.</Empty>}
          />
        </div>
        <Suspense>
          {opened.values.open && (
            <UserPanel key={opened.values.open} id={opened.values.open} onClose={() => opened.clear()} onPassword={setPassword} />
          )}
        </Suspense>
      </div>
      <Suspense>
        {creating && (
          <CreateUser
            onClose={() => setCreating(false)}
            onCreated={(made) => {
              setCreating(false);
              setPassword(made);
            }}
          />
        )}
        {password && <PasswordOnce {...password} onClose={() => setPassword(null)} />}
      </Suspense>
    </Page>
  );
}

const column = columnsOf<UserView>();

function useColumns(own: string | undefined) {
  return useMemo(
    () =>
      column.columns([
        column.accessor("email", {
          header: "E-mail",
          cell: ({ getValue }) => (
            <span className="flex items-center gap-2">
              <span className="truncate font-medium">{getValue()}</span>
              {getValue() === own && <Badge>you</Badge>}
            </span>
          ),
          meta: { width: "minmax(8.5rem, 3fr)" },
        }),
        column.accessor("role", {
          header: "Role",
          cell: ({ getValue }) => roleNames[getValue()],
          meta: { width: "minmax(5.75rem, 1fr)" },
        }),
        column.accessor("disabledAt", {
          header: "State",
          cell: ({ getValue }) => (getValue() ? <Badge>Disabled</Badge> : <Badge tone="good">Active</Badge>),
          meta: { width: "minmax(6rem, 1fr)" },
        }),
        column.accessor("createdAt", {
          header: "Added",
          cell: ({ getValue }) => <Ago at={getValue()} />,
          meta: { width: "8rem", wide: true },
        }),
        column.accessor("updatedAt", {
          header: "Changed",
          cell: ({ getValue }) => <Ago at={getValue()} />,
          meta: { width: "8rem", wide: true },
        }),
      ]),
    [own],
  );
}
