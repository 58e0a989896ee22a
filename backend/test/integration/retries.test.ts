import type { EventView, Retries, Stats } from "@streamforge/shared";
import { Redis } from "ioredis";
import { type Db, MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { atThisPace, patience } from "../support/yardstick.js";

/**
 * A failure that names one event and may pass, with a real MongoDB: under a 2dsphere index it refuses a place that is none, by a
 * code that is neither "never" nor "not now". Without the index the same event is stored.
 */
let stack: Stack;
let client: MongoClient;
let db: Db;
let redis: Redis;
let apiKey: string;
const TENANT = "patient";
beforeAll(async () => {
  stack = await startStack({ env: { RETRY_BASE_MS: "6000", MAX_RETRY_ATTEMPTS: "8", CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200" } });
  client = await new MongoClient(stack.mongo.url).connect();
  db = client.db("streamforge");
  redis = new Redis(stack.redis.url);
  redis.on("error", () => {});
  // A tenant without registered types: every type is stored.
  const headers = { "x-admin-token": stack.adminToken, "content-type": "application/json" };
  const body = JSON.stringify({ tenantId: TENANT, name: "till", scopes: ["events:write", "events:read"] });
  apiKey = ((await (await fetch(`${stack.apiUrl}/v1/admin/keys`, { method: "POST", headers, body })).json()) as { key: string }).key;
});
afterAll(async () => {
  redis?.disconnect();
  await client?.close();
  await stack?.stop();
});

const asProducer = () => ({ authorization: `Bearer ${apiKey}` });

async function send(events: object[]): Promise<void> {
  const body = events.map((event) => JSON.stringify(event)).join("\n");
  const headers = { ...asProducer(), "content-type": "application/x-ndjson" };
  expect((await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body })).status).toBe(202);
}

async function get<T>(path: string, headers: Record<string, string> = { "x-admin-token": stack.adminToken }): Promise<T> {
  return (await fetch(`${stack.apiUrl}${path}`, { headers })).json() as Promise<T>;
}

async function until(holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + patience(withinMs);
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not come true within ${withinMs} ms`);
    await sleep(100);
  }
}

const retries = (query = "") => get<Retries>(`/v1/admin/retries${query}`);
const nowhere = (i: number) => ({
  eventId: `lost-${i}`,
  type: "SALE",
  userId: `u-${i}`,
  payload: { amount: 1, currency: "EUR", where: { type: "Point", coordinates: [999, 999] } },
});
const somewhere = (i: number) => ({
  eventId: `fine-${i}`,
  type: "SALE",
  userId: `u-${i}`,
  payload: { amount: 1, currency: "EUR", where: { type: "Point", coordinates: [8, 47] } },
});
const WAITING = 200;

test(
  "200 events that wait for their next attempt are seen, hold up no healthy one, survive kill -9, and are stored in the end",
  async () => {
    await db.collection("events").createIndex({ "payload.where": "2dsphere" }, { name: "place" });
    await send(Array.from({ length: WAITING }, (_, i) => nowhere(i)));
    await until(async () => (await retries()).count === WAITING, 5_000);

    // Seen: who waits, for what, until when.
    const seen = await retries("?limit=100");
    expect(seen).toMatchObject({ count: WAITING, exact: true });
    expect(seen.items).toHaveLength(100);
    expect(seen.items[0]).toMatchObject({
      tenantId: TENANT,
      attempt: 1,
      reasonCode: "FAILED",
      message: expect.stringContaining("geo"),
    });
    expect(Date.parse(seen.nextDueAt as string)).toBeGreaterThan(Date.now());
    expect(seen.items.map(({ dueAt }) => dueAt)).toEqual(seen.items.map(({ dueAt }) => dueAt).toSorted());
    expect((await retries(`?tenantId=${TENANT}`)).count).toBe(WAITING);
    expect(await retries("?tenantId=somebody-else")).toMatchObject({ count: 0, items: [], nextDueAt: null });
    // One snapshot a second for everybody who looks.
    await until(async () => (await get<Stats>("/v1/stats")).backlog.retrying === WAITING, 3_000);
    expect(await get<EventView>("/v1/events/lost-7", asProducer())).toMatchObject({ status: "retrying" });

    // Healthy ones of the same partition pass them.
    const startedAtMs = Date.now();
    await send(Array.from({ length: 500 }, (_, i) => somewhere(i)));
    await until(async () => (await db.collection("events").countDocuments({ eventId: /^fine-/ })) === 500, 3_000);
    expect(Date.now() - startedAtMs).toBeLessThan(atThisPace(3_000));
    expect((await retries()).count).toBe(WAITING);

    // They survive the death of everything that knows of them.
    await Promise.all([stack.worker.kill("SIGKILL"), stack.redis.kill("SIGKILL")]);
    await stack.redis.restart();
    await stack.worker.restart();
    await until(async () => (await retries()).count + (await redis.xlen("sf:{0}:stream")) > 0, 10_000);
    expect(await db.collection("events_dlq").countDocuments()).toBe(0);

    // The cause is gone: they are stored, and say how many attempts it took.
    await db.collection("events").dropIndex("place");
    await until(async () => (await db.collection("events").countDocuments({ eventId: /^lost-/ })) === WAITING, 30_000);
    expect(await db.collection("events_dlq").countDocuments()).toBe(0);
    const stored = await get<EventView>("/v1/events/lost-7", asProducer());
    expect(stored).toMatchObject({ status: "stored", durationMs: expect.any(Number) });
    expect(stored.attempts).toBeGreaterThanOrEqual(2);
    expect(stored.durationMs).toBeGreaterThan(3_000);
    // One row for each attempt that failed, none twice.
    const attempts = await db.collection("processing_attempts").find({ eventId: "lost-7" }).sort({ attempt: 1 }).toArray();
    expect(attempts.map(({ attempt, status }) => [attempt, status])).toEqual(
      Array.from({ length: (stored.attempts as number) - 1 }, (_, i) => [i + 1, "retrying"]),
    );
    expect(await retries()).toMatchObject({ count: 0, items: [] });
  },
  patience(90_000),
);
