import type { Stats } from "@streamforge/shared";
import { formatCount, formatRate } from "../../lib/format.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Tooltip } from "../../ui/tooltip.js";

const tiles = [
  { key: "accepted", label: "Accepted", dot: "bg-accepted", about: "Answered 202: on disk in Redis, and now ours to store" },
  { key: "stored", label: "Stored", dot: "bg-stored", about: "Written to a majority of MongoDB" },
  { key: "duplicates", label: "Duplicates", dot: "bg-duplicates", about: "Sent again by a producer and recognised; the first one counts" },
  { key: "dead", label: "Dead", dot: "bg-dead", about: "Could not be stored and became a dead letter" },
] as const;

/** The four rates, large; their totals, small. */
export function RateTiles({ stats }: { stats: Stats | null }) {
  return (
    <section aria-label="Rates" className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      {tiles.map(({ key, label, dot, about }) => (
        <div key={key} className="min-w-0 rounded-lg border border-line bg-surface px-4 py-3">
          <Tooltip text={about}>
            <button type="button" className="flex cursor-help items-center gap-2 rounded text-[13px] text-ink-2">
              <span aria-hidden="true" className={`size-2 rounded-full ${dot}`} />
              {label}
            </button>
          </Tooltip>
          <p className="mt-0.5 flex h-10 items-baseline gap-1.5">
            {stats ? (
              <>
                <span
                  data-testid={`eps-${key}`}
                  className="truncate text-[28px] leading-10 font-semibold tracking-tight stale:text-ink-3 sm:text-[32px]"
                >
                  {formatRate(stats.eps[key])}
                </span>
                <span className="text-[13px] text-ink-3">/s</span>
              </>
            ) : (
              <Skeleton className="h-8 w-24 self-center" />
            )}
          </p>
          <p className="truncate text-xs text-ink-3">
            {stats ? (
              <>
                <span data-testid={`total-${key}`} className="text-ink-2 stale:text-ink-3">
                  {formatCount(stats.totals[key])}
                </span>{" "}
                in total
              </>
            ) : (
              <Skeleton className="my-0.5 h-3 w-20" />
            )}
          </p>
        </div>
      ))}
    </section>
  );
}
