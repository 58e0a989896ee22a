import type { Stats, WorkerView } from "@streamforge/shared";
import { formatAgo, formatBytes, formatCount, formatRate, plural } from "../../lib/format.js";
import { Badge, type Tone } from "../../ui/badge.js";
import { Card } from "../../ui/card.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Table } from "../../ui/table.js";

/** The processes that store events. */
export function WorkersCard({ stats, nowMs }: { stats: Stats | null; nowMs: number }) {
  const alive = stats?.workers.filter((worker) => worker.alive).length ?? 0;
  return (
    <Card
      title="Workers"
      aside={stats && <Badge tone={alive > 0 ? "good" : "bad"}>{alive > 0 ? `${formatCount(alive)} at work` : "none at work"}</Badge>}
    >
      {!stats ? (
        <Skeleton className="h-16 w-full" />
      ) : stats.workers.length === 0 ? (
        <p className="py-1 text-[13px] text-ink-2">No worker has reported. Events are accepted and wait, safe, until one starts.</p>
      ) : (
        <Table columns={["Worker", "Stored/s", "In hand"]} wideColumns={["Memory", "Seen"]}>
          {stats.workers.map((worker) => (
            <WorkerRow key={worker.name} worker={worker} nowMs={nowMs} />
          ))}
        </Table>
      )}
    </Card>
  );
}

function WorkerRow({ worker, nowMs }: { worker: WorkerView; nowMs: number }) {
  const state = stateOf(worker, nowMs);
  return (
    <tr>
      <th scope="row" className="max-w-0 py-1.5 text-left font-normal" title={`${worker.name} on ${worker.host}, process ${worker.pid}`}>
        <span className="block truncate font-medium">{worker.name}</span>
        <Badge tone={state.tone} className="mt-0.5">
          {state.text}
        </Badge>
      </th>
      <td>{formatRate(worker.storedPerSecond)}</td>
      <td title={`${plural(worker.inHand, "event")} read and not yet settled`}>{formatCount(worker.inHand)}</td>
      <td className="hidden sm:table-cell">{formatBytes(worker.rssBytes)}</td>
      <td className="hidden sm:table-cell">{formatAgo(worker.lastSeenAt, nowMs)}</td>
    </tr>
  );
}

function stateOf(worker: WorkerView, nowMs: number): { text: string; tone: Tone } {
  if (!worker.alive) return { text: `last seen ${formatAgo(worker.lastSeenAt, nowMs)}`, tone: "bad" };
  if (worker.circuit === "open") return { text: "paused: MongoDB fails", tone: "bad" };
  if (worker.circuit === "half-open") return { text: "trying MongoDB again", tone: "warn" };
  return { text: `started ${formatAgo(worker.startedAt, nowMs)}`, tone: "good" };
}
