import type { Stats } from "@streamforge/shared";
import { formatLatency } from "../../lib/format.js";
import { Card } from "../../ui/card.js";
import { Skeleton } from "../../ui/skeleton.js";

const rows = [
  { label: "Accept", about: "request to answer", p50: "acceptP50", p99: "acceptP99" },
  { label: "Accept to stored", about: "answer to MongoDB", p50: "storeP50", p99: "storeP99" },
] as const;

/** How long an answer takes, and how long until the event can be read. */
export function LatencyCard({ stats }: { stats: Stats | null }) {
  const figure = (ms: number | null | undefined) => (ms === undefined ? <Skeleton className="ml-auto h-5 w-14" /> : formatLatency(ms));
  return (
    <Card title="Latency">
      <table className="w-full text-[13px]">
        <thead className="text-left text-xs text-ink-3">
          <tr>
            <td />
            <th scope="col" className="py-1 text-right font-normal">
              p50
            </th>
            <th scope="col" className="py-1 pl-4 text-right font-normal">
              p99
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line border-t border-line">
          {rows.map(({ label, about, p50, p99 }) => (
            <tr key={label}>
              <th scope="row" className="py-1.5 text-left font-normal text-ink-2">
                {label}
                <span className="block text-xs text-ink-3">{about}</span>
              </th>
              <td className="py-1.5 text-right text-[15px] font-medium whitespace-nowrap stale:text-ink-3">
                {figure(stats?.latencyMs[p50])}
              </td>
              <td className="py-1.5 pl-4 text-right text-[15px] font-medium whitespace-nowrap stale:text-ink-3">
                {figure(stats?.latencyMs[p99])}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
