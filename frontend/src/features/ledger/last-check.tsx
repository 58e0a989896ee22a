import type { Check } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useMay } from "../../app/permissions.js";
import { useRefreshMs } from "../../app/settings.js";
import { failureText } from "../../lib/failure.js";
import { formatCount, formatDuration, plural } from "../../lib/format.js";
import { toast } from "../../lib/toasts.js";
import { Badge, type Tone } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Dialog } from "../../ui/dialog.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Table } from "../../ui/table.js";
import { Ago } from "../../ui/time.js";
import { checksQuery, useCountNow } from "./queries.js";
import { checkWords } from "./words.js";

const states: Record<Check["status"], [string, Tone]> = {
  running: ["Counting", "neutral"],
  agrees: ["Agrees", "good"],
  differs: ["Differs", "bad"],
  failed: ["Failed", "warn"],
};

/** The last count of documents against the ledger, which trusts no number of either; and a new one. */
export function LastCheck() {
  const may = useMay();
  const checks = useQuery({ ...checksQuery(useRefreshMs()), enabled: may("GET /v1/admin/ledger/checks") });
  const count = useCountNow();
  const [reading, setReading] = useState(false);
  const last = checks.data?.[0];
  const running = count.isPending || last?.status === "running";
  return (
    <section
      aria-label="Independent count"
      className="flex min-h-13 shrink-0 flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-line bg-surface px-4 py-2 text-[13px]"
    >
      <h2 className="font-semibold">Independent count</h2>
      {last ? (
        <Outcome check={last} />
      ) : checks.data ? (
        <p className="flex-1 text-ink-2">
          Nobody has counted yet. It compares the stored documents themselves with the ledger, day by day.
        </p>
      ) : checks.error ? (
        <p className="flex-1 text-ink-2">{failureText(checks.error)}</p>
      ) : (
        <Skeleton className="h-4 w-72 max-w-full" />
      )}
      <span className="ml-auto flex gap-2">
        {checks.data && checks.data.length > 0 && (
          <Button size="sm" variant="ghost" onClick={() => setReading(true)}>
            Details
          </Button>
        )}
        {may("POST /v1/admin/ledger/verify") && (
          <Button
            size="sm"
            disabled={running}
            onClick={() => count.mutate(undefined, { onError: (error) => toast(failureText(error), "bad") })}
          >
            {running ? "Counting …" : "Count now"}
          </Button>
        )}
      </span>
      <Dialog
        open={reading}
        onClose={() => setReading(false)}
        wide
        title="Independent counts"
        description="Documents in MongoDB, counted one by one, against what the ledger says was stored; the newest first."
      >
        <div className="flex flex-col gap-6">
          {checks.data?.map((check) => (
            <Report key={check.id} check={check} />
          ))}
        </div>
      </Dialog>
    </section>
  );
}

function Outcome({ check }: { check: Check }) {
  const [text, tone] = states[check.status];
  return (
    <p data-testid="last-check" data-state={check.status} className="flex min-w-0 flex-1 basis-64 items-start gap-2.5">
      <Badge tone={tone}>{text}</Badge>
      <span className="min-w-0 text-ink-2">
        {checkWords(check)} <Ago at={check.finishedAt ?? check.startedAt} />
      </span>
    </p>
  );
}

function Report({ check }: { check: Check }) {
  const [text, tone] = states[check.status];
  const facts: [string, ReactNode][] = [
    ["Begun", <Ago key="begun" at={check.startedAt} />],
    ["By", check.startedBy],
    ["Took", formatDuration(check.tookMs / 1000)],
    ["Compared", `${plural(check.days, "day")} of ${plural(check.tenants, "tenant")}`],
    ["Documents", formatCount(check.documents)],
    ["Stored by the ledger", formatCount(check.stored)],
    ["Stored by replays", formatCount(check.resolved)],
  ];
  return (
    <section aria-label={`Count of ${check.startedAt}`}>
      <h3 className="flex items-start gap-2.5 text-[13px]">
        <Badge tone={tone}>{text}</Badge> {checkWords(check)}
      </h3>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 text-xs sm:grid-cols-[auto_1fr_auto_1fr]">
        {facts.map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-ink-3">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {check.differences.length > 0 && (
        <div className="mt-3">
          <Table columns={["Tenant and day", "Documents", "Ledger", "Difference"]}>
            {check.differences.map(({ tenantId, day, documents, stored, resolved, difference, explainedBy }) => (
              <tr key={`${tenantId} ${day}`}>
                <th scope="row" className="py-1.5 text-left font-normal">
                  {tenantId}, {day === "all" ? "all days" : day}
                  {explainedBy && <span className="block text-xs text-ink-3">explained by an acknowledged alarm</span>}
                </th>
                <td>{formatCount(documents)}</td>
                <td>{formatCount(stored + resolved)}</td>
                <td className={explainedBy ? undefined : "font-semibold text-bad"}>{formatCount(difference)}</td>
              </tr>
            ))}
          </Table>
        </div>
      )}
    </section>
  );
}
