import type { Stats } from "@streamforge/shared";
import { formatCount, formatDuration, formatShare, plural } from "../../lib/format.js";
import { Badge } from "../../ui/badge.js";
import { Card } from "../../ui/card.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Table } from "../../ui/table.js";

/** There can be 1,024; the fullest ones are those to look at. */
const SHOWN = 8;

/** The partitions of the stream, the fullest first. */
export function PartitionsCard({ stats }: { stats: Stats | null }) {
  const fullest =
    stats?.partitions.toSorted((a, b) => b.backlogEvents + b.retrying - a.backlogEvents - a.retrying || a.partition - b.partition) ?? [];
  const accepted = stats?.partitions.reduce((sum, partition) => sum + partition.accepted, 0) ?? 0;
  return (
    <Card title="Partitions" aside={stats && <Badge>{plural(stats.partitions.length, "partition")}</Badge>}>
      {!stats ? (
        <Skeleton className="h-16 w-full" />
      ) : (
        <>
          <Table columns={["Partition", "Waiting", "Retrying", "Oldest"]} wideColumns={["Settled", "Share"]}>
            {fullest.slice(0, SHOWN).map((partition) => (
              <tr key={partition.partition}>
                <th scope="row" className="py-1.5 text-left font-medium">
                  {partition.partition}
                </th>
                <td title={`in ${plural(partition.entries, "stream entry", "stream entries")}`}>{formatCount(partition.backlogEvents)}</td>
                <td title="waiting to be tried again">{formatCount(partition.retrying)}</td>
                <td>{formatDuration(partition.oldestAgeSeconds)}</td>
                <td className="hidden sm:table-cell" title={`of ${formatCount(partition.accepted)} accepted`}>
                  {formatCount(partition.settled)}
                </td>
                <td className="hidden sm:table-cell" title="of all accepted events">
                  {formatShare(partition.accepted, accepted)}
                </td>
              </tr>
            ))}
          </Table>
          {fullest.length > SHOWN && (
            <p className="pt-1.5 text-xs text-ink-3">and {plural(fullest.length - SHOWN, "more with less", "more with less")}</p>
          )}
        </>
      )}
    </Card>
  );
}
