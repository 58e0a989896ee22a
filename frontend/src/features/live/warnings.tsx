import type { Stats } from "@streamforge/shared";
import { Link } from "@tanstack/react-router";
import { formatAgo } from "../../lib/format.js";
import { cn } from "../../ui/cn.js";
import { CriticalIcon, WarningIcon } from "../../ui/icons.js";

/** What is wrong, in words, and what to do about it; the worst first. */
export function Warnings({ warnings, nowMs }: { warnings: Stats["warnings"]; nowMs: number }) {
  if (warnings.length === 0) return null;
  const worstFirst = warnings.toSorted((a, b) => Number(b.severity === "critical") - Number(a.severity === "critical"));
  return (
    <section aria-label="Warnings" className="grid gap-2 2xl:grid-cols-2">
      {worstFirst.map((warning) => {
        const critical = warning.severity === "critical";
        const Icon = critical ? CriticalIcon : WarningIcon;
        return (
          <div
            key={`${warning.code}-${warning.message}`}
            role="alert"
            data-testid="warning"
            className={cn(
              "flex items-start gap-3 rounded-lg border px-4 py-2.5",
              critical ? "border-bad/40 bg-bad-soft" : "border-warn/40 bg-warn-soft",
            )}
          >
            <Icon className={cn("mt-0.5 size-4 shrink-0", critical ? "text-bad" : "text-warn")} />
            <div className="min-w-0 flex-1 text-[13px]">
              <div className="flex flex-wrap justify-between gap-x-4">
                <p className="font-semibold">
                  <span className="sr-only">{critical ? "Critical: " : "Warning: "}</span>
                  {warning.message}
                </p>
                {warning.since && <span className="text-xs leading-5 text-ink-2">began {formatAgo(warning.since, nowMs)}</span>}
              </div>
              <p className="text-ink-2">
                {warning.action} <Where code={warning.code} />
              </p>
            </div>
          </div>
        );
      })}
    </section>
  );
}

/** Where on the dashboard one goes on, for warnings that have such a place. */
const ledger = { to: "/ledger", text: "Open the ledger" } as const;
const places: Record<string, { to: "/dead-letters" | "/ledger"; text: string }> = {
  "dead-letters-fast": { to: "/dead-letters", text: "Open the causes" },
  "events-missing": ledger,
  "ledger-alarm": ledger,
  "ledger-count-differs": ledger,
  "redis-lost-data": ledger,
};

function Where({ code }: { code: string }) {
  const place = places[code];
  if (!place) return null;
  return (
    <Link to={place.to} className="font-medium text-ink underline underline-offset-4">
      {place.text}
    </Link>
  );
}
