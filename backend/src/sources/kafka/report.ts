import type { KafkaTopic } from "../../lib/kafka-settings.js";
import type { SourceTopicView } from "../../stream/heartbeat.js";
import type { createSourceMetrics } from "../../telemetry/metrics.js";
import type { Lane } from "./lane.js";
import type { KafkaSource } from "./source.js";

/** Messages that are there and not yet durable here. */
function lagOf(lane: Lane): number {
  return Math.max(0, Number(lane.end - lane.durable()));
}

/** Age of the oldest of them; 0 when there are none. One that was not fetched yet came after what was. */
function ageSecondsOf(lane: Lane, nowMs: number): number {
  if (lagOf(lane) === 0) return 0;
  return Math.max(0, nowMs - (lane.oldestAtMs() ?? nowMs)) / 1000;
}

/** What a source reads, by topic. */
export function topicViews(lanes: Lane[], topics: readonly KafkaTopic[], nowMs: number): SourceTopicView[] {
  return topics.flatMap(({ topic, tenantId }) => {
    const own = lanes.filter((lane) => lane.topic === topic);
    if (own.length === 0) return [];
    const paused = own.filter((lane) => lane.paused !== undefined);
    return {
      topic,
      tenantId,
      partitions: own.length,
      lagMessages: own.reduce((sum, lane) => sum + lagOf(lane), 0),
      lagSeconds: Math.round(Math.max(...own.map((lane) => ageSecondsOf(lane, nowMs))) * 10) / 10,
      paused: paused.length,
      pausedFor: paused[0]?.paused ?? null,
    };
  });
}

/** Brings the gauges up to date; partitions that are another member's now are taken out. */
export function tellGauges(source: KafkaSource, metrics: ReturnType<typeof createSourceMetrics>, nowMs: number): void {
  const perPartition = [metrics.lagMessages, metrics.lagSeconds, metrics.paused];
  for (const gauge of perPartition) gauge.reset();
  for (const lane of source.lanes()) {
    const labels = { topic: lane.topic, partition: lane.partition };
    metrics.lagMessages.set(labels, lagOf(lane));
    metrics.lagSeconds.set(labels, ageSecondsOf(lane, nowMs));
    metrics.paused.set(labels, lane.paused === undefined ? 0 : 1);
  }
  metrics.up.set(source.ready() ? 1 : 0);
  metrics.deleted.set(source.deletedMessages());
}
