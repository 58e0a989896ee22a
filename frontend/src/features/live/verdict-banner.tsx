import { cn } from "../../ui/cn.js";
import { CheckIcon, ClockIcon, CriticalIcon, WarningIcon } from "../../ui/icons.js";
import { Skeleton } from "../../ui/skeleton.js";
import { formatDuration } from "./format.js";
import type { Freshness } from "./freshness.js";
import type { Live } from "./use-live.js";
import { verdictOf } from "./words.js";

const looks = {
  good: { Icon: CheckIcon, icon: "bg-good-soft text-good" },
  warn: { Icon: WarningIcon, icon: "bg-warn-soft text-warn" },
  bad: { Icon: CriticalIcon, icon: "bg-bad-soft text-bad" },
  neutral: { Icon: ClockIcon, icon: "bg-raised text-ink-2" },
} as const;

/** The headline: is anything missing? And beside it, whether the page is live. */
export function VerdictBanner({ live }: { live: Live }) {
  const verdict = live.stats && verdictOf(live.stats, live.freshness);
  const { Icon, icon } = looks[verdict?.tone ?? "neutral"];
  return (
    <section
      aria-label="Ledger"
      className="flex flex-wrap items-center gap-x-6 gap-y-3 rounded-lg border border-line bg-surface px-4 py-3.5"
    >
      <div className="flex min-w-0 flex-1 basis-72 items-center gap-3.5">
        <span className={cn("grid size-10 shrink-0 place-items-center rounded-full", icon)}>
          <Icon className="size-5.5" />
        </span>
        <div className="min-h-12 min-w-0">
          <p data-testid="verdict" className="text-lg leading-tight font-semibold tracking-tight sm:text-xl">
            {verdict ? verdict.headline : <Skeleton className="h-6 w-52" />}
          </p>
          <p className="mt-1 text-[13px] text-ink-2">{verdict ? verdict.sentence : <Skeleton className="h-4 w-72 max-w-full" />}</p>
        </div>
      </div>
      <LiveState freshness={live.freshness} attempt={live.attempt} />
    </section>
  );
}

/** "Live", or how old the figures are. Its width is kept, so that nothing moves when it changes. */
function LiveState({ freshness, attempt }: { freshness: Freshness; attempt: number }) {
  const stale = freshness.kind === "stale";
  const text = stale ? "Not live" : freshness.kind === "live" ? "Live" : attempt > 0 ? "No data" : "Connecting …";
  const detail = stale
    ? `last update ${formatDuration(freshness.ageSeconds)} ago`
    : freshness.kind === "live"
      ? "updated every second"
      : "";
  return (
    <div
      data-testid="live-state"
      data-state={freshness.kind}
      className="flex w-full items-center gap-2.5 text-[13px] sm:w-60 sm:justify-end"
    >
      <span
        aria-hidden="true"
        className={cn(
          "size-2.5 shrink-0 rounded-full",
          freshness.kind === "live" ? "bg-good motion-safe:animate-pulse" : attempt > 0 || stale ? "bg-warn" : "bg-line-strong",
        )}
      />
      <p className="min-w-0">
        {/* Only the word is announced: an age that is read aloud every second would drown everything else. */}
        <span role="status" className={cn("font-semibold", freshness.kind === "live" ? "text-good" : "text-warn")}>
          {text}
        </span>
        {detail && <span className="text-ink-2"> · {detail}</span>}
        {(stale || attempt > 0) && freshness.kind !== "live" && <span className="block text-xs text-ink-3">Reconnecting …</span>}
      </p>
    </div>
  );
}
