import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { fastifyStatic } from "@fastify/static";
import type { ProblemCode } from "@streamforge/shared";
import closeWithGrace from "close-with-grace";
import { createAuthenticator } from "./accounts/authenticator.js";
import { createPrisma } from "./accounts/database.js";
import { createKeyService } from "./accounts/keys.js";
import { createSessions } from "./accounts/sessions.js";
import { createTenantService } from "./accounts/tenants.js";
import { type Config, loadConfig } from "./config.js";
import { createAuth } from "./http/auth.js";
import { createBodyReader } from "./http/body.js";
import { createRateLimits } from "./http/rate-limits.js";
import { eventRoutes } from "./http/routes/events.js";
import { keyRoutes } from "./http/routes/keys.js";
import { sessionRoutes } from "./http/routes/session.js";
import { tenantRoutes } from "./http/routes/tenants.js";
import { createServer, type Server, withSecurityHeaders } from "./http/server.js";
import { createForesee } from "./ingest/foresee.js";
import { createIngest } from "./ingest/ingest.js";
import { giveBackStartupMemory, isMain } from "./main.js";
import { storedHashes } from "./store/events.js";
import { connectStore, type Store } from "./store/mongo.js";
import { type Appender, createAppender } from "./stream/appender.js";
import { createRedisClock } from "./stream/clock.js";
import { createDepth } from "./stream/depth.js";
import { type ApiHeartbeat, startHeartbeat } from "./stream/heartbeat.js";
import { redisKeys } from "./stream/keys.js";
import { createLimiter } from "./stream/limiter.js";
import { createLookup } from "./stream/lookup.js";
import { agreeEpoch, agreePartitions, awaitRedis, connectRedis, unsafeRedisSettings } from "./stream/redis.js";
import { createLog } from "./telemetry/log.js";
import { createIngestMetrics, createRegistry } from "./telemetry/metrics.js";
import { createLatencyWindow } from "./telemetry/window.js";

/** What tests may hang into an API process. */
export interface ApiHooks {
  at?: (point: "received" | "before-append" | "after-append" | "before-answer") => void;
}

/** How long requests are answered 503 `shutting-down` before connections are closed. */
const SHUTDOWN_NOTICE_MS = 1_000;

/** Where Vite puts the dashboard; the same from `src` and from `dist`. */
const DASHBOARD = fileURLToPath(new URL("../../frontend/dist/", import.meta.url));

