import { counted } from "@streamforge/shared";
import type { SourceHeartbeat } from "../stream/heartbeat.js";
import type { Situation, Warning } from "./situation.js";
import { clock, critical, seconds, warning } from "./warning-words.js";

/** What can be wrong with the sources that read from Kafka. Nothing is lost by any of it but by Kafka's own retention: messages wait there. */

const OLD_SECONDS = 60;

const alive = ({ sources }: Situation): SourceHeartbeat[] => sources.filter((source) => source.alive);

export function noSource(situation: Situation): Warning | undefined {
  const { limits, depth } = situation;
  if (!limits.kafka || !depth.redisOk || alive(situation).length > 0) return undefined;
  return warning(
    "no-kafka-source",
    "KAFKA_BROKERS is set, and no Kafka source is running; messages wait in Kafka.",
    "Start one (npm start runs one), or look into its log for why it ended. Kafka keeps messages for as long as its retention says.",
  );
}

/** Of all sources as one: brokers that are away are away for each. */
export function sourceTroubles(situation: Situation): Warning[] {
  const troubles = alive(situation).flatMap((source) => source.troubles);
  return [...Map.groupBy(troubles, ({ code }) => code)].map(([code, same]) => {
    const [first] = same.sort((a, b) => a.sinceMs - b.sinceMs);
    return warning(
      code,
      `Kafka: ${first?.what} since ${clock(first?.sinceMs ?? situation.nowMs)} (${first?.reason}).`,
      "Check the brokers, KAFKA_BROKERS and what the source signs in with. It tries again by itself; messages wait in Kafka.",
    );
  });
}

export function missingTopics(situation: Situation): Warning | undefined {
  const topics = [...new Set(alive(situation).flatMap((source) => source.missingTopics))];
  if (topics.length === 0) return undefined;
  return warning(
    "kafka-topic-missing",
    `Kafka has no topic ${topics.join(", ")}, which KAFKA_TOPICS names.`,
    "Create it, or correct KAFKA_TOPICS. Once it is there, it is read within 10 s.",
  );
}

export function deletedMessages(situation: Situation): Warning | undefined {
  const deleted = alive(situation).reduce((sum, source) => sum + source.deletedMessages, 0);
  if (deleted === 0) return undefined;
  return critical(
    "kafka-messages-deleted",
    `Kafka deleted ${counted(deleted, "message")} before they were read: its retention is shorter than the source was behind.`,
    "The log of the source names the partition and its offsets. Have these events sent again, and raise the topic's retention.ms.",
  );
}

export function sourceLag(situation: Situation): Warning | undefined {
  const late = alive(situation)
    .flatMap((source) => source.topics)
    .filter(({ lagSeconds }) => lagSeconds > OLD_SECONDS);
  const [worst] = late.sort((a, b) => b.lagSeconds - a.lagSeconds);
  if (!worst) return undefined;
  const messages = late.reduce((sum, { lagMessages }) => sum + lagMessages, 0);
  const why =
    worst.pausedFor === "rate-limited"
      ? ` It waits for the rate of ${worst.tenantId}.`
      : worst.pausedFor
        ? " It waits for the backlog."
        : "";
  return warning(
    "kafka-lag",
    `${counted(messages, "message")} wait in Kafka, the oldest one in ${worst.topic} for ${seconds(worst.lagSeconds * 1000)}.${why}`,
    "Start more Kafka sources (up to one a partition), or see what the partitions wait for.",
  );
}

export const nothingLags = (situation: Situation): boolean =>
  alive(situation).every((source) => source.topics.every(({ lagMessages }) => lagMessages === 0));
