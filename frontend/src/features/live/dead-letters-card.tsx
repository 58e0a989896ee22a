import type { ReasonGroup } from "@streamforge/shared";
import { reasonHelp } from "@streamforge/shared/reason-help";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { getDeadLetterReasons, MOST_REASONS } from "../../api/stats.js";
import { formatCount, plural } from "../../lib/format.js";
import { Badge } from "../../ui/badge.js";
import { Card } from "../../ui/card.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Ago } from "../../ui/time.js";

const SHOWN = 5;

interface DeadLettersCardProps {
  /** Open dead letters of all tenants by the live figures; null while unknown. */
  open: number | null;
  /** Whose letters are shown; all when none is chosen. */
  tenant: string | undefined;
  stale: boolean;
}

/** Open dead letters by cause, the most frequent first, each with one message as an example; a click opens its letters. */
export function DeadLettersCard({ open, tenant, stale }: DeadLettersCardProps) {
  const reasons = useQuery({
    queryKey: ["dlq", "reasons", tenant],
    queryFn: () => getDeadLetterReasons(tenant),
    refetchInterval: 5000,
    enabled: open !== null && open > 0 && !stale,
  });
  const groups = open === 0 ? [] : reasons.data?.items;
  return (
    <Card title="Dead letters by cause" aside={<OpenCount groups={groups} all={tenant === undefined ? open : null} />}>
      {groups?.length === 0 ? (
        <p className="py-1 text-[13px] text-ink-2">
          Every event{tenant && ` of ${tenant}`} could be stored. One that cannot is kept here with its reason, as it was sent.
        </p>
      ) : reasons.error && !groups ? (
        <p className="py-1 text-[13px] text-ink-2">The causes cannot be shown: {reasons.error.message}</p>
      ) : (
        <Causes groups={groups} />
      )}
    </Card>
  );
}

/** @param all how many are open by the live figures, where those say it */
function OpenCount({ groups, all }: { groups: ReasonGroup[] | undefined; all: number | null }) {
  const open = all ?? groups?.reduce((sum, { count }) => sum + count, 0);
  if (open === undefined) return null;
  const least = all === null && groups?.length === MOST_REASONS ? "at least " : "";
  return (
    <Badge tone={open > 0 ? "warn" : "good"}>
      <span data-testid="dead-open">{open === 0 ? "none open" : `${least}${formatCount(open)} open`}</span>
    </Badge>
  );
}

function Causes({ groups }: { groups: ReasonGroup[] | undefined }) {
  if (!groups) return <Skeleton className="h-24 w-full" />;
  const most = groups.toSorted((a, b) => b.count - a.count);
  const hidden = most.slice(SHOWN).reduce((sum, group) => sum + group.count, 0);
  return (
    <ul className="-mx-2 flex flex-col">
      {most.slice(0, SHOWN).map((group) => (
        <li key={`${group.reasonCode} ${group.fingerprint} ${group.eventType}`}>
          <Cause group={group} />
        </li>
      ))}
      {hidden > 0 && (
        <li>
          <Link to="/dead-letters" className="block rounded-md px-2 py-2 text-xs text-ink-2 hover:bg-raised hover:text-ink">
            and {plural(hidden, "letter")} for {plural(most.length - SHOWN, "other cause")}
          </Link>
        </li>
      )}
    </ul>
  );
}

function Cause({ group: { reasonCode, eventType, fingerprint, message, count, lastSeen } }: { group: ReasonGroup }) {
  return (
    <Link
      to="/dead-letters"
      search={{ cause: fingerprint } as object}
      data-testid="cause"
      className="flex items-start justify-between gap-4 rounded-md px-2 py-2 text-[13px] leading-tight hover:bg-raised"
    >
      <span className="min-w-0" title={message}>
        <span className="block truncate font-medium">
          {reasonHelp[reasonCode].title}
          {eventType && <span className="font-normal text-ink-2"> · {eventType}</span>}
        </span>
        <span className="mt-0.5 block truncate text-xs text-ink-2">{message}</span>
      </span>
      <span className="shrink-0 text-right">
        <span className="block font-semibold stale:text-ink-3">{formatCount(count)}</span>
        <span className="mt-0.5 block text-xs text-ink-3">
          last <Ago at={lastSeen} />
        </span>
      </span>
    </Link>
  );
}
