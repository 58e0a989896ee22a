import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createAuthenticator } from "./accounts/authenticator.js";
import { createCredentials } from "./accounts/credentials.js";
import { createPrisma, type PrismaClient } from "./accounts/database.js";
import { createFailedTryLog } from "./accounts/failed-tries.js";
import { createKeyService } from "./accounts/keys.js";
import { createSessionStore } from "./accounts/session-store.js";
import { createSessions } from "./accounts/sessions.js";
import { createSettingsService } from "./accounts/settings.js";
import { createTenantService } from "./accounts/tenants.js";
import { createThrottle } from "./accounts/throttle.js";
import { createUserService } from "./accounts/users.js";
import { createAdmission } from "./admission/admission.js";
import { type Config, loadConfig } from "./config.js";
import { createDecisionReader } from "./dead-letters/decisions.js";
import { createLetterStore } from "./dead-letters/letters.js";
import { createLetterQueries } from "./dead-letters/queries.js";
import { createErasures } from "./erasure/erasures.js";
import { createTypeChecker } from "./event-types/checker.js";
import { createJudge } from "./event-types/judge.js";
import { createTypePublisher } from "./event-types/publisher.js";
import { createTypeRegistry } from "./event-types/registry.js";
import { createTypeSamples } from "./event-types/sample.js";
import { createEventTypeService } from "./event-types/service.js";
import { createExports } from "./export/exports.js";
import { startExportSchedule } from "./export/schedule.js";
import { createAuth } from "./http/auth.js";
import { createBodyReader } from "./http/body.js";
import { readBuild } from "./http/build.js";
import { serveDashboard } from "./http/dashboard.js";
import { createEventViews } from "./http/event-views.js";
import { createFairReads } from "./http/fair-reads.js";
import { readFirstEvents } from "./http/first-events.js";
import { createGuesses } from "./http/guesses.js";
import { serveH2c } from "./http/h2c.js";
import { problem } from "./http/problems.js";
import { createRateLimits, limitAdministration } from "./http/rate-limits.js";
import { auditRoutes } from "./http/routes/audit.js";
import { deadLetterRoutes } from "./http/routes/dead-letters.js";
import { discardRoutes } from "./http/routes/discard.js";
import { describeRoutes, docsRoutes } from "./http/routes/docs.js";
import { erasureRoutes } from "./http/routes/erasures.js";
import { eventTypeRoutes } from "./http/routes/event-types.js";
import { eventRoutes, STREAM_PATH } from "./http/routes/events.js";
import { exportRoutes } from "./http/routes/exports.js";
import { healthRoutes } from "./http/routes/health.js";
import { jobRoutes } from "./http/routes/jobs.js";
import { keyRoutes } from "./http/routes/keys.js";
import { ledgerRoutes } from "./http/routes/ledger.js";
import { ledgerAlarmRoutes } from "./http/routes/ledger-alarms.js";
import { meRoutes } from "./http/routes/me.js";
import { problemRoutes } from "./http/routes/problems.js";
import { readingRoutes } from "./http/routes/reading.js";
import { replayRoutes } from "./http/routes/replay.js";
import { retentionRoutes } from "./http/routes/retention.js";
import { retryRoutes } from "./http/routes/retries.js";
import { sessionRoutes } from "./http/routes/session.js";
import { statsRoutes } from "./http/routes/stats.js";
import { tenantRoutes } from "./http/routes/tenants.js";
import { userRoutes } from "./http/routes/users.js";
import type { RouteRule } from "./http/rules.js";
import { createServer, type Server, withSecurityHeaders } from "./http/server.js";
import { oddPayloadOfText } from "./ingest/content-texts.js";
import { createForesee } from "./ingest/foresee.js";
import { createIngest } from "./ingest/ingest.js";
import { createSecondLook } from "./ingest/second-look.js";
import { createWaits } from "./ingest/waits.js";
import { createJobAnnouncer } from "./jobs/announce.js";
import { createJobs } from "./jobs/jobs.js";
import { scheduleJobs } from "./jobs/schedule.js";
import { createLedgerKeeper } from "./ledger/keeper.js";
import { unlessOutage } from "./lib/faults.js";
import { runAsMain } from "./main.js";
import { type ProcessParts, startProcess } from "./process.js";
import { awaitRedis, redactUrl } from "./redis/connect.js";
import { createReplays } from "./replay/replays.js";
import { retentionJob } from "./retention/runs.js";
import { createDependencyChecks } from "./stats/dependencies.js";
import { registerStatsGauges } from "./stats/gauges.js";
import { createHistory } from "./stats/history.js";
import { registerJobsGauge } from "./stats/jobs-gauge.js";
import { createMinutes } from "./stats/minutes.js";
import { startSampler } from "./stats/sampler.js";
import { readMetrics } from "./stats/worker-metrics.js";
import { createErasureWatch } from "./store/erasure-watch.js";
import { createUserDigest } from "./store/erasures.js";
import { mostHours } from "./store/event-hours.js";
import { createEventQueries } from "./store/event-queries.js";
import { storedHashes } from "./store/events.js";
import { connectStore } from "./store/mongo.js";
import { createAcceptedRecords } from "./stream/accepted-records.js";
import { type Appender, createAppender } from "./stream/appender.js";
import { createRedisClock } from "./stream/clock.js";
import { joinDataSet } from "./stream/data-set.js";
import { hearDecisions } from "./stream/decisions.js";
import { createDepth } from "./stream/depth.js";
import { type ApiHeartbeat, startHeartbeat } from "./stream/heartbeat.js";
import { createLimiter } from "./stream/limiter.js";
import { createLookup } from "./stream/lookup.js";
import { createPlaces } from "./stream/places.js";
import { createRetries } from "./stream/retries.js";
import { createIngestMetrics, createSignInMetrics, registerWaitGauges } from "./telemetry/metrics.js";
import { createLatencyWindow } from "./telemetry/window.js";

