import type { Stats, WorkerView } from "@streamforge/shared";
import type { ReactNode } from "react";
import { formatBytes, formatCount, formatRate, plural } from "../../lib/format.js";
import { Badge, type Tone } from "../../ui/badge.js";
import { Card } from "../../ui/card.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Table } from "../../ui/table.js";
import { Ago } from "../../ui/time.js";

/** The processes that store events. */
export function WorkersCard({ stats }: { stats: Stats | null }) {
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
            <WorkerRow key={worker.name} worker={worker} />
          ))}
        </Table>
      )}
    </Card>
  );
}

function WorkerRow({ worker }: { worker: WorkerView }) {
  const state = stateOf(worker);
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
      <td className="hidden sm:table-cell">
        <Ago at={worker.lastSeenAt} />
      </td>
    </tr>
  );
}

function stateOf(worker: WorkerView): { text: ReactNode; tone: Tone } {
  if (!worker.alive) return { text: <When did="last seen" at={worker.lastSeenAt} />, tone: "bad" };
  if (worker.circuit === "open") return { text: "paused: MongoDB fails", tone: "bad" };
  if (worker.circuit === "half-open") return { text: "trying MongoDB again", tone: "warn" };
  return { text: <When did="started" at={worker.startedAt} />, tone: "good" };
}

const When = ({ did, at }: { did: string; at: string }) => (
  <span>
    {did} <Ago at={at} />
  </span>
);
