import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startMongo, startRedis } from "@streamforge/infrastructure/local";
import { type Role, roles, type Scope } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { Principal } from "../../src/accounts/authenticator.js";
import type { SessionRecord } from "../../src/accounts/sessions.js";
import { type Config, loadConfig } from "../../src/config.js";
import { type Auth, createAuth } from "../../src/http/auth.js";
import { createBodyReader } from "../../src/http/body.js";
import { createEventViews, type EventViews } from "../../src/http/event-views.js";
import type { RateLimits } from "../../src/http/rate-limits.js";
import { createServer, type Server } from "../../src/http/server.js";
import { createIngest, type Item, outcomeOf } from "../../src/ingest/ingest.js";
import { awaitRedis, connectRedis } from "../../src/redis/connect.js";
import { connectStore, ensureIndexes, type Store } from "../../src/store/mongo.js";
import { createAppender } from "../../src/stream/appender.js";
import { type RedisKeys, redisKeys } from "../../src/stream/keys.js";
import { eventContext } from "../../src/stream/record.js";
import { createLog } from "../../src/telemetry/log.js";
import { startWorker } from "../../src/worker.js";
import { patience } from "../support/yardstick.js";
import { NO_GUESSES } from "./accounts-fixture.js";

/** Real Redis and MongoDB, the real server with its guards, and credentials that need no Postgres. */
export interface Reading {
  redisServer: LocalServer;
  mongoServer: LocalServer;
  redis: Redis;
  store: Store;
  keys: RedisKeys;
  config: Config;
  auth: Auth;
  app: Server;
  views: EventViews;
  /** Accepts items as the API would; each is JSON text or a value. */
  accept(tenantId: string, items: (string | object)[], idempotencyKey?: string): Promise<Item[]>;
  startWorker(): Promise<{ close(): Promise<void> }>;
  get(
    url: string,
    headers?: Record<string, string>,
  ): Promise<{ status: number; text: string; body: unknown; headers: Record<string, unknown> }>;
  /** Waits until nothing is in the stream and no retry waits. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export const ADMIN_TOKEN = "admin-token-of-the-test";
export const asAdmin = { "x-admin-token": ADMIN_TOKEN };
/** `key:<tenant>:<scope>,<scope>` is a key with these scopes. */
export const asKey = (tenantId: string, ...scopes: Scope[]) => ({ "x-api-key": `key/${tenantId}/${scopes.join(",")}` });

function keyPrincipal(token: string): Principal | null {
  const [kind, tenantId, scopes] = token.split("/");
  if (kind !== "key" || !tenantId) return null;
  return { kind: "key", id: token, name: "test-key", tenantId, scopes: new Set(scopes?.split(",")) as Set<Scope>, limits: {} } as Principal;
}

/** The cookie `sf_session=viewer` is a person with that role. */
export const asPerson = (role: Role) => ({ cookie: `sf_session=${role}` });

async function readSession(id: string): Promise<SessionRecord | null> {
  if (!(roles as readonly string[]).includes(id)) return null;
  return { userId: id, email: `${id}@test`, role: id as Role, expiresAtMs: Date.now() + 60_000 } as SessionRecord;
}

export async function startReading(env: Record<string, string> = {}): Promise<Reading> {
  const dataDir = mkdtempSync(join(tmpdir(), "sf-reading-"));
  const [redisServer, mongoServer] = await Promise.all([
    startRedis({ dataDir: join(dataDir, "redis") }),
    startMongo({ dataDir: join(dataDir, "mongodb") }),
  ]);
  const config = loadConfig({
    NODE_ENV: "test",
    LOG_LEVEL: "fatal",
    REDIS_URL: redisServer.url,
    MONGODB_URI: mongoServer.url,
    WORKER_PORT: "0",
    ADMIN_TOKEN,
    RETRY_BASE_MS: "100",
    ...env,
  });
  // A test may empty it.
  const redis = connectRedis(redisServer.adminUrl, "test", () => {});
  await awaitRedis(redis, redisServer.adminUrl as string);
  const store = await connectStore(config, "test");
  await ensureIndexes(store);
  const keys = redisKeys(config.REDIS_KEY_PREFIX);
  const partitions = config.PARTITIONS;
  await redis.set(keys.partitionCount, partitions);
  const appender = createAppender({ redis, keys, partitions, dedupeTtlMs: 600_000, timeoutMs: 5_000, replicaAcks: 0 });
  const ingest = createIngest(appender, async () => {}, { maxEventBytes: 262_144, maxDepth: 64, strategy: "intent", partitions });
  const app = await createServer({ config, log: createLog(config, "api", "test"), onProblem() {}, bodies: createBodyReader(config) });
  const auth = createAuth({
    authenticator: { authenticateKey: keyPrincipal },
    sessions: { read: readSession },
    guesses: NO_GUESSES,
    config,
  });
  auth.install(app);
  const views = createEventViews();

  return {
    redisServer,
    mongoServer,
    redis,
    store,
    keys,
    config,
    auth,
    app,
    views,
    async accept(tenantId, items, idempotencyKey) {
      const context = eventContext({ tenantId, keyName: "till", defaultType: "", correlationId: "corr", traceparent: "" });
      const received = items.flatMap((item) => {
        const text = Buffer.from(typeof item === "string" ? item : JSON.stringify(item));
        const scope = { context, idempotencyKey, several: items.length > 1, receivedAtMs: Date.now() };
        return ingest.receive(text, [{ start: 0, end: text.length }], scope, () => 0);
      });
      await ingest.append(received);
      const refused = received.map(outcomeOf).find(({ status }) => status === "rejected" || status === "retry");
      if (refused) throw new Error(JSON.stringify(refused));
      return received;
    },
    async startWorker() {
      // No API process runs here that would tell workers which event types there are: none.
      await redis.hset(keys.eventTypes, { digest: "none" });
      return startWorker(config);
    },
    async get(url, headers = asAdmin) {
      const response = await app.inject({ method: "GET", url, headers });
      const json = String(response.headers["content-type"]).includes("json");
      return { status: response.statusCode, text: response.body, body: json ? response.json() : null, headers: response.headers };
    },
    async settled() {
      await until(async () => {
        const left = await Promise.all(
          Array.from({ length: partitions }, (_, p) => keys.partition(p)).map(
            async (at) => (await redis.xlen(at.stream)) + (await redis.zcard(at.retryDue)),
          ),
        );
        return left.every((n) => n === 0);
      });
    },
    async stop() {
      await app.close();
      await views.close();
      redis.disconnect();
      await store.close();
      await Promise.all([redisServer.stop(), mongoServer.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until it holds; fails after `withinMs`. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + patience(withinMs);
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not come true within ${withinMs} ms`);
    await sleep(20);
  }
}

/** Nobody is counted. */
export const unlimited: Pick<RateLimits, "requests"> = { requests: (_request, _reply, done) => done() };
