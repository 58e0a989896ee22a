import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type Config, loadConfig } from "./config.js";
import { createLetterStore } from "./dead-letters/letters.js";
import { createTypeChecker } from "./event-types/checker.js";
import { createJudge } from "./event-types/judge.js";
import { createTypeRegistry } from "./event-types/registry.js";
import { unlessOutage } from "./lib/faults.js";
import { runAsMain } from "./main.js";
import type { ReplayPoint } from "./replay/replay-letters.js";
import { tellMetrics } from "./stats/worker-metrics.js";
import { type Contents, readContents } from "./store/contents.js";
import { createEventStore } from "./store/events.js";
import { connectStore, ensureIndexes } from "./store/mongo.js";
import { createConsumer } from "./stream/consumer.js";
import { joinDataSet } from "./stream/data-set.js";
import { startHeartbeat, type WorkerHeartbeat } from "./stream/heartbeat.js";
import { redisKeys } from "./stream/keys.js";
import { awaitRedis, connectRedis } from "./stream/redis.js";
import { watchFaults } from "./telemetry/faults.js";
import { serveHealth } from "./telemetry/health-server.js";
import { createLog } from "./telemetry/log.js";
import { createRegistry, createWorkerMetrics } from "./telemetry/metrics.js";
import { createLatencyWindow } from "./telemetry/window.js";
import type { WorkEvent } from "./worker/batch.js";
import { createBreaker } from "./worker/breaker.js";
import { createLag } from "./worker/lag.js";
import { createSlots, runLoop } from "./worker/loop.js";
import { createPipelines, type WorkerPoint } from "./worker/pipeline.js";
import { startReplayLane } from "./worker/replay-lane.js";
import { checkTypes } from "./worker/steps/check-type.js";
import { createTally } from "./worker/tally.js";

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
  const faults = watchFaults(registry, log);
  const latency = createLatencyWindow();
  const onRedisError = (error: Error): void => log.warn({ err: error.message }, "redis connection");

  const redis = connectRedis(config.REDIS_URL, `${name}:commands`, onRedisError);
  await awaitRedis(redis);
  const keys = redisKeys(config.REDIS_KEY_PREFIX);
  const dataSet = await joinDataSet(redis, keys, config, log);
  const { partitions } = dataSet;

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
  const events = createEventStore(store, config.MAX_EVENT_HOURS_PER_TENANT);
  const contents: Contents = (wanted) => readContents(store, wanted, config.MONGO_TIMEOUT_MS);
  const types = createTypeRegistry({ redis, keys, onError: unlessOutage("event-types") });
  const judge = createJudge();
  const checker = createTypeChecker({ registry: types, policy: config.UNKNOWN_TYPE_POLICY, judge, inline: true });
  const slots = createSlots(config.WORKER_BULKS_IN_FLIGHT);
  const pipelines = createPipelines({
    events,
    contents,
    letters: createLetterStore(store),
    checkTypes: checkTypes(checker, slots.anyFree),
    worker: name,
    maxAttempts: config.MAX_RETRY_ATTEMPTS,
    delays: { baseMs: config.RETRY_BASE_MS, maxMs: config.RETRY_MAX_MS },
    isStopping: () => stopping,
    ...hooks,
  });
  const lag = createLag();
  const tally = createTally({ metrics, latency, lag });

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
      onSettled: tally.onSettled,
    }),
  );

  const replays = startReplayLane({
    redis,
    key: keys.replays,
    databaseUrl: config.DATABASE_URL,
    abandonedMs: config.CLAIM_IDLE_MS,
    store,
    events,
    contents,
    worker: name,
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxDepth: config.MAX_JSON_DEPTH,
    circuit: breaker,
    live: { busy: slots.anyTaken, lagMs: lag.lagMs },
    checkTypes: checkTypes(checker),
    onError: (message, error) => log.warn({ replay: replays.current(), err: error.message }, message),
    ...hooks,
  });

  const heartbeat = startHeartbeat<WorkerHeartbeat>(redis, keys.workers, () => ({
    name,
    host: hostname(),
    pid: process.pid,
    startedAtMs,
    atMs: Date.now(),
    storedPerSecond: tally.storedPerSecond(),
    inHand: loops.reduce((sum, loop) => sum + loop.inHand(), 0),
    circuit: breaker.state(),
    rssBytes: process.memoryUsage.rss(),
    faults: faults.seen(),
    storeP50: latency.quantile(0.5),
    storeP99: latency.quantile(0.99),
  }));
  const told = tellMetrics(redis, keys.workerMetrics, name, registry);
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
      dataSet.close();
      types.close();
      await judge.close();
      await health.close();
      await Promise.all([heartbeat.close(), told.close()]);
      await store.close();
      for (const connection of [...blockings, redis]) connection.disconnect();
      faults.close();
      log.info("stopped");
    },
  };
}

await runAsMain(import.meta.url, () => startWorker(loadConfig()));
