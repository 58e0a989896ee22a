import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type Config, loadConfig } from "./config.js";
import { createLetterStore } from "./dead-letters/letters.js";
import { createTypeChecker } from "./event-types/checker.js";
import { createTypeRegistry } from "./event-types/registry.js";
import { runAsMain } from "./main.js";
import type { ReplayPoint } from "./replay/replay-letters.js";
import { createEventStore } from "./store/events.js";
import { connectStore, ensureIndexes } from "./store/mongo.js";
import { createConsumer } from "./stream/consumer.js";
import { startHeartbeat, type WorkerHeartbeat } from "./stream/heartbeat.js";
import { redisKeys } from "./stream/keys.js";
import { agreeEpoch, agreePartitions, awaitRedis, connectRedis, keepPartitions, unsafeRedisSettings } from "./stream/redis.js";
import { serveHealth } from "./telemetry/health-server.js";
import { createLog } from "./telemetry/log.js";
import { createRegistry, createWorkerMetrics } from "./telemetry/metrics.js";
import { createLatencyWindow } from "./telemetry/window.js";
import type { Batch, WorkEvent } from "./worker/batch.js";
import { createBreaker } from "./worker/breaker.js";
import { createLag } from "./worker/lag.js";
import { createSlots, runLoop } from "./worker/loop.js";
import { createPipelines, type WorkerPoint } from "./worker/pipeline.js";
import { startReplayLane } from "./worker/replay-lane.js";
import { checkTypes } from "./worker/steps/check-type.js";

/** What tests may hang into a worker. */
export interface WorkerHooks {
  touch?: (event: WorkEvent) => void;
  at?: (point: WorkerPoint | ReplayPoint) => void;
}