/** Composes an API process and runs it until `close`. */
export async function startApi(config: Config, hooks: ApiHooks = {}): Promise<{ port: number; close(): Promise<void> }> {
  const name = `${hostname()}-${process.pid}-${randomBytes(4).toString("hex")}`;
  const startedAtMs = Date.now();
  const log = createLog(config, "api", name);
  const registry = createRegistry();
  const metrics = createIngestMetrics(registry);
  const latency = createLatencyWindow();
  const keys = redisKeys(config.REDIS_KEY_PREFIX);
  const connect = (use: string) =>
    connectRedis(config.REDIS_URL, `${name}:${use}`, (error) => log.warn({ err: error.message, use }, "redis connection"));

  // Appends have a connection of their own: nothing slow stands in their way, and cutting it harms nobody else.
  const redis = connect("commands");
  const appendRedis = connect("append");
  await Promise.all([awaitRedis(redis), awaitRedis(appendRedis)]);
  const unsafe = await unsafeRedisSettings(redis);
  if (unsafe.length > 0 && !config.ALLOW_UNSAFE) throw new Error(`${unsafe.join("\n")}\nSet ALLOW_UNSAFE=true to start nevertheless.`);
  const { partitions } = await agreePartitions(redis, keys, config);
  await agreeEpoch(redis, keys);
  const clock = await createRedisClock(redis);
  const store = await connectStore(config, name);
  const prisma = createPrisma(config.DATABASE_URL);
  await prisma.$queryRaw`SELECT 1`.catch((error: Error) => {
    throw new Error(
      `Postgres does not answer at ${config.DATABASE_URL.replace(/\/\/[^@/]*@/, "//***@")} (${error.message.trim().split("\n").at(-1)}). Is it running? Set DATABASE_URL, or leave it unset and use npm start.`,
    );
  });

  const authenticator = createAuthenticator({ prisma, redis, subscriber: () => connect("invalidation"), keys, config, log });
  const sessions = createSessions({ prisma, redis, keys, config });
  const auth = createAuth({ authenticator, sessions, config });
  const appender = createAppender({
    redis: appendRedis,
    keys,
    partitions,
    dedupeTtlMs: config.IDEMPOTENCY_TTL_SECONDS * 1000,
    timeoutMs: config.APPEND_TIMEOUT_MS,
    replicaAcks: config.REDIS_REPLICA_ACKS,
    ...hooks,
  });
  const ingest = createIngest(appender, {
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxDepth: config.MAX_JSON_DEPTH,
    strategy: config.DEDUPE_STRATEGY,
    partitions,
  });
  const bodies = createBodyReader(config);
  const depth = createDepth({ redis, keys, partitions });
  let stopping = false;

  const refusal = (): ProblemCode | undefined => {
    if (stopping) return "shutting-down";
    const { backlogEvents, memoryRatio, redisOk } = depth.current();
    // Well before Redis is full, so that memory never decides what is lost.
    if (backlogEvents >= config.MAX_BACKLOG_EVENTS || memoryRatio >= config.REDIS_MEMORY_LIMIT_RATIO) return "backlog-full";
    return redisOk ? undefined : "storage-unavailable";
  };

  const app = await createServer({ config, log, onProblem: (code) => metrics.rejected.inc({ code }) });
  auth.install(app);
  await app.register(
    eventRoutes({
      auth,
      ingest,
      bodies,
      limits: createRateLimits(createLimiter(redis), keys, config),
      refusal,
      now: clock.now,
      foresee: createForesee({ remembered: createLookup({ redis, keys }).find, storedHashes: (ids) => storedHashes(store, ids) }),
      config,
      metrics,
      latency,
      ...(hooks.at ? { at: hooks.at } : {}),
    }),
  );
  await withSecurityHeaders(app, config, async (scope) => {
    await scope.register(keyRoutes({ auth, keyService: createKeyService({ prisma, announcer: authenticator, config }) }));
    await scope.register(tenantRoutes({ auth, tenantService: createTenantService({ prisma, announcer: authenticator, config }) }));
    await scope.register(sessionRoutes({ sessions, config }));
    await serveDashboard(scope);
  });

  const heartbeat = startHeartbeat<ApiHeartbeat>(redis, keys.apis, () => ({
    name,
    host: hostname(),
    pid: process.pid,
    startedAtMs,
    atMs: Date.now(),
    rssBytes: process.memoryUsage.rss(),
    acceptP50: latency.quantile(0.5),
    acceptP99: latency.quantile(0.99),
  }));
  await listen(app, config);
  const { port } = app.server.address() as AddressInfo;
  log.info({ port, partitions }, "listening");

  return {
    port,
    async close() {
      stopping = true;
      // Those who hold a connection are told to go elsewhere before it is closed under a request that is on its way.
      await new Promise((resolve) => setTimeout(resolve, SHUTDOWN_NOTICE_MS));
      await finishRequests(app, appender, config.SHUTDOWN_TIMEOUT_MS);
      await heartbeat.close();
      await authenticator.close();
      clock.close();
      depth.close();
      bodies.close();
      await closeStores(store, prisma);
      for (const connection of [appendRedis, redis]) connection.disconnect();
      log.info("stopped");
    },
  };
}

async function listen(app: Server, config: Config): Promise<void> {
  await app.listen({ host: config.HOST, port: config.PORT }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(`Port ${config.PORT} is taken. Choose another one: PORT=${config.PORT + 4} npm start`);
  });
}

/** The dashboard's files, when they are built. Unknown paths stay 404: its pages have their own paths below. */
async function serveDashboard(app: Server): Promise<void> {
  if (existsSync(DASHBOARD)) await app.register(fastifyStatic, { root: DASHBOARD, cacheControl: true, maxAge: "1h", immutable: false });
}

/** New requests are refused; those in hand are answered, within the deadline. */
async function finishRequests(app: Server, appender: Appender, timeoutMs: number): Promise<void> {
  const deadline = new Promise<void>((resolve) => setTimeout(resolve, timeoutMs).unref());
  await Promise.race([Promise.all([app.close(), appender.drain()]), deadline]);
  app.server.closeAllConnections();
}

async function closeStores(store: Store, prisma: { $disconnect(): Promise<void> }): Promise<void> {
  await Promise.all([store.close(), prisma.$disconnect()]);
}

if (isMain(import.meta.url)) {
  const api = await startApi(loadConfig()).catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
  giveBackStartupMemory();
  closeWithGrace({ delay: 10_000 }, async () => api.close());
}
