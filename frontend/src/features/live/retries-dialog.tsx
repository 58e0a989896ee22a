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
import { Table } from "../../ui/table.js";

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
        <Table columns={["Event", "Failed", "Next attempt"]}>
          {data.items.map((waiting) => (
            <Row key={waiting.id} waiting={waiting} />
          ))}
        </Table>
      )}
    </Dialog>
  );
}

function countWords({ count, exact, items }: Retries, tenant: string | undefined): string {
  const all = `${exact ? "" : "At least "}${plural(count, "event")} of ${tenant ?? "all tenants"}`;
  return count > items.length ? `${all}; the ${formatCount(items.length)} that are due next.` : `${all}.`;
}

function Row({ waiting: { eventId, tenantId, attempt, message, dueAt } }: { waiting: WaitingRetry }) {
  return (
    <tr>
      <th scope="row" className="max-w-0 py-1.5 text-left font-normal">
        <Link
          to="/events/$eventId"
          params={{ eventId }}
          search={{ tenant: tenantId }}
          className="block truncate font-medium text-brand underline-offset-4 hover:underline"
        >
          {eventId}
        </Link>
        <span className="block truncate text-xs text-ink-3">{tenantId}</span>
        <span className="block text-xs wrap-anywhere text-ink-2">{message ?? "Held up by an outage, not by a fault of its own."}</span>
      </th>
      <td>{plural(attempt, "time")}</td>
      <td>
        <Due at={dueAt} />
      </td>
    </tr>
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
