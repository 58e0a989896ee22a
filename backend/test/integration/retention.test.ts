import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Check, JobPage, Ledger, RetentionReport } from "@streamforge/shared";
import type { Binary } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createPrisma } from "../../src/accounts/database.js";
import { awaitRedis, connectRedis } from "../../src/redis/connect.js";
import type { DeadLetterDocument } from "../../src/store/documents.js";
import { placeOf } from "../../src/store/event-hours.js";
import { redisKeys } from "../../src/stream/keys.js";
import { pruneDedupe } from "../../src/stream/prune-dedupe.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { letterOf } from "./replay-fixture.js";
import { DAY_MS, openPast, type Past } from "./retention-fixture.js";

let stack: Stack;
let past: Past;
beforeAll(async () => {
  stack = await startStack({ env: { ADMIN_REQUESTS_PER_MINUTE: "1000000", RETENTION_CRON: "off" } });
  past = await openPast(stack);
});
afterAll(async () => {
  await past?.close();
  await stack?.stop();
});
let tenantId = "";
let tenants = 0;
beforeEach(async () => {
  tenantId = `kept-${tenants++}`;
  await past.call("POST", "/v1/admin/tenants", { tenantId, name: tenantId });
});

const keep = (retention: object) => past.call("PATCH", `/v1/admin/tenants/${tenantId}`, { retention });
const left = async () => (await past.events.find({ tenantId }).toArray()).map(({ eventId }) => eventId).sort();
const idsOf = (...groups: { eventId: string }[][]) =>
  groups
    .flat()
    .map(({ eventId }) => eventId)
    .sort();

