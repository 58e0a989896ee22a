import { formatDuration } from "../lib/format.js";
import { freshness } from "../live/freshness.js";
import { useLiveValue } from "../live/use-live.js";
import { cn } from "../ui/cn.js";

/** Whether what is on the screen is true right now: `Live`, or how old it is. On every page, always in the same place. */
export function ConnectionState() {
  const kind = useLiveValue((state, nowMs) => freshness(state.freshAtMs, nowMs).kind);
  const trying = useLiveValue((state) => state.attempt > 0);
  const ageSeconds = useLiveValue((state, nowMs) => {
    const now = freshness(state.freshAtMs, nowMs);
    return now.kind === "stale" ? now.ageSeconds : 0;
  });
  const text = kind === "stale" ? "Stale" : kind === "live" ? "Live" : trying ? "No data" : "Connecting";
  return (
    <p
      data-testid="live-state"
      data-state={kind}
      title={kind === "stale" ? "The connection to StreamForge is broken; trying again" : "Figures come once a second"}
      className={cn(
        "flex h-7 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium whitespace-nowrap",
        kind === "live" ? "text-good" : kind === "stale" || trying ? "bg-warn-soft text-warn" : "text-ink-3",
      )}
    >
      <span
        aria-hidden="true"
        className={cn(
          "size-2 shrink-0 rounded-full",
          kind === "live" ? "bg-good" : kind === "stale" || trying ? "bg-warn" : "bg-line-strong",
        )}
      />
      {/* Only the word is announced: an age that is read aloud every second would drown everything else. */}
      <span role="status">{text}</span>
      {kind === "stale" && <span className="font-normal">· {formatDuration(ageSeconds)} old</span>}
    </p>
  );
}
