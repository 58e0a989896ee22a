import { type DeadLetter, type ReasonGroup, reasonHelp } from "@streamforge/shared";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useMay } from "../../app/permissions.js";
import { useRows } from "../../lib/endless.js";
import { failureOf } from "../../lib/failure.js";
import { useFilters } from "../../lib/filters.js";
import { Button } from "../../ui/button.js";
import { InPlaceOf } from "../../ui/columns.js";
import { type Column, columnsOf, DataTable } from "../../ui/data-table.js";
import { CheckIcon, ChevronIcon } from "../../ui/icons.js";
import { Empty } from "../../ui/states.js";
import { LetterState } from "../../ui/status-badge.js";
import { Ago } from "../../ui/time.js";
import { causesQuery, lettersQuery } from "./queries.js";
import { type LettersSearch, lettersSearch, statusOf } from "./search.js";
import { type Chosen, isAll, mayRetry } from "./selection.js";
import { SelectionBar } from "./selection-bar.js";
import { emptyWords } from "./words.js";

const column = columnsOf<DeadLetter>();
const columns: Record<"event" | "reason" | "status" | "tenant" | "source" | "died", Column<DeadLetter>> = {
  event: column.accessor("eventId", {
    header: "Event",
    cell: ({ row: { original } }) => (
      <div className="min-w-0 leading-tight">
        <p className="truncate font-mono text-xs font-medium">{original.eventId}</p>
        <p className="truncate text-xs text-ink-2">
          <InPlaceOf column="lastFailedAt">
            <Ago at={original.lastFailedAt} /> ·{" "}
          </InPlaceOf>
          {original.eventType}
        </p>
      </div>
    ),
    meta: { width: "minmax(8rem, 1.3fr)" },
  }),
  reason: column.accessor("message", {
    header: "Why",
    cell: ({ row: { original } }) => (
      <div className="min-w-0 leading-tight" title={original.message}>
        <p className="truncate">{reasonHelp[original.reasonCode].title}</p>
        <p className="truncate text-xs text-ink-2">{original.message}</p>
      </div>
    ),
    meta: { width: "minmax(9rem, 2fr)" },
  }),
  status: column.accessor("status", {
    header: "State",
    cell: ({ getValue }) => <LetterState status={getValue()} />,
    meta: { width: "7.5rem" },
  }),
  tenant: column.accessor("tenantId", { header: "Tenant", meta: { width: "minmax(6rem, 0.8fr)", wide: true } }),
  source: column.accessor("source", { header: "Source", meta: { width: "minmax(6rem, 0.8fr)", wide: true } }),
  died: column.accessor("lastFailedAt", {
    header: "Died",
    cell: ({ getValue }) => <Ago at={getValue()} />,
    meta: { width: "6.5rem", wide: true },
  }),
};

interface LettersProps {
  tenant: string | undefined;
  search: LettersSearch;
}

/** Single letters, those that died last first, to look at and to choose from. */
export function Letters({ tenant, search }: LettersProps) {
  const query = useInfiniteQuery(lettersQuery(tenant, search));
  const { items, ...read } = useRows(query);
  const causes = useQuery(causesQuery(tenant, statusOf(search))).data?.items;
  const [chosen, choose] = useState<Chosen>(() => new Set());
  const may = useMay();
  const { letterId } = useParams({ strict: false });
  const navigate = useNavigate();
  const open = (id: string) =>
    void navigate({
      to: "/dead-letters/$letterId",
      params: { letterId: id },
      search: (previous) => previous,
      replace: letterId !== undefined,
    });
  const status = statusOf(search);
  const shown = useMemo(() => {
    const { event, reason, status: state, tenant: of, source, died } = columns;
    return [event, ...(search.cause ? [] : [reason]), ...(status === undefined ? [state] : []), died, ...(tenant ? [] : [of]), source];
  }, [search.cause, status, tenant]);
  const choosable = may("POST /v1/admin/dlq/retry") && (status === undefined || mayRetry(status));
  const ticked = useMemo(
    () => (isAll(chosen) ? new Set((items ?? []).filter(({ tenantId }) => tenantId === chosen.allOf).map(({ id }) => id)) : chosen),
    [chosen, items],
  );
  const empty = emptyWords(
    status,
    Object.values({ ...search, view: undefined, status: undefined }).some((one) => one !== undefined),
  );
  const slow = search.q !== undefined && failureOf(read.error).status === 400;
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col gap-2">
      {search.cause && <CauseHead cause={causes?.find(({ fingerprint }) => fingerprint === search.cause)} sample={items?.[0]} />}
      {choosable && items && items.length > 0 && <SelectionBar {...{ tenant, search, items, chosen, choose }} hasMore={read.more.has} />}
      <DataTable
        label="Dead letters"
        columns={shown}
        items={slow ? [] : items}
        keyOf={({ id }) => id}
        {...read}
        onRetry={() => void query.refetch()}
        rowHeight={50}
        openKey={letterId}
        onOpen={({ id }) => open(id)}
        {...(choosable ? { ticked, onTick: choose } : {})}
        empty={
          slow ? (
            <Empty title="This search needs to be narrower">
              {failureOf(read.error).detail} A time, a type, a source or a reason above makes it quick.
            </Empty>
          ) : (
            <Empty title={empty.title}>
              {empty.title === "No dead letters" && <CheckIcon className="mx-auto mb-2 size-8 text-good" />}
              {empty.about}
            </Empty>
          )
        }
      />
    </div>
  );
}

/** The cause that the list is about, and the way back. */
function CauseHead({ cause, sample }: { cause: ReasonGroup | undefined; sample: DeadLetter | undefined }) {
  const { set } = useFilters(lettersSearch);
  const about = cause ?? sample;
  return (
    <div className="flex items-start gap-2 rounded-lg border border-line bg-surface py-2 pr-4 pl-2">
      <Button
        variant="ghost"
        size="icon"
        aria-label="All causes"
        title="All causes"
        onClick={() => set({ cause: undefined, view: undefined })}
      >
        <ChevronIcon className="size-4 rotate-90" />
      </Button>
      <div className="min-h-9 min-w-0 text-[13px]">
        <h2 className="font-semibold">
          {about ? reasonHelp[about.reasonCode].title : "One cause"}
          {about?.eventType && <span className="font-normal text-ink-2"> · {about.eventType}</span>}
        </h2>
        <p className="line-clamp-2 text-xs text-ink-2 wrap-anywhere">{about?.message}</p>
      </div>
    </div>
  );
}
