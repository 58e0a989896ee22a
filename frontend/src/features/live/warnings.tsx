import type { Stats } from "@streamforge/shared";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { cn } from "../../ui/cn.js";
import { CriticalIcon, WarningIcon } from "../../ui/icons.js";
import { Ago } from "../../ui/time.js";
import { timesInZone } from "../ledger/words.js";
import { WaitingRetries } from "./waiting-retries.js";

type Warning = Stats["warnings"][number];

/** What is wrong, in words, and what to do about it; the worst first. */
export function Warnings({ warnings }: { warnings: Warning[] }) {
  if (warnings.length === 0) return null;
  const worstFirst = warnings.toSorted((a, b) => Number(b.severity === "critical") - Number(a.severity === "critical"));
  return (
    <section aria-label="Warnings" className="grid gap-2 2xl:grid-cols-2">
      {worstFirst.map((warning, index) => {
        // Its figures change each second and it stays the same warning; one code can stand for several processes.
        const nth = worstFirst.slice(0, index).filter(({ code }) => code === warning.code).length;
        return <WarningCard key={`${warning.code} ${nth}`} warning={warning} />;
      })}
    </section>
  );
}

function WarningCard({ warning: { code, severity, message, action, since, easedAt } }: { warning: Warning }) {
  const critical = severity === "critical";
  const Icon = critical ? CriticalIcon : WarningIcon;
  const sentence = timesInZone(message);
  // Read aloud once, as it began: a figure that is announced every second would drown everything else.
  const [announced] = useState(`${critical ? "Critical" : "Warning"}: ${sentence}`);
  return (
    <div
      data-testid="warning"
      className={cn(
        "flex items-start gap-3 rounded-lg border px-4 py-2.5",
        critical ? "border-bad/40 bg-bad-soft" : "border-warn/40 bg-warn-soft",
      )}
    >
      <Icon className={cn("mt-0.5 size-4 shrink-0", critical ? "text-bad" : "text-warn")} />
      <p role="alert" className="sr-only">
        {announced}
      </p>
      <div className="min-w-0 flex-1 text-[13px]">
        <div className="flex flex-wrap justify-between gap-x-4">
          <p className="font-semibold">{sentence}</p>
          {since && (
            <p className="text-xs leading-5 text-ink-2">
              began <Ago at={since} />
              {easedAt && (
                <>
                  , eased <Ago at={easedAt} />
                </>
              )}
            </p>
          )}
        </div>
        <p className="text-ink-2">
          {timesInZone(action)} <Where code={code} />
        </p>
      </div>
    </div>
  );
}

/** Where on the dashboard to look next, for warnings that have such a place. */
const ledger = { to: "/ledger", text: "Open the ledger" } as const;
const places: Record<string, { to: "/dead-letters" | "/ledger"; text: string }> = {
  "dead-letters-fast": { to: "/dead-letters", text: "Open the causes" },
  "events-missing": ledger,
  "ledger-alarm": ledger,
  "ledger-count-differs": ledger,
  "ledger-surplus": ledger,
  "redis-lost-data": ledger,
};

function Where({ code }: { code: string }) {
  if (code === "oldest-event") return <WaitingRetries>Open the list</WaitingRetries>;
  const place = places[code];
  if (!place) return null;
  return (
    // Of all tenants, as the warning is, whichever is chosen.
    <Link to={place.to} search={{ tenant: undefined }} className="font-medium text-ink underline underline-offset-4">
      {place.text}
    </Link>
  );
}
