import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMongo, startPostgres, startRedis } from "@streamforge/infrastructure/local";
import { roles, type Scope, scopes } from "@streamforge/shared";
import { Binary } from "mongodb";
import { migrate, seed } from "../../src/accounts/bootstrap.js";
import { createPrisma, type PrismaClient } from "../../src/accounts/database.js";
import { hashPassword } from "../../src/accounts/passwords.js";
import { type RunningApi, startApi } from "../../src/api.js";
import { loadConfig } from "../../src/config.js";
import { connectStore, type Store } from "../../src/store/mongo.js";
import { startWorker } from "../../src/worker.js";
import { until } from "./accounts-fixture.js";

export const ADMIN_TOKEN = "admin-token-of-the-test";
const PASSWORD = "correct horse battery";
/** Stands in everything that belongs to the other tenant. */
export const SECRET = "of-b-alone";
export const OTHER = "tenant-b";

/** Who asks, and what the contract says they may; written down here anew, not taken from the code under test. */
export interface Credential {
  name: string;
  headers: Record<string, string>;
  /** null: nobody. */
  who: { kind: "key" | "person" | "token"; scopes: readonly Scope[]; rank: number } | null;
}

/** The other tenant's things, by what a path may name. */
export interface Belongings {
  keyId: string;
  letterId: string;
  eventId: string;
  /** The other name of the event: its UUID. */
  eventDocId: string;
  typeId: string;
  jobId: string;
}

export interface Everything {
  /** Two API processes' worth. */
  apis: RunningApi[];
  credentials: Credential[];
  theirs: Belongings;
  prisma: PrismaClient;
  store: Store;
  call(
    method: string,
    url: string,
    headers?: Record<string, string>,
    body?: unknown,
    from?: number,
  ): Promise<{ status: number; text: string; cookie: string }>;
  stop(): Promise<void>;
}

const PERSON_SCOPES: Record<(typeof roles)[number], Scope[]> = {
  viewer: ["events:read", "dead-letters:read"],
  operator: ["events:read", "dead-letters:read", "dead-letters:write"],
  admin: [...scopes],
};

