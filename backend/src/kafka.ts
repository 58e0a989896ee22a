import { hostname } from "node:os";
import { watchTenants } from "./accounts/tenant-limits.js";
import { createAdmission } from "./admission/admission.js";
import { type Config, loadConfig } from "./config.js";
import { createIngest } from "./ingest/ingest.js";
import { every } from "./lib/every.js";
import { unlessOutage } from "./lib/faults.js";
import { runAsMain } from "./main.js";
import { type ProcessParts, startProcess } from "./process.js";
import { awaitRedis } from "./redis/connect.js";
import { createMessageReader } from "./sources/kafka/message.js";
import { tellGauges, topicViews } from "./sources/kafka/report.js";
import { type KafkaPoint, startKafkaSource } from "./sources/kafka/source.js";
import { tellMetrics } from "./stats/worker-metrics.js";
import { createAppender } from "./stream/appender.js";
import { createRedisClock } from "./stream/clock.js";
import { joinDataSet } from "./stream/data-set.js";
import { createDepth } from "./stream/depth.js";
import { type SourceHeartbeat, startHeartbeat } from "./stream/heartbeat.js";
import { createLimiter } from "./stream/limiter.js";
import { serveHealth } from "./telemetry/health-server.js";
import { createSourceMetrics } from "./telemetry/metrics.js";
import { createRate } from "./telemetry/rate.js";

/** What tests may hang into a source. */
export interface KafkaHooks {
  at?: (point: KafkaPoint | "before-append" | "after-append") => void;
}

/** A command waits for Redis no longer than this; appends have their own deadline. */
const REDIS_TIMEOUT_MS = 2_000;

/** Composes a Kafka source and runs it until `close`. @throws in one sentence when it cannot start; nothing of it is left then */
export async function startKafka(config: Config, hooks: KafkaHooks = {}): Promise<{ port: number; close(): Promise<void> }> {
  const { running, close } = await startProcess("kafka", config, (parts) => composeKafka(config, hooks, parts));
  return { port: running.port, close };
}

async function composeKafka(config: Config, hooks: KafkaHooks, parts: ProcessParts) {
  const { name, log, keep, defer, startedAtMs, registry, traces, faults, keys, connect } = parts;
  const metrics = createSourceMetrics(registry);
  const redis = connect("commands", REDIS_TIMEOUT_MS);
  const appendRedis = connect("append");
  await Promise.all([awaitRedis(redis, config.REDIS_URL), awaitRedis(appendRedis, config.REDIS_URL)]);
  const { partitions } = keep(await joinDataSet(redis, keys, config, log));
  const clock = keep(await createRedisClock(redis, keys));
  const depth = keep(createDepth({ redis, keys, partitions }));
  const appender = keep(
    createAppender({
      redis: appendRedis,
      keys,
      partitions,
      dedupeTtlMs: config.IDEMPOTENCY_TTL_SECONDS * 1000,
      timeoutMs: config.APPEND_TIMEOUT_MS,
      replicaAcks: config.REDIS_REPLICA_ACKS,
      ...hooks,
    }),
  );
  const admission = createAdmission({ depth, limiter: createLimiter(redis), keys, config });
  // Where texts of one identity differ the worker compares what they say: nobody waits here for the answer.
  const ingest = createIngest(appender, async () => {}, {
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxDepth: config.MAX_JSON_DEPTH,
    strategy: config.DEDUPE_STRATEGY,
    partitions,
  });
  const tenantIds = [...new Set([...config.KAFKA_TOPICS.map(({ tenantId }) => tenantId), ...config.KAFKA_HEADER_TENANTS])];
  const tenants = keep(watchTenants(config, tenantIds, { kind: "system", id: "kafka", name: "Kafka source" }));

  const rate = createRate();
  const source = startKafkaSource({
    config,
    name,
    log,
    mostBytes: config.MAX_BUFFERED_BYTES / 2,
    read: createMessageReader({
      ingest,
      topics: config.KAFKA_TOPICS,
      tenantHeader: config.KAFKA_TENANT_HEADER,
      headerTenants: config.KAFKA_HEADER_TENANTS,
      sender: tenants.sender,
      partitions,
      now: clock.now,
    }),
    ingest,
    admission,
    traces,
    count(topic, result, messages) {
      metrics.messages.inc({ topic, result }, messages);
      rate.add(messages);
    },
    ...hooks,
  });
  // By itself only when the start fails: closing begins with it.
  defer(() => source.close());
  keep(every(GAUGES_EVERY_MS, () => tellGauges(source, metrics, clock.now()), { now: true, onError: unlessOutage("source") }));

  const health = keep(
    await serveHealth({
      host: config.HOST,
      port: config.KAFKA_PORT,
      portSetting: "KAFKA_PORT",
      registry,
      check: async () => ({ redis: redis.status === "ready", kafka: source.ready() }),
    }),
  );
  // Only now: one that never got its port was never there.
  keep(
    startHeartbeat<SourceHeartbeat>(redis, keys.sources, () => ({
      name,
      kind: "kafka",
      host: hostname(),
      pid: process.pid,
      startedAtMs,
      atMs: Date.now(),
      rssBytes: process.memoryUsage.rss(),
      faults: faults.seen(),
      ready: source.ready(),
      messagesPerSecond: rate.perSecond(),
      troubles: source.troubles(),
      missingTopics: source.missingTopics(),
      deletedMessages: source.deletedMessages(),
      topics: topicViews(source.lanes(), config.KAFKA_TOPICS, clock.now()),
    })),
  );
  keep(tellMetrics(redis, keys.workerMetrics, name, registry));
  log.info({ port: health.port, partitions }, "listening");
  return { port: health.port, stop: () => source.close() };
}

const GAUGES_EVERY_MS = 1_000;

await runAsMain(import.meta.url, () => startKafka(loadConfig()));
