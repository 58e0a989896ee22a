import type { SourceView, Stats } from "@streamforge/shared";
import { formatCount, formatRate, plural } from "../../lib/format.js";
import { Badge, type Tone } from "../../ui/badge.js";
import { Card } from "../../ui/card.js";
import { Table } from "../../ui/table.js";

type TopicView = SourceView["topics"][number];

/** What is read from Kafka, and how far behind; absent while nothing is. */
export function SourcesCard({ stats }: { stats: Stats | null }) {
  const sources = stats?.sources ?? [];
  if (sources.length === 0) return null;
  const rate = sources.reduce((sum, { messagesPerSecond }) => sum + messagesPerSecond, 0);
  const topics = topicsOf(sources.filter(({ alive }) => alive));
  return (
    <Card title="Kafka" aside={<SourcesBadge sources={sources} />}>
      <p className="pb-1 text-[13px] text-ink-2">
        {formatRate(rate)} messages/s by {plural(sources.filter(({ alive }) => alive).length, "process", "processes")}
      </p>
      {topics.length > 0 && (
        <Table columns={["Topic", "Lag", "Oldest"]} wideColumns={["Partitions"]}>
          {topics.map((topic) => (
            <TopicRow key={topic.topic} topic={topic} />
          ))}
        </Table>
      )}
    </Card>
  );
}

function SourcesBadge({ sources }: { sources: SourceView[] }) {
  const state: { tone: Tone; text: string } = sources.some(({ ready }) => ready)
    ? { tone: "good", text: "reading" }
    : sources.some(({ alive }) => alive)
      ? { tone: "warn", text: "not reading" }
      : { tone: "bad", text: "silent" };
  return <Badge tone={state.tone}>{state.text}</Badge>;
}

function TopicRow({ topic: { topic, tenantId, partitions, lagMessages, lagSeconds, paused, pausedFor } }: { topic: TopicView }) {
  return (
    <tr>
      <th scope="row" className="max-w-0 py-1.5 text-left font-normal" title={`${topic}, events of ${tenantId}`}>
        <span className="block truncate font-medium">{topic}</span>
        {pausedFor && (
          <Badge tone="warn" className="mt-0.5">
            {plural(paused, "partition")} paused: {pausedFor === "rate-limited" ? `rate of ${tenantId}` : pausedFor}
          </Badge>
        )}
      </th>
      <td title={`${plural(lagMessages, "message")} not yet durable here`}>{formatCount(lagMessages)}</td>
      <td>{lagSeconds === 0 ? "–" : `${lagSeconds < 10 ? lagSeconds : Math.round(lagSeconds)} s`}</td>
      <td className="hidden sm:table-cell">{formatCount(partitions)}</td>
    </tr>
  );
}

/** Of all processes together: each reads some partitions of a topic. */
function topicsOf(sources: SourceView[]): TopicView[] {
  const merged = new Map<string, TopicView>();
  for (const part of sources.flatMap(({ topics }) => topics)) {
    const before = merged.get(part.topic);
    merged.set(part.topic, {
      ...part,
      partitions: part.partitions + (before?.partitions ?? 0),
      lagMessages: part.lagMessages + (before?.lagMessages ?? 0),
      lagSeconds: Math.max(part.lagSeconds, before?.lagSeconds ?? 0),
      paused: part.paused + (before?.paused ?? 0),
      pausedFor: before?.pausedFor ?? part.pausedFor,
    });
  }
  return [...merged.values()];
}
