import type { Retries, WaitingRetry } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useSyncExternalStore } from "react";
import { getWaitingRetries } from "../../api/stats.js";
import { useTenant } from "../../app/tenant.js";
import { formatCount, formatDuration, plural } from "../../lib/format.js";
import { onTick, serverNow } from "../../lib/tick.js";
import { formatFull, useZone } from "../../lib/zone.js";
import { Dialog } from "../../ui/dialog.js";
import { Empty, Failed, LoadingRows } from "../../ui/states.js";

const AGAIN_MS = 2000;

/** Events that failed and wait for their next attempt, of the tenant that is chosen. */
export default function RetriesDialog({ onClose }: { onClose: () => void }) {
  const tenant = useTenant();
  const { data, error, refetch } = useQuery({
    queryKey: ["retries", tenant],
    queryFn: () => getWaitingRetries(tenant),
    refetchInterval: AGAIN_MS,
  });
  return (
    <Dialog open onClose={onClose} wide title="Waiting to be tried again" description={data && countWords(data, tenant)}>
      {!data ? (
        error ? (
          <Failed error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingRows rows={3} />
        )
      ) : data.items.length === 0 ? (
        <Empty title="Nothing waits to be tried again">
          An event whose failure may pass is tried again by itself, after longer and longer waits, and is listed here meanwhile.
        </Empty>
      ) : (
        <ul className="divide-y divide-line">
          {data.items.map((waiting) => (
            <Waiting key={waiting.id} waiting={waiting} />
          ))}
        </ul>
      )}
    </Dialog>
  );
}

function countWords({ count, exact, items }: Retries, tenant: string | undefined): string {
  const all = `${exact ? "" : "At least "}${plural(count, "event")} of ${tenant ?? "all tenants"}`;
  return count > items.length ? `${all}; the ${formatCount(items.length)} that are due next.` : `${all}.`;
}

function Waiting({ waiting: { eventId, tenantId, attempt, message, dueAt } }: { waiting: WaitingRetry }) {
  return (
    <li className="py-2.5 text-[13px]">
      <div className="flex items-baseline justify-between gap-4">
        <Link
          to="/events/$eventId"
          params={{ eventId }}
          search={{ tenant: tenantId }}
          className="min-w-0 truncate font-medium text-brand underline-offset-4 hover:underline"
        >
          {eventId}
        </Link>
        <span className="shrink-0">
          due <Due at={dueAt} />
        </span>
      </div>
      <p className="flex items-baseline justify-between gap-4 text-xs text-ink-3">
        <span className="min-w-0 truncate">{tenantId}</span>
        <span className="shrink-0">failed {plural(attempt, "time")}</span>
      </p>
      <p className="mt-1 line-clamp-2 text-xs wrap-anywhere text-ink-2" title={message ?? undefined}>
        {message ?? "Held up by an outage, not by a fault of its own."}
      </p>
    </li>
  );
}

/** Seconds matter here: an attempt that is due in 40 s is not due now. */
function Due({ at }: { at: string }) {
  useZone();
  const text = useSyncExternalStore(onTick, () => {
    const leftSeconds = Math.ceil((Date.parse(at) - serverNow()) / 1000);
    return leftSeconds > 0 ? `in ${formatDuration(leftSeconds)}` : "now";
  });
  return (
    <time dateTime={at} title={formatFull(Date.parse(at))}>
      {text}
    </time>
  );
}
