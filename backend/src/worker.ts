import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type Config, loadConfig } from "./config.js";
import { createLetterStore } from "./dead-letters/letters.js";
import type { ErasurePoint } from "./erasure/kind.js";
import { createTypeChecker } from "./event-types/checker.js";
import { createJudge } from "./event-types/judge.js";
import { createTypeRegistry } from "./event-types/registry.js";
import type { ExportPoint } from "./export/run-export.js";
import { unlessOutage } from "./lib/faults.js";
import { runAsMain } from "./main.js";
import { type ProcessParts, startProcess } from "./process.js";
import { awaitRedis } from "./redis/connect.js";
import type { ReplayPoint } from "./replay/replay-letters.js";
import type { RetentionPoint } from "./retention/kind.js";
import { tellMetrics } from "./stats/worker-metrics.js";
import { type Contents, readContents } from "./store/contents.js";
import { createErasureWatch } from "./store/erasure-watch.js";
import { createEventStore } from "./store/events.js";
import { connectStore, ensureIndexes, expectPrimary } from "./store/mongo.js";
import { createConsumer } from "./stream/consumer.js";
import { joinDataSet } from "./stream/data-set.js";
import { tellDecisions } from "./stream/decisions.js";
import { startHeartbeat, type WorkerHeartbeat } from "./stream/heartbeat.js";
import { serveHealth } from "./telemetry/health-server.js";
import { createExportMetrics, createWorkerMetrics } from "./telemetry/metrics.js";
import { createLatencyWindow } from "./telemetry/window.js";
import type { WorkEvent } from "./worker/batch.js";
import { createBreaker } from "./worker/breaker.js";
import { startJobLane } from "./worker/job-lane.js";
import { createLag } from "./worker/lag.js";
import { createSlots, runLoop } from "./worker/loop.js";
import { createPipelines, type WorkerPoint } from "./worker/pipeline.js";
import { checkTypes } from "./worker/steps/check-type.js";
import { createTally } from "./worker/tally.js";

/** What tests may hang into a worker. */
export interface WorkerHooks {
  touch?: (event: WorkEvent) => void;
  at?: (point: WorkerPoint | ReplayPoint | ExportPoint | RetentionPoint | ErasurePoint) => void;
}

/** Composes a worker and runs it until `close`. @throws in one sentence when it cannot start; nothing of it is left then */
export async function startWorker(config: Config, hooks: WorkerHooks = {}): Promise<{ port: number; close(): Promise<void> }> {
  const { running, close } = await startProcess("worker", config, (parts) => composeWorker(config, hooks, parts));
  return { port: running.port, close };
}

async function composeWorker(config: Config, hooks: WorkerHooks, parts: ProcessParts) {
  const { name, log, keep, defer, startedAtMs, registry, traces, faults, keys, connect, connectTo } = parts;
  const metrics = createWorkerMetrics(registry, traces.on);
  const latency = createLatencyWindow();
  const redis = connect("commands");
  await awaitRedis(redis, config.REDIS_URL);
  const dataSet = keep(await joinDataSet(redis, keys, config, log));
  const { partitions } = dataSet;

  const store = keep(await connectStore(config, name));
  await ensureIndexes(store, { attemptsDays: config.ATTEMPTS_RETENTION_DAYS, ledgerDays: config.LEDGER_RETENTION_DAYS });
  const breaker = createBreaker({
    failures: config.CIRCUIT_FAILURES,
    successes: config.CIRCUIT_SUCCESSES,
    openMs: config.CIRCUIT_OPEN_MS,
    probe: () => expectPrimary(store.db),
    onChange(state) {
      metrics.circuit(state);
      log.warn({ state }, "circuit");
    },
  });
  let stopping = false;
  const events = createEventStore(store, config.MAX_EVENT_HOURS_PER_TENANT);
  const erasures = keep(await createErasureWatch({ db: store.db, onError: unlessOutage("jobs") }));
  const contents: Contents = (wanted) => readContents(store, wanted, config.MONGO_TIMEOUT_MS);
  const types = keep(createTypeRegistry({ redis, keys, onError: unlessOutage("event-types") }));
  const judge = keep(createJudge());
  const checker = createTypeChecker({ registry: types, policy: config.UNKNOWN_TYPE_POLICY, judge, inline: true });
  const slots = createSlots(config.WORKER_BULKS_IN_FLIGHT);
  const pipelines = createPipelines({
    events,
    contents,
    store,
    erasures,
    letters: createLetterStore(store),
    checkTypes: checkTypes(checker, slots.anyFree),
    shapes: checker,
    tell: (api, decided) => tellDecisions(redis, keys, api, decided),
    worker: name,
    maxAttempts: config.MAX_RETRY_ATTEMPTS,
    delays: { baseMs: config.RETRY_BASE_MS, maxMs: config.RETRY_MAX_MS },
    isStopping: () => stopping,
    traces,
    ...hooks,
  });
  const lag = createLag();
  const tally = createTally({ metrics, latency, lag });

  const working: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    stopping = true;
    const stopped = Promise.all(working.map((one) => one.stop()));
    // What waits for MongoDB waits no longer.
    breaker.release();
    await Promise.race([stopped, sleep(config.SHUTDOWN_TIMEOUT_MS, undefined, { ref: false })]);
  };
  // By itself only when the start fails: closing begins with it, and takes as long as what is in hand.
  defer(stop);
  const blockings = Array.from({ length: partitions }, (_, p) => connectTo(keys.partition(p).stream, `read:${p}`, redis));
  await Promise.all(blockings.map((connection) => awaitRedis(connection, config.REDIS_URL)));
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
  working.push(...loops);

  const jobs = startJobLane({
    redis,
    keys,
    config,
    store,
    events,
    contents,
    erasures,
    worker: name,
    circuit: breaker,
    live: { busy: slots.anyTaken, lagMs: lag.lagMs },
    partitions,
    types,
    checkTypes: checkTypes(checker),
    shapes: checker,
    exported: createExportMetrics(registry),
    onErased: (erased) => metrics.erased.inc(erased),
    onExpired: (expired) => metrics.expired.inc(expired),
    onRetentionEnd: (run) => log.info(run, run.dryRun ? "retention: what would go" : "retention: what went"),
    onError: (message, error) => log.warn({ job: jobs.current(), err: error.message }, message),
    traces,
    ...hooks,
  });
  working.push(jobs);

  const health = keep(
    await serveHealth({
      host: config.HOST,
      port: config.WORKER_PORT,
      registry,
      check: async () => ({ redis: redis.status === "ready", mongodb: breaker.state() !== "open" }),
    }),
  );
  // Only now: one that never got its port was never there.
  keep(
    startHeartbeat<WorkerHeartbeat>(redis, keys.workers, () => ({
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
    })),
  );
  keep(tellMetrics(redis, keys.workerMetrics, name, registry));
  log.info({ port: health.port, partitions }, "listening");
  return { port: health.port, stop };
}

await runAsMain(import.meta.url, () => startWorker(loadConfig()));
