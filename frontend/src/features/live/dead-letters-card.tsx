import type { ReasonGroup } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { getDeadLetterReasons } from "../../api/stats.js";
import { formatAgo, formatCount, plural } from "../../lib/format.js";
import { Badge } from "../../ui/badge.js";
import { Card } from "../../ui/card.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Sparkline } from "../../ui/sparkline.js";
import { reasonWords } from "./words.js";

const SHOWN = 4;

interface DeadLettersCardProps {
  /** Open dead letters by the live figures; null while unknown. */
  open: number | null;
  stale: boolean;
  nowMs: number;
}

/** Open dead letters by reason, the most frequent first, each with one message as an example. */
export function DeadLettersCard({ open, stale, nowMs }: DeadLettersCardProps) {
  const reasons = useQuery({
    queryKey: ["dlq", "reasons"],
    queryFn: getDeadLetterReasons,
    refetchInterval: 5000,
    enabled: open !== null && open > 0 && !stale,
  });
  return (
    <Card
      title="Dead letters by reason"
      aside={
        open !== null && (
          <Badge tone={open > 0 ? "warn" : "good"}>
            <span data-testid="dead-open">{open === 0 ? "none open" : `${formatCount(open)} open`}</span>
          </Badge>
        )
      }
    >
      {open === 0 ? (
        <p className="py-1 text-[13px] text-ink-2">
          Every event could be stored. One that cannot is kept here with its reason, as it was sent.
        </p>
      ) : reasons.error && !reasons.data ? (
        <p className="py-1 text-[13px] text-ink-2">The reasons cannot be shown: {reasons.error.message}</p>
      ) : (
        <Reasons groups={reasons.data?.items ?? null} nowMs={nowMs} />
      )}
    </Card>
  );
}

function Reasons({ groups, nowMs }: { groups: ReasonGroup[] | null; nowMs: number }) {
  if (!groups) return <Skeleton className="h-24 w-full" />;
  const most = groups.toSorted((a, b) => b.count - a.count);
  const hidden = most.slice(SHOWN).reduce((sum, group) => sum + group.count, 0);
  return (
    <ul className="divide-y divide-line">
      {most.slice(0, SHOWN).map((group) => (
        <li key={`${group.reasonCode}-${group.fingerprint}`} className="py-2 text-[13px] first:pt-1">
          <div className="flex items-baseline justify-between gap-3">
            <span className="min-w-0 flex-1 truncate font-medium">{reasonWords[group.reasonCode] ?? group.reasonCode}</span>
            <Sparkline values={group.trend} label="The last 24 hours" className="h-4 w-16 self-center text-dead stale:text-line-strong" />
            <span className="min-w-12 text-right font-medium stale:text-ink-3">{formatCount(group.count)}</span>
          </div>
          <p className="truncate text-xs text-ink-2" title={group.message}>
            {group.message}
          </p>
          <p className="mt-0.5 text-xs text-ink-3">
            {group.reasonCode}
            {group.eventType && ` · ${group.eventType}`} · last {formatAgo(group.lastSeen, nowMs)}
          </p>
        </li>
      ))}
      {hidden > 0 && (
        <li className="pt-2 text-xs text-ink-3">
          and {plural(hidden, "letter")} for {plural(most.length - SHOWN, "other reason")}
        </li>
      )}
    </ul>
  );
}
