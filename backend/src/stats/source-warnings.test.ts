import { expect, test } from "vitest";
import type { SourceHeartbeat } from "../stream/heartbeat.js";
import { someDepth, someSituation } from "./testing.js";
import { createWarnings } from "./warnings.js";

const topic = { topic: "orders", tenantId: "a", partitions: 1, lagMessages: 0, lagSeconds: 0, paused: 0, pausedFor: null };

function source(parts: Partial<SourceHeartbeat> & { alive?: boolean } = {}) {
  return {
    name: "k",
    kind: "kafka" as const,
    host: "h",
    pid: 1,
    startedAtMs: 0,
    atMs: 0,
    rssBytes: 1,
    faults: null,
    ready: true,
    messagesPerSecond: 0,
    troubles: [],
    missingTopics: [],
    deletedMessages: 0,
    topics: [topic],
    alive: true,
    ...parts,
  };
}
const limits = { ...someSituation().limits, kafka: true };
const codes = (...sources: ReturnType<typeof source>[]) => createWarnings()(someSituation({ limits, sources })).map(({ code }) => code);

test("a source that reads warns of nothing; where none should read nothing is missed", () => {
  expect(codes(source())).toEqual([]);
  expect(createWarnings()(someSituation())).toEqual([]);
});

test("no source is told, yet not while Redis, which would name it, is away", () => {
  expect(codes()).toEqual(["no-kafka-source"]);
  expect(codes(source({ alive: false }))).toEqual(["no-kafka-source", "source-silent"]);
  const away = createWarnings()(someSituation({ limits, depth: someDepth({ redisOk: false }) }));
  expect(away.map(({ code }) => code)).toEqual(["redis-away"]);
});

test("brokers that are away are one warning for all sources, with since when and why", () => {
  const trouble = { code: "kafka-away", what: "messages cannot be fetched", reason: "connect ECONNREFUSED", sinceMs: 60_000 };
  const both = [source({ troubles: [{ ...trouble, sinceMs: 90_000 }] }), source({ name: "l", troubles: [trouble] })];
  const [warning, ...others] = createWarnings()(someSituation({ limits, sources: both }));
  expect(others).toEqual([]);
  expect(warning?.message).toBe("Kafka: messages cannot be fetched since 1970-01-01 00:01:00 UTC (connect ECONNREFUSED).");
});

test("topics that do not exist, messages that Kafka deleted, and a lag of more than a minute are told", () => {
  expect(codes(source({ missingTopics: ["later"] }))).toEqual(["kafka-topic-missing"]);
  expect(codes(source({ deletedMessages: 7 }))).toEqual(["kafka-messages-deleted"]);
  expect(codes(source({ topics: [{ ...topic, lagMessages: 5, lagSeconds: 61 }] }))).toEqual(["kafka-lag"]);
});