/** The whole API twice, in this process, with real servers, and one of each credential. */
export async function startEverything(): Promise<Everything> {
  const dataDir = mkdtempSync(join(tmpdir(), "sf-rules-"));
  const [redis, mongo, postgres] = await Promise.all([
    startRedis({ dataDir: join(dataDir, "redis") }),
    startMongo({ dataDir: join(dataDir, "mongodb") }),
    startPostgres({ dataDir: join(dataDir, "postgres") }),
  ]);
  const config = loadConfig({
    NODE_ENV: "test",
    LOG_LEVEL: "fatal",
    PORT: "0",
    WORKER_PORT: "0",
    REDIS_URL: redis.url,
    MONGODB_URI: mongo.url,
    DATABASE_URL: postgres.url,
    ADMIN_TOKEN,
    ADMIN_PASSWORD: PASSWORD,
    ADMIN_REQUESTS_PER_MINUTE: "1000000",
  });
  await migrate(postgres.url);
  await seed(config);
  const apis = [await startApi(config), await startApi(config)];
  const worker = await startWorker(config);
  const prisma = createPrisma(config.DATABASE_URL);
  const store = await connectStore(config, "test");

  const call: Everything["call"] = async (method, path, headers = {}, body, from = 0) => {
    const url = `http://127.0.0.1:${apis[from]?.port}${path}`;
    const bodyless = method === "GET" || method === "HEAD" || body === undefined;
    const response = await fetch(url, {
      method,
      headers: { origin: new URL(url).origin, ...(bodyless ? {} : { "content-type": typeFor(path) }), ...headers },
      ...(bodyless ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      const stream = response.body?.getReader();
      const first = await stream?.read();
      await stream?.cancel();
      return { status: response.status, text: Buffer.from(first?.value ?? []).toString(), cookie: "" };
    }
    const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
    return { status: response.status, text: await response.text(), cookie };
  };
  const credentials = await makeCredentials(call, prisma);
  const theirs = await makeBelongings(call, prisma, store);
  return {
    apis,
    credentials,
    theirs,
    prisma,
    store,
    call,
    async stop() {
      await Promise.all([...apis.map((api) => api.close()), worker.close(), prisma.$disconnect(), store.close()]);
      await Promise.all([redis.stop(), mongo.stop(), postgres.stop()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const typeFor = (path: string) => (path.startsWith("/v1/ingest/stream") ? "application/x-ndjson" : "application/json");

export async function newKey(
  call: Everything["call"],
  tenantId: string,
  own: readonly Scope[],
  name = "key",
): Promise<{ id: string; key: string }> {
  const { status, text } = await call("POST", "/v1/admin/keys", { "x-admin-token": ADMIN_TOKEN }, { tenantId, name, scopes: own });
  if (status !== 201) throw new Error(text);
  return JSON.parse(text);
}

async function makeCredentials(call: Everything["call"], prisma: PrismaClient): Promise<Credential[]> {
  const keyOf = async (name: string, own: readonly Scope[]): Promise<Credential> => {
    const { key } = await newKey(call, "tenant-a", own, name);
    return { name, headers: { "x-api-key": key }, who: { kind: "key", scopes: own, rank: -1 } };
  };
  const revoked = await newKey(call, "tenant-a", scopes);
  await call("DELETE", `/v1/admin/keys/${revoked.id}`, { "x-admin-token": ADMIN_TOKEN });
  const expired = await newKey(call, "tenant-a", scopes);
  await prisma.apiKey.update({ where: { id: expired.id }, data: { expiresAt: new Date(0) } });
  const gone = await signIn(call, prisma, "admin", "gone@test");
  await prisma.user.update({ where: { email: "gone@test" }, data: { role: "viewer" } });
  await call("PATCH", `/v1/admin/users/${gone.id}`, { "x-admin-token": ADMIN_TOKEN }, { disabled: true });
  const people = roles.map(async (role, rank): Promise<Credential> => {
    const { headers } = await signIn(call, prisma, role, `${role}@test`);
    return { name: role, headers, who: { kind: "person", scopes: PERSON_SCOPES[role], rank } };
  });
  return [
    { name: "nobody", headers: {}, who: null },
    { name: "garbage", headers: { authorization: "Bearer garbage" }, who: null },
    { name: "a wrong admin token", headers: { "x-admin-token": "wrong" }, who: null },
    { name: "an unknown session", headers: { cookie: `sf_session=${"a".repeat(43)}` }, who: null },
    { name: "a revoked key", headers: { authorization: `Bearer ${revoked.key}` }, who: null },
    { name: "an expired key", headers: { "x-api-key": expired.key }, who: null },
    { name: "the session of a disabled user", headers: gone.headers, who: null },
    ...(await Promise.all(scopes.map((scope) => keyOf(`key with ${scope}`, [scope])))),
    await keyOf("key with all scopes", scopes),
    ...(await Promise.all(people)),
    { name: "admin token", headers: { "x-admin-token": ADMIN_TOKEN }, who: { kind: "token", scopes, rank: 2 } },
  ];
}

/** Makes somebody and signs them in. */
export async function signIn(call: Everything["call"], prisma: PrismaClient, role: (typeof roles)[number], email: string) {
  const { id } = await prisma.user.create({ data: { email, role, passwordHash: await hashPassword(PASSWORD) } });
  const { cookie } = await call("POST", "/v1/session", {}, { email, password: PASSWORD });
  return { id, headers: { cookie } };
}

/** One of everything that a tenant can have, each with the secret in it. */
async function makeBelongings(call: Everything["call"], prisma: PrismaClient, store: Store): Promise<Belongings> {
  const { id: keyId, key } = await newKey(call, OTHER, scopes, SECRET);
  const event = { eventId: "event-of-b", type: "SALE", userId: SECRET, payload: { amount: 1, currency: "EUR", secret: SECRET } };
  const accepted = await call("POST", "/v1/events", { "x-api-key": key }, event);
  await until(async () => (await store.events.countDocuments({ tenantId: OTHER })) === 1, 20_000);
  const letterId = randomBytes(24);
  const at = new Date();
  await store.deadLetters.insertOne({
    _id: new Binary(letterId),
    eventDocId: new Binary(letterId.subarray(0, 16), Binary.SUBTYPE_UUID),
    tenantId: OTHER,
    eventId: SECRET,
    eventType: SECRET,
    status: "open",
    reasonCode: "SCHEMA_INVALID",
    message: SECRET,
    fingerprint: "b".repeat(16),
    raw: JSON.stringify({ secret: SECRET }),
    receipt: new Binary(randomBytes(8)),
    hash: new Binary(letterId.subarray(16)),
    attempts: 1,
    deaths: 1,
    correlationId: SECRET,
    receivedAt: at,
    failedAt: at,
    lastFailedAt: at,
    worker: "w",
    history: [],
  });
  const type = await prisma.eventType.create({
    data: { tenantId: OTHER, type: "SALE", version: 1, schema: { type: "object" }, description: SECRET, createdBy: SECRET },
  });
  const job = await prisma.job.create({
    data: {
      kind: "replay",
      tenantId: OTHER,
      status: "completed",
      spec: { source: "DLQ", mode: "reprocess", selector: { reason: SECRET } },
      ratePerSecond: 1,
      selected: 0,
      message: SECRET,
      createdByKind: "user",
      createdById: SECRET,
      createdByName: SECRET,
    },
  });
  return {
    keyId,
    letterId: letterId.toString("hex"),
    eventId: "event-of-b",
    eventDocId: JSON.parse(accepted.text).id,
    typeId: type.id,
    jobId: job.id,
  };
}