async function count(): Promise<Check> {
  const begun = await past.call<Check>("POST", "/v1/admin/ledger/verify");
  for (;;) {
    const { body } = await past.call<{ items: Check[] }>("GET", "/v1/admin/ledger/checks");
    const own = body.items.find(({ id }) => id === begun.body.id);
    if (own && own.status !== "running") return own;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe("events", () => {
  test("what is too old goes, by the time of receipt; a backfill of old events stays its full time; other tenants keep theirs", async () => {
    const old = await past.store(tenantId, 40, 1_200);
    const young = await past.store(tenantId, 3, 300);
    const backfill = await past.store(tenantId, 3, 200, () => ({ occurredAt: new Date(Date.now() - 400 * DAY_MS) }));
    const others = await past.store(`${tenantId}-other`, 40, 5);
    const dry = await past.ended(await past.run({ tenantId, dryRun: true }));
    expect(dry).toMatchObject({ status: "completed", outcome: { events: 1_200, deadLetters: 0 }, spec: { dryRun: true } });
    expect((await left()).length).toBe(1_700);

    const done = await past.ended(await past.run({ tenantId }));
    expect(done).toMatchObject({ kind: "retention", tenantId, outcome: { events: 1_200 }, progress: { processed: 1_200 } });
    expect((done.report as RetentionReport).tenants).toEqual((dry.report as RetentionReport).tenants);
    expect(await left()).toEqual(idsOf(young, backfill));
    expect(await past.events.countDocuments({ tenantId: `${tenantId}-other` })).toBe(others.length);

    const { body: ledger } = await past.call<Ledger>("GET", `/v1/admin/ledger?tenantId=${tenantId}&from=2020-01-01T00:00:00Z&limit=1000`);
    expect(ledger.total).toMatchObject({ accepted: 1_700, stored: 1_700, expired: 1_200, erased: 0, missing: 0 });
    const minutes = ledger.items.filter(({ expired }) => expired > 0);
    expect(minutes.reduce((sum, { expired }) => sum + expired, 0)).toBe(1_200);
    expect(minutes.every(({ expired, stored }) => expired === stored)).toBe(true);
    const { body: trail } = await past.call<{ items: { action: string; after: object }[] }>("GET", `/v1/admin/audit?targetId=${done.id}`);
    expect(trail.items.map(({ action }) => action)).toEqual(["retention.end", "retention.create"]);
    expect(trail.items[0]?.after).toMatchObject({ dryRun: false, events: 1_200, deadLetters: 0, tenants: [{ tenantId, events: 1_200 }] });
    expect(old.length).toBe(1_200);
  });

  test("each type has its own time, 0 keeps for ever; what goes is told by tenant and type", async () => {
    await keep({ days: 10, types: { SALE: 100, "audit.log": 0, ping: 1 } });
    const kind = (eventType: string) => () => ({ eventType });
    const kept = [
      await past.store(tenantId, 90, 20, kind("SALE")),
      await past.store(tenantId, 900, 20, kind("audit.log")),
      await past.store(tenantId, 5, 20, kind("other")),
    ];
    await past.store(tenantId, 101, 7, kind("SALE"));
    await past.store(tenantId, 5, 11, kind("ping"));
    await past.store(tenantId, 11, 13, kind("other"));
    const done = await past.ended(await past.run({ tenantId }));
    expect(done.report).toEqual({
      tenants: [{ tenantId, events: 31, deadLetters: 0, types: { SALE: 7, ping: 11, other: 13 } }],
      moreTenants: 0,
    });
    expect(await left()).toEqual(idsOf(...kept));
    await keep({ days: 0 });
    expect((await past.ended(await past.run({ tenantId }))).outcome).toEqual({ events: 0, deadLetters: 0 });
  });

  test("attempts and places go with their event; what is stored for good knows the hour, and a resend is a new event", async () => {
    const [old] = await past.store(tenantId, 40, 1);
    const [young] = await past.store(tenantId, 2, 1);
    if (!old || !young) throw new Error("nothing was stored");
    const attempt = (event: typeof old, at: Date) => ({
      _id: randomBytes(8).toString("hex"),
      eventDocId: event._id,
      tenantId,
      at,
      receipt: event.receipt,
    });
    await past.db
      .collection<{ _id: string }>("processing_attempts")
      .insertMany([attempt(old, old.receivedAt), attempt(young, young.receivedAt)]);
    await past.db.collection<{ _id: Binary }>("event_places").insertMany([old, young].map(({ _id }) => ({ _id: placeOf(_id), tenantId })));
    const uuid = (event: typeof old) => event._id.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    const read = (name: string, query = "") => past.call("GET", `/v1/events/${name}?tenantId=${tenantId}${query}`);
    expect((await read(uuid(old))).status).toBe(200);
    await past.ended(await past.run({ tenantId }));
    expect(await past.db.collection("processing_attempts").countDocuments({ tenantId })).toBe(1);
    expect(await past.db.collection("event_places").countDocuments({ tenantId })).toBe(1);
    expect(await read(uuid(old))).toMatchObject({ status: 404, body: { code: "event-expired" } });
    expect(await read(old.eventId, `&occurredAt=${old.occurredAt.toISOString()}`)).toMatchObject({ body: { code: "event-expired" } });
    expect(await read("never", `&occurredAt=${young.occurredAt.toISOString()}`)).toMatchObject({ body: { code: "event-not-found" } });
    expect((await read(uuid(young))).status).toBe(200);

    const key = (await past.call<{ key: string }>("POST", "/v1/admin/keys", { tenantId, name: "k" })).body.key;
    const again = {
      eventId: old.eventId,
      type: "order.created",
      userId: old.userId,
      occurredAt: old.occurredAt.toISOString(),
      payload: {},
    };
    expect((await past.call("POST", "/v1/events", again, { "x-api-key": key })).status).toBe(202);
    await expect.poll(async () => (await read(uuid(old))).status, { timeout: patience(20_000) }).toBe(200);
  });

  test("the independent count agrees before, in between and afterwards", async () => {
    await past.store(tenantId, 40, 4_000);
    await past.store(tenantId, 1, 500);
    // The api copies what the ledger has every 10 s; until then there is nothing to compare.
    await expect.poll(async () => (await count()).to, { timeout: patience(60_000), interval: 1_000 }).not.toBeNull();
    const before = await count();
    expect(before).toMatchObject({ status: "agrees", differences: [] });
    const job = await past.run({ tenantId });
    const between = await count();
    expect(between).toMatchObject({ status: "agrees", differences: [] });
    await past.ended(job);
    const after = await count();
    expect(after).toMatchObject({ status: "agrees", differences: [] });
    expect(after.documents + after.removed).toBe(after.stored + after.resolved);
    expect(after.removed - before.removed).toBe(4_000);
    expect(after.sentence).toMatch(/removed by retention or erasure.* they agree/);
    // What nobody removed by these rules is missed.
    await past.events.deleteOne({ tenantId });
    expect(await count()).toMatchObject({ status: "differs" });
    await past.events.deleteMany({ tenantId });
    await past.db.collection("ledger").deleteMany({ tenantId });
    await past.db.collection("ledger_removals").deleteMany({ tenantId });
  });
});

test("dead letters have their own time, from their last failure; one in a replay's hands stays", async () => {
  const letters = past.db.collection<DeadLetterDocument>("events_dlq");
  const die = (name: string, days: number, more: Partial<DeadLetterDocument> = {}) => {
    const at = new Date(Date.now() - days * DAY_MS);
    return letterOf(tenantId, name, false, {}, { receivedAt: at, lastFailedAt: at, ...more }, 1);
  };
  await letters.insertMany([
    die("old-open", 91),
    die("old-discarded", 200, { status: "discarded" }),
    die("old-resolved", 100, { status: "resolved", replay: { id: "r", outcome: "stored", at: new Date() } }),
    die("in-hand", 300, { status: "replaying" }),
    die("young", 89),
  ]);
  const dry = await past.ended(await past.run({ tenantId, dryRun: true }));
  expect(dry.outcome).toEqual({ events: 0, deadLetters: 3 });
  const done = await past.ended(await past.run({ tenantId }));
  expect(done.outcome).toEqual({ events: 0, deadLetters: 3 });
  const names = (await letters.find({ tenantId }).toArray()).map(({ eventId }) => eventId).sort();
  expect(names).toEqual(["in-hand", "young"]);
  // The ledger has the resolved one as dead, and its event as a document: the count still knows it.
  expect(await past.db.collection("ledger_removals").findOne({ tenantId })).toMatchObject({ resolvedLetters: 1 });
  await letters.deleteMany({ tenantId });
  await past.db.collection("ledger_removals").deleteMany({ tenantId });
});

test("what a tenant keeps is seen and set whole; wrong settings are named", async () => {
  const path = `/v1/admin/tenants/${tenantId}`;
  expect((await past.call("GET", path)).body).toMatchObject({ retention: {}, kept: { days: 30, deadLetterDays: 90 } });
  expect(await keep({ days: 7, types: { SALE: 400 } })).toMatchObject({
    status: 200,
    body: { retention: { days: 7, types: { SALE: 400 } }, kept: { days: 7, deadLetterDays: 90 } },
  });
  expect((await keep({ deadLetterDays: 0 })).body).toMatchObject({
    retention: { deadLetterDays: 0 },
    kept: { days: 30, deadLetterDays: 0 },
  });
  for (const [retention, pointer] of [
    [{ days: -1 }, "/retention/days"],
    [{ days: 1.5 }, "/retention/days"],
    [{ day: 3 }, "/retention/day"],
    [{ types: { SALE: "3" } }, "/retention/types/SALE"],
    [{ types: { "": 3 } }, "/retention/types/"],
    [{ deadLetterDays: 40_000 }, "/retention/deadLetterDays"],
  ] as const) {
    const { status, body } = await past.call<{ errors: { pointer: string }[] }>("PATCH", path, { retention });
    expect([status, body.errors?.[0]?.pointer]).toEqual([400, pointer]);
  }
  expect((await past.call("GET", path)).body).toMatchObject({ retention: { deadLetterDays: 0 } });
  const key = (await past.call<{ key: string }>("POST", "/v1/admin/keys", { tenantId, name: "k", scopes: ["admin"] })).body.key;
  const own = { "x-api-key": key };
  expect((await past.call("POST", "/v1/admin/retention/run", { tenantId: "tenant-demo" }, own)).status).toBe(403);
  const { body } = await past.call<{ jobId: string }>("POST", "/v1/admin/retention/run", { dryRun: true }, own);
  expect(await past.ended(body.jobId)).toMatchObject({ tenantId, createdBy: { kind: "key" } });
  expect(await past.call("POST", "/v1/admin/retention/run", { dryrun: true })).toMatchObject({ status: 400 });
});

test("sf retention run says what would go and what went, of all tenants; the metric counts it", async () => {
  await past.store(tenantId, 40, 25);
  const dry = await sf("retention", "run", "--dry-run");
  expect(dry.stdout).toMatch(/events and \d+ dead letters would go\./);
  expect(dry.stdout).toMatch(new RegExp(`${tenantId} +25 +0 +order\\.created 25`));
  const done = await sf("retention", "run", "--tenant", tenantId);
  expect(done.stdout).toContain("25 events and 0 dead letters went.");
  const metric = async () =>
    /^streamforge_expired_events_total (\d+)/m.exec(await (await fetch(`${stack.worker.url}/metrics`)).text())?.[1];
  expect(Number(await metric())).toBeGreaterThanOrEqual(25);
});

test("identities of quiet partitions go when their window is over, and not before", async () => {
  const redis = connectRedis(stack.redis.url, "test", () => {});
  const keys = redisKeys("prune-test");
  const { dedupeState, dedupe0, dedupe1, stream } = keys.partition(0);
  try {
    await awaitRedis(redis, stack.redis.url);
    const prune = (ttlMs: number) => pruneDedupe(redis, keys, 1, ttlMs);
    await redis.hset(dedupeState, { current: 0, since: Date.now() - 5_000 });
    await redis.hset(dedupe0, { young: "1" });
    await redis.hset(dedupe1, { old: "1", older: "1" });
    expect(await prune(60_000)).toEqual({ removed: 0, left: 3 });
    await redis.xadd(stream, `${Date.now() - 6_000}-1`, "e", "");
    expect(await prune(1_000)).toEqual({ removed: 0, left: 3 });
    await redis.del(stream);
    expect(await prune(1_000)).toEqual({ removed: 2, left: 1 });
    expect(await prune(1_000)).toEqual({ removed: 0, left: 1 });
  } finally {
    redis.disconnect();
  }
});

test("with RETENTION_AFTER_EXPORT events stay until a scheduled export has them", async () => {
  await stack.worker.kill("SIGKILL");
  const careful = await stack.startWorker({ RETENTION_AFTER_EXPORT: "true" });
  const prisma = createPrisma(stack.postgres.url);
  try {
    const exported = await past.store(tenantId, 50, 10);
    await past.store(tenantId, 40, 10);
    const job = { kind: "export", tenantId, createdByKind: "system", createdById: "s", createdByName: "s", status: "completed" } as const;
    const until = Date.now() - 45 * DAY_MS;
    await prisma.job.create({ data: { ...job, spec: { target: "local", from: "x" }, cursor: { storedBeforeMs: Date.now() } } });
    expect(await past.ended(await past.run({ tenantId }))).toMatchObject({ outcome: { events: 0 }, report: { notExported: [tenantId] } });
    await prisma.job.create({ data: { ...job, spec: { target: "local", scheduled: { for: "x" } }, cursor: { storedBeforeMs: until } } });
    expect(await past.ended(await past.run({ tenantId }))).toMatchObject({ outcome: { events: exported.length } });
    expect(await past.events.countDocuments({ tenantId })).toBe(10);
  } finally {
    await prisma.$disconnect();
    await careful.kill("SIGKILL");
  }
});

// The last of this file: it runs retention for all tenants.
test("by schedule: one job for all processes, and none while one has not ended", async () => {
  if (stack.worker.alive()) await stack.worker.kill("SIGKILL");
  await stack.startApi({ RETENTION_CRON: "* * * * * *" });
  await stack.startApi({ RETENTION_CRON: "* * * * * *" });
  const jobs = async () =>
    (await past.call<JobPage>("GET", "/v1/admin/jobs?kind=retention&limit=20")).body.items.filter(({ spec }) => spec.scheduledFor);
  // No worker runs: what is made first waits.
  await expect.poll(async () => (await jobs()).length, { timeout: patience(20_000) }).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await jobs()).toMatchObject([{ tenantId: null, status: "pending", createdBy: { kind: "system", name: "RETENTION_CRON" } }]);
  for (let n = 0; n < 3; n++) {
    await past.call("POST", `/v1/admin/jobs/${(await jobs())[0]?.id}/cancel`);
    await expect.poll(async () => (await jobs())[0]?.status, { timeout: patience(20_000) }).toBe("pending");
  }
  expect(new Set((await jobs()).map(({ spec }) => spec.scheduledFor)).size).toBe(4);
});

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));

function sf(...args: string[]) {
  return promisify(execFile)(process.execPath, [SF, "--url", stack.apiUrl, "--admin-token", stack.adminToken, ...args]);
}
