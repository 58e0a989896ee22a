import type { Stats } from "@streamforge/shared";
import { formatCount, formatDuration, plural } from "../../lib/format.js";
import { Badge } from "../../ui/badge.js";
import { Card } from "../../ui/card.js";
import { Facts } from "../../ui/facts.js";
import { Skeleton } from "../../ui/skeleton.js";
import { WaitingRetries } from "./waiting-retries.js";
import { drainWords } from "./words.js";

/** What was accepted and waits to be stored: how much, how old, and when it will be done. */
export function BacklogCard({ stats }: { stats: Stats | null }) {
  const backlog = stats?.backlog;
  const drain = backlog && drainWords(backlog);
  return (
    <Card title="Backlog" aside={drain && <Badge tone={drain.tone}>{drain.text}</Badge>}>
      <p className="flex h-10 items-baseline gap-1.5">
        {backlog ? (
          <>
            <span data-testid="backlog" className="text-[28px] leading-10 font-semibold tracking-tight stale:text-ink-3">
              {formatCount(backlog.events)}
            </span>
            <span className="text-[13px] text-ink-3">{backlog.events === 1 ? "event" : "events"} waiting</span>
          </>
        ) : (
          <Skeleton className="h-8 w-24 self-center" />
        )}
      </p>
      <Facts
        rows={[
          {
            label: "Oldest has waited",
            value: backlog ? (backlog.events > 0 ? formatDuration(backlog.oldestAgeSeconds) : "nothing waits") : null,
          },
          {
            label: "Waiting to be tried again",
            value: backlog ? (
              <WaitingRetries>
                {plural(backlog.retrying, "event")}
                <span className="sr-only"> waiting to be tried again: show them</span>
              </WaitingRetries>
            ) : null,
          },
        ]}
      />
    </Card>
  );
}
