import { letterStatuses, reasonCodes, reasonHelp } from "@streamforge/shared";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useParams } from "@tanstack/react-router";
import { useTenant } from "../../app/tenant.js";
import { refreshFromTheTop } from "../../lib/endless.js";
import { useFilters } from "../../lib/filters.js";
import { Button } from "../../ui/button.js";
import { ChoiceFilter, FilterBar, RangeFilter, TextFilter } from "../../ui/filter-bar.js";
import { RefreshIcon } from "../../ui/icons.js";
import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { Segmented } from "../../ui/segmented.js";
import { Causes } from "./causes.js";
import { Letters } from "./letters.js";
import { asksForLetters, type LettersSearch, lettersSearch, tooShort } from "./search.js";
import { statusTitle } from "./words.js";

const views = [
  { value: "causes", label: "By cause" },
  { value: "list", label: "One by one" },
] as const;
const statuses = [...letterStatuses.filter((status) => status !== "open"), "any" as const].map((value) => ({
  value,
  label: value === "any" ? "Any state" : statusTitle(value),
}));
const reasons = reasonCodes.map((value) => ({ value, label: reasonHelp[value].title }));

const nothing: LettersSearch = {
  status: undefined,
  cause: undefined,
  reason: undefined,
  type: undefined,
  source: undefined,
  q: undefined,
  since: undefined,
  from: undefined,
  to: undefined,
};

/** What could not be stored: by cause first, then one by one; one opens beside the list. */
export function DeadLettersPage() {
  const tenant = useTenant();
  const { values, set } = useFilters(lettersSearch);
  const { letterId } = useParams({ strict: false });
  const single = asksForLetters(values) || values.status === "any" || letterId !== undefined;
  // The view and the cause are places, not filters: "Clear" stays there.
  const active = Object.values({ ...values, view: undefined, cause: undefined }).some((one) => one !== undefined);
  return (
    <Page fill>
      <PageHeader
        title="Dead letters"
        about="What was accepted and could not be stored, kept as it was sent: see why, fix it, and replay it."
        actions={<Refresh />}
      />
      <FilterBar
        active={active}
        onClear={() => set({ ...nothing, cause: values.cause, view: single ? "list" : undefined })}
        main={
          <>
            <Segmented
              label="View"
              value={single ? "list" : "causes"}
              options={views}
              onChange={(view) => set(view === "list" ? { view } : { ...nothing, view: undefined })}
            />
            <TextFilter main label="Search in the events" value={values.q} onChange={(q) => set({ q })} className="w-44" />
          </>
        }
      >
        <ChoiceFilter
          label="State"
          any="Open"
          value={values.status === "open" ? undefined : values.status}
          options={statuses}
          onChange={(status) => set({ status })}
        />
        <ChoiceFilter label="Reason" any="Any reason" value={values.reason} options={reasons} onChange={(reason) => set({ reason })} />
        <TextFilter label="Type" value={values.type} onChange={(type) => set({ type })} className="w-28" />
        <TextFilter label="Source" value={values.source} onChange={(source) => set({ source })} className="w-28" />
        <RangeFilter range={values} onChange={set} />
      </FilterBar>
      {tooShort(values) && (
        <p role="status" className="-mt-1 text-xs text-ink-2">
          A search needs three characters; it is not applied yet.
        </p>
      )}
      <div className="flex min-h-0 flex-1 gap-3">
        {single ? (
          // Another list is another selection.
          <Letters key={JSON.stringify([tenant, values])} tenant={tenant} search={values} />
        ) : (
          <Causes tenant={tenant} search={values} />
        )}
        <Outlet />
      </div>
    </Page>
  );
}

function Refresh() {
  const client = useQueryClient();
  return (
    <Button size="sm" onClick={() => refreshFromTheTop(client, ["dlq"])}>
      <RefreshIcon className="size-3.5" />
      <span className="max-sm:sr-only">Refresh</span>
    </Button>
  );
}