/** Composes a worker and runs it until `close`. */
export async function startWorker(config: Config, hooks: WorkerHooks = {}): Promise<{ port: number; close(): Promise<void> }> {
  // Unique per process start: a consumer's pending entries are never confused with those of the one before it.
  const name = `${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`;
  const startedAtMs = Date.now();
  const log = createLog(config, "worker", name);
  const registry = createRegistry();
  const metrics = createWorkerMetrics(registry);
  const latency = createLatencyWindow();
  const onRedisError = (error: Error): void => log.warn({ err: error.message }, "redis connection");

  const redis = connectRedis(config.REDIS_URL, `${name}:commands`, onRedisError);
  await awaitRedis(redis);
  const keys = redisKeys(config.REDIS_KEY_PREFIX);
  const unsafe = await unsafeRedisSettings(redis);
  if (unsafe.length > 0 && !config.ALLOW_UNSAFE) throw new Error(`${unsafe.join("\n")}\nSet ALLOW_UNSAFE=true to start nevertheless.`);
  const { partitions, differs } = await agreePartitions(redis, keys, config);
  if (differs) log.warn({ partitions, configured: config.PARTITIONS }, "PARTITIONS differs from Redis's number, which counts");
  await agreeEpoch(redis, keys);
  const kept = keepPartitions(redis, keys, partitions, (found) =>
    log.error({ partitions, found }, "Redis names another number of partitions than this process works with: start it again"),
  );

  const store = await connectStore(config, name);
  await ensureIndexes(store, { attemptsDays: config.ATTEMPTS_RETENTION_DAYS });
  const breaker = createBreaker({
    failures: config.CIRCUIT_FAILURES,
    successes: config.CIRCUIT_SUCCESSES,
    openMs: config.CIRCUIT_OPEN_MS,
    onChange(state) {
      metrics.circuit(state);
      log.warn({ state }, "circuit");
    },
  });
  let stopping = false;
  const events = createEventStore(store);
  const types = createTypeRegistry({ redis, keys, onError: (error) => log.warn({ err: error.message }, "event types") });
  const checking = checkTypes(createTypeChecker({ registry: types, policy: config.UNKNOWN_TYPE_POLICY }));
  const pipelines = createPipelines({
    events,
    letters: createLetterStore(store),
    checkTypes: checking,
    worker: name,
    maxAttempts: config.MAX_RETRY_ATTEMPTS,
    delays: { baseMs: config.RETRY_BASE_MS, maxMs: config.RETRY_MAX_MS },
    isStopping: () => stopping,
    ...hooks,
  });
  const slots = createSlots(config.WORKER_BULKS_IN_FLIGHT);
  const lag = createLag();
  let storedInSecond = 0;
  const onSettled = (batch: Batch): void => {
    const now = Date.now();
    const counts = { stored: 0, duplicate: 0, dead: 0 };
    for (const { outcome, record } of batch.events) {
      if (outcome?.kind === "again") metrics.retries.inc();
      else if (outcome) counts[outcome.kind]++;
      if (outcome?.kind === "stored") latency.record(now - record.receivedAtMs);
      if (outcome?.kind === "dead") metrics.died(outcome.reason);
    }
    for (const kind of ["stored", "duplicate", "dead"] as const) if (counts[kind] > 0) metrics.settled(kind, counts[kind]);
    storedInSecond += counts.stored;
    lag.note(batch);
    metrics.wrote((now - batch.startedAtMs) / 1000);
  };

  const blockings = Array.from({ length: partitions }, (_, p) => connectRedis(config.REDIS_URL, `${name}:read:${p}`, onRedisError));
  await Promise.all(blockings.map((connection) => awaitRedis(connection)));
  const loops = blockings.map((blocking, p) =>
    runLoop({
      consumer: createConsumer({
        redis,
        blocking,
        keys: keys.partition(p),
        partition: p,
        name,
        onUnreadable: (entryId, error) =>
          log.error({ partition: p, entryId, err: error.message }, "entry cannot be read; it stays in the stream"),
      }),
      pipelines,
      breaker,
      slots,
      bulkEvents: config.WORKER_BULK_EVENTS,
      bulkBytes: config.WORKER_BULK_BYTES,
      shortReadPauseMs: config.WORKER_SHORT_READ_PAUSE_MS,
      claimIdleMs: config.CLAIM_IDLE_MS,
      onError: (message, error) => log.warn({ partition: p, err: error.message }, message),
      onSettled,
    }),
  );

  const replays = startReplayLane({
    redis,
    key: keys.replays,
    databaseUrl: config.DATABASE_URL,
    abandonedMs: config.CLAIM_IDLE_MS,
    store,
    events,
    worker: name,
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxDepth: config.MAX_JSON_DEPTH,
    circuit: breaker,
    live: { busy: slots.anyTaken, lagMs: lag.lagMs },
    checkTypes: checking,
    onError: (message, error) => log.warn({ replay: replays.current(), err: error.message }, message),
    ...hooks,
  });

  const rate = perSecond(() => {
    const stored = storedInSecond;
    storedInSecond = 0;
    return stored;
  });
  const heartbeat = startHeartbeat<WorkerHeartbeat>(redis, keys.workers, () => ({
    name,
    host: hostname(),
    pid: process.pid,
    startedAtMs,
    atMs: Date.now(),
    storedPerSecond: rate(),
    inHand: loops.reduce((sum, loop) => sum + loop.inHand(), 0),
    circuit: breaker.state(),
    rssBytes: process.memoryUsage.rss(),
    storeP50: latency.quantile(0.5),
    storeP99: latency.quantile(0.99),
  }));
  const health = await serveHealth({
    host: config.HOST,
    port: config.WORKER_PORT,
    registry,
    check: async () => ({ redis: redis.status === "ready", mongodb: breaker.state() !== "open" }),
  });
  log.info({ port: health.port, partitions }, "listening");

  return {
    port: health.port,
    async close() {
      stopping = true;
      const stopped = Promise.all([replays.stop(), ...loops.map((loop) => loop.stop())]);
      breaker.release();
      await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, config.SHUTDOWN_TIMEOUT_MS).unref())]);
      kept.close();
      types.close();
      await health.close();
      await heartbeat.close();
      await store.close();
      for (const connection of [...blockings, redis]) connection.disconnect();
      log.info("stopped");
    },
  };
}

/** The value of `take` divided by the seconds since it was last taken. */
function perSecond(take: () => number): () => number {
  let lastMs = Date.now();
  let last = 0;
  return () => {
    const now = Date.now();
    if (now - lastMs >= 500) {
      last = Math.round((take() * 1000) / (now - lastMs));
      lastMs = now;
    }
    return last;
  };
}

await runAsMain(import.meta.url, () => startWorker(loadConfig()));