/** What tests may hang into an API process. */
export interface ApiHooks {
  at?: (point: "received" | "before-append" | "after-append" | "before-answer") => void;
}

/** How long requests are answered 503 `shutting-down` before connections are closed. */
const SHUTDOWN_NOTICE_MS = 1_000;

/** A request waits for Redis no longer than this at a time. */
const REDIS_TIMEOUT_MS = 2_000;

/** Where Vite puts the dashboard; the same from `src` and from `dist`. */
const DASHBOARD = fileURLToPath(new URL("../../frontend/dist/", import.meta.url));

export interface RunningApi {
  port: number;
  /** Who may call what. */
  routes: readonly RouteRule[];
  close(): Promise<void>;
}

/** Composes an API process and runs it until `close`. @throws in one sentence when it cannot start; nothing of it is left then */
export async function startApi(config: Config, hooks: ApiHooks = {}): Promise<RunningApi> {
  const { running, close } = await startProcess("api", config, (parts) => composeApi(config, hooks, parts));
  return { port: running.port, routes: running.routes, close };
}

async function composeApi(config: Config, hooks: ApiHooks, parts: ProcessParts) {
  const { name, log, keep, defer, startedAtMs, registry, traces, faults, keys, connect, connectTo } = parts;
  const latency = createLatencyWindow();

  // Appends have a connection of their own: nothing slow stands in their way, and cutting it harms nobody else.
  const redis = connect("commands", REDIS_TIMEOUT_MS);
  const appendRedis = connect("append");
  await Promise.all([awaitRedis(redis, config.REDIS_URL), awaitRedis(appendRedis, config.REDIS_URL)]);
  const dataSet = keep(await joinDataSet(redis, keys, config, log));
  const { partitions } = dataSet;
  const clock = keep(await createRedisClock(redis, keys));
  const store = keep(await connectStore(config, name));
  if (store.knownHole) log.warn(store.knownHole);
  const prisma = createPrisma(config.DATABASE_URL);
  defer(() => prisma.$disconnect());
  await askPostgres(prisma, config.DATABASE_URL);

  const authenticator = keep(
    createAuthenticator({ prisma, redis, subscriber: () => connectTo(keys.invalidation, "invalidation", redis), keys, config, log }),
  );
  const sessionStore = createSessionStore({ redis, keys, config });
  const throttle = createThrottle(redis, keys);
  const failedTries = keep(createFailedTryLog({ prisma, log, count: createSignInMetrics(registry) }));
  const credentials = createCredentials({ prisma, throttle, failed: failedTries });
  const sessions = createSessions({ prisma, store: sessionStore, credentials, config });
  const users = createUserService({ prisma, store: sessionStore, credentials });
  const auth = createAuth({ authenticator, sessions, guesses: createGuesses({ throttle, failed: failedTries }), config });
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
  const secondLook = createSecondLook({
    ...readFirstEvents(store, createAcceptedRecords({ redis, keys })),
    onError: (error) => log.warn({ err: error.message }, "a first event cannot be read, and counts as another one"),
  });
  const erasures = keep(await createErasureWatch({ db: store.db, onError: unlessOutage("jobs") }));
  const ingest = createIngest(appender, secondLook, {
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxDepth: config.MAX_JSON_DEPTH,
    strategy: config.DEDUPE_STRATEGY,
    partitions,
    isBlocked: erasures.isBlocked,
  });
  const bodies = keep(createBodyReader(config));
  const metrics = createIngestMetrics(registry, () => bodies.bufferedBytes() / config.MAX_BUFFERED_BYTES, traces.on);
  const waits = createWaits({
    name,
    look: createDecisionReader(store, createLetterStore(store)),
    maxEvents: config.MAX_WAITING_EVENTS,
    onRefused: () => metrics.waited("refused"),
  });
  registerWaitGauges(registry, waits.waiting);
  keep(
    hearDecisions({
      subscriber: connectTo(keys.decisions(name), "decisions", redis),
      keys,
      name,
      onDecided: waits.decide,
      onGap: waits.lookForAll,
    }),
  );
  const lookup = createLookup({ redis, keys });
  const depth = keep(createDepth({ redis, keys, partitions }));
  const letters = createLetterQueries(store);
  const keeper = keep(
    createLedgerKeeper({
      redis,
      keys,
      partitions,
      db: store.db,
      name,
      retentionDays: config.LEDGER_RETENTION_DAYS,
      now: clock.now,
      ownAccepted: metrics.acceptedSoFar,
      log,
    }),
  );
  const { ledger } = keeper;
  await keeper.begin();
  const onTypesError = unlessOutage("event-types");
  const typePublisher = keep(createTypePublisher({ prisma, redis, keys, onError: onTypesError }));
  const types = keep(createTypeRegistry({ redis, keys, onError: onTypesError }));
  const judge = keep(createJudge());
  const checker = createTypeChecker({ registry: types, policy: config.UNKNOWN_TYPE_POLICY, judge, inline: false });
  const jobs = createJobs({ prisma, announcer: keep(createJobAnnouncer({ prisma, redis, key: keys.jobs })), config });
  keep(
    scheduleJobs(jobs, {
      cron: config.RETENTION_CRON,
      setting: "RETENTION_CRON",
      job: () => retentionJob({}),
      onMade: (jobId) => log.info({ job: jobId }, "retention begins"),
    }),
  );
  const history = createHistory({ redis, keys, minutes: createMinutes(store.db) });
  const checks = createDependencyChecks({ redis, db: store.db, postgres: () => prisma.$queryRaw`SELECT 1` });
  const limits = {
    maxBacklogEvents: config.MAX_BACKLOG_EVENTS,
    memoryRatio: config.REDIS_MEMORY_LIMIT_RATIO,
    partitionsSet: config.PARTITIONS,
    partitions,
    hoursPerTenant: config.MAX_EVENT_HOURS_PER_TENANT,
    kafka: config.KAFKA_BROKERS.length > 0,
    unsafe: [...dataSet.unsafe, ...store.unsafe],
  };
  const sampler = keep(
    await startSampler({
      redis,
      keys,
      depth,
      ledger,
      letters,
      checks,
      history,
      hours: { most: () => mostHours(store) },
      limits,
    }),
  );
  registerStatsGauges(registry, sampler.current, sampler.mostHours);
  registerJobsGauge(registry, jobs.counts);
  keep(startExportSchedule({ prisma, store, jobs, config }));

  const admission = createAdmission({ depth, limiter: createLimiter(redis), keys, config });

  const app = await createServer({ config, log, onProblem: (code) => metrics.rejected.inc({ code }), bodies });
  // Closed by `stop`, in time for requests in hand; here only when the start fails.
  defer(() => app.close());
  auth.install(app);
  const rateLimits = createRateLimits(admission);
  const reads = createFairReads(registry);
  const views = keep(createEventViews());
  const build = readBuild(config.GIT_COMMIT);
  await app.register(describeRoutes(build.version));
  await app.register(
    eventRoutes({
      auth,
      ingest,
      waits,
      bodies,
      limits: rateLimits,
      admission,
      now: clock.now,
      foresee: createForesee({ remembered: lookup.find, storedHashes: (ids) => storedHashes(store, ids), secondLook, types: checker }),
      config,
      metrics,
      latency,
      traces,
      ...(hooks.at ? { at: hooks.at } : {}),
    }),
  );
  await app.register(
    healthRoutes({
      checks,
      refusal: admission.refusal,
      registry,
      workersMetrics: () => readMetrics(redis, keys.workerMetrics),
      startedAtMs,
      build,
    }),
  );
  await withSecurityHeaders(app, config, async (scope) => {
    // First: a browser that goes to /events wants the page of that name.
    await serveDashboard(scope, DASHBOARD);
    await scope.register(
      readingRoutes({ auth, limits: rateLimits, reads, events: createEventQueries(store), views, letters, lookup, partitions }),
    );
    await scope.register(async (admin) => {
      await limitAdministration(admin, redis, keys, config);
      await admin.register(deadLetterRoutes({ auth, letters, reads }));
      await admin.register(discardRoutes({ auth, db: prisma, store, letters, reads }));
      await admin.register(retryRoutes({ auth, letters, retries: createRetries({ redis, keys, partitions }) }));
      await admin.register(auditRoutes({ auth, db: prisma, reads }));
      await admin.register(jobRoutes({ auth, reads, jobs }));
      const places = createPlaces({ redis, keys, partitions });
      const digestOf = await createUserDigest(store.db);
      await admin.register(erasureRoutes({ auth, erasures: createErasures({ jobs, prisma, store, places, digestOf }) }));
      await admin.register(exportRoutes({ auth, exports: createExports({ jobs, config }) }));
      await admin.register(retentionRoutes({ auth, jobs }));
      await admin.register(replayRoutes({ auth, reads, replays: createReplays({ jobs, prisma, store, config }) }));
      await admin.register(ledgerRoutes({ auth, ledger, letters }));
      await admin.register(ledgerAlarmRoutes({ auth, db: prisma, ...keeper }));
      await admin.register(statsRoutes({ auth, sampler, history }));
      await admin.register(keyRoutes({ auth, keyService: createKeyService({ prisma, announcer: authenticator, config }) }));
      await admin.register(tenantRoutes({ auth, tenantService: createTenantService({ prisma, announcer: authenticator, config }) }));
      const eventTypes = createEventTypeService({
        prisma,
        publisher: typePublisher,
        judge,
        samples: createTypeSamples({ store, checker, oddPayload: oddPayloadOfText }),
        config,
      });
      await admin.register(eventTypeRoutes({ auth, eventTypes, reads }));
      await admin.register(sessionRoutes({ sessions, config }));
      await admin.register(meRoutes({ auth, users, sessions, settings: createSettingsService(prisma), config }));
      await admin.register(userRoutes({ auth, users, sessions }));
    });
    await scope.register(docsRoutes());
    await scope.register(problemRoutes());
  });

  await listen(app, config);
  if (config.H2C_PORT > 0) keep(await serveH2c(app.server, { host: config.HOST, port: config.H2C_PORT, path: STREAM_PATH }));
  // Only now: one that never got its port was never there.
  keep(
    startHeartbeat<ApiHeartbeat>(redis, keys.apis, () => ({
      name,
      host: hostname(),
      pid: process.pid,
      startedAtMs,
      atMs: Date.now(),
      rssBytes: process.memoryUsage.rss(),
      faults: faults.seen(),
      acceptP50: latency.quantile(0.5),
      acceptP99: latency.quantile(0.99),
      failedTries: failedTries.current(),
    })),
  );
  const { port } = app.server.address() as AddressInfo;
  log.info({ port, partitions }, "listening");

  return {
    port,
    routes: auth.routes(),
    async stop() {
      admission.stop();
      waits.stop();
      bodies.endChunks(problem("shutting-down", "The process ends; resume at the offset."));
      // Those who hold a connection are told to go elsewhere before it is closed under a request that is on its way.
      await sleep(SHUTDOWN_NOTICE_MS);
      await finishRequests(app, appender, config.SHUTDOWN_TIMEOUT_MS - SHUTDOWN_NOTICE_MS);
    },
  };
}

async function askPostgres(prisma: PrismaClient, url: string): Promise<void> {
  await prisma.$queryRaw`SELECT 1`.catch((error: Error) => {
    const reason = error.message.trim().split("\n").at(-1);
    throw new Error(
      `Postgres does not answer at ${redactUrl(url)} (${reason}). Is it running? Set DATABASE_URL, or leave it unset and use npm start.`,
    );
  });
}

async function listen(app: Server, config: Config): Promise<void> {
  await app.listen({ host: config.HOST, port: config.PORT }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(`Port ${config.PORT} is taken. Choose another one: PORT=${config.PORT + 4} npm start`);
  });
}

/** New requests are refused; those in hand are answered, within the deadline. */
async function finishRequests(app: Server, appender: Appender, timeoutMs: number): Promise<void> {
  await Promise.race([Promise.all([app.close(), appender.drain()]), sleep(timeoutMs, undefined, { ref: false })]);
  app.server.closeAllConnections();
}

await runAsMain(import.meta.url, () => startApi(loadConfig()));
