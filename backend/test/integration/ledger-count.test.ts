import { randomBytes } from "node:crypto";
import { Binary } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { alarmsCollection, createAlarms } from "../../src/ledger/alarms.js";
import { createArchive, type LedgerDocument, ledgerCollection } from "../../src/ledger/archive.js";
import { countEvents, DAY_MS } from "../../src/ledger/count.js";
import { totalsCollection } from "../../src/ledger/samples.js";
import { type CheckDocument, checkSentence, createVerifier, type Verifier } from "../../src/ledger/verify.js";
import { type Reading, startReading, until } from "./reading-fixture.js";

const MINUTE_MS = 60_000;
/** Noon: ten days back there are whole days, and today is one that is half over. */
const NOON = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2;
let reading: Reading;
let verifier: Verifier;

beforeAll(async () => {
  reading = await startReading();
});
afterAll(() => reading?.stop());

const db = () => reading.store.db;
const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

beforeEach(async () => {
  for (const name of ["events", "events_dlq", "ledger", "ledger_checks", "ledger_alarms", "totals"])
    await db().collection(name).deleteMany({});
  await reading.redis.flushall();
  verifier?.close();
  verifier = createVerifier({ db: db(), name: "test", onError: (error) => console.error(error), everyMs: 3_600_000 });
});
afterAll(() => verifier?.close());

/** Stored events, accepted `delayMs` after they were received. */
async function store(tenantId: string, receivedAtMs: number, n = 1, delayMs = 5): Promise<void> {
  const documents = Array.from({ length: n }, () => ({
    _id: new Binary(randomBytes(16), 4),
    tenantId,
    receivedAt: new Date(receivedAtMs),
  }));
  await db().collection<{ _id: Binary }>("events").insertMany(documents);
  await count(tenantId, receivedAtMs + delayMs, { accepted: n, stored: n });
}

async function count(tenantId: string, acceptedAtMs: number, counts: { accepted: number; stored?: number; dead?: number }): Promise<void> {
  const minute = Math.floor(acceptedAtMs / MINUTE_MS);
  const { accepted, stored = 0, dead = 0 } = counts;
  await ledgerCollection(db()).updateOne(
    { _id: `${minute}:${tenantId}` },
    { $set: { minute, tenantId }, $inc: { accepted, stored, dead, duplicate: 0, missing: 0, unacknowledged: 0 } },
    { upsert: true },
  );
}

async function closedUntil(ms: number, more: object = {}): Promise<void> {
  await totalsCollection(db()).updateOne(
    { _id: "copied" },
    { $set: { closedUntil: new Date(ms), accepted: [], epoch: "e", at: new Date(), ...more } },
    { upsert: true },
  );
}

async function fill(): Promise<void> {
  for (let d = 0; d < 5; d++) {
    for (const tenantId of ["acme", "globex"]) await store(tenantId, NOON - d * DAY_MS + d * 1_000, 20 + d);
  }
  await closedUntil(NOON + 30 * MINUTE_MS);
}

describe("the independent count", () => {
  it("agrees when every stored event is a document, and says what it compared", async () => {
    await fill();
    const check = await verifier.run("test");
    expect(check).toMatchObject({ status: "agrees", tenants: 2, days: 10, documents: 220, stored: 220, resolved: 0, differences: [] });
    expect(await verifier.list(10)).toMatchObject([{ status: "agrees", startedBy: "test" }]);
  });

  it("says one of a thing as one", async () => {
    await store("acme", NOON);
    await closedUntil(NOON + 30 * MINUTE_MS);
    expect(checkSentence((await verifier.run("test")) as CheckDocument)).toMatch(
      /^1 document, 1 stored by the ledger .*: they agree for 1 tenant on 1 day\.$/,
    );
  });

  it("tells how far it is", async () => {
    await store("acme", NOON, 45_000);
    await closedUntil(NOON + 30 * MINUTE_MS);
    const { _id } = await verifier.start("test");
    const sentences = new Set<string>();
    for (let check = (await verifier.list(1))[0]; check?.status === "running"; check = (await verifier.list(1))[0]) {
      expect(check._id).toBe(_id);
      sentences.add(checkSentence(check));
    }
    expect([...sentences]).toContain("Counting: 20,000 of about 45,000 documents so far.");
    expect((await verifier.list(1))[0]).toMatchObject({ status: "agrees", documents: 45_000 });
  });

  it("names tenant and day when a document is gone, or there is one too many", async () => {
    await fill();
    await db()
      .collection("events")
      .deleteOne({ tenantId: "acme", receivedAt: new Date(NOON - 3 * DAY_MS + 3_000) });
    await db()
      .collection("events")
      .insertOne({ tenantId: "globex", receivedAt: new Date(NOON - DAY_MS + 1_000) });
    const check = await verifier.run("test");
    expect(check?.status).toBe("differs");
    expect(check?.differences).toMatchObject([
      { tenantId: "acme", day: day(NOON - 3 * DAY_MS), difference: -1 },
      { tenantId: "acme", day: "all", difference: -1 },
      { tenantId: "globex", day: day(NOON - DAY_MS), difference: 1 },
      { tenantId: "globex", day: "all", difference: 1 },
    ]);
  });

  it("gives events on both sides of midnight to either day, and still finds one that is lost there", async () => {
    await fill();
    const midnight = Math.floor((NOON - DAY_MS) / DAY_MS) * DAY_MS;
    // Received before, accepted after: ten seconds of waiting for Redis. And a clock that is a little ahead.
    await store("acme", midnight - 8_000, 50, 10_000);
    await store("acme", midnight + 3, 30, -5);
    expect(await verifier.run("test")).toMatchObject({ status: "agrees", documents: 300 });
    await db()
      .collection("events")
      .deleteOne({ tenantId: "acme", receivedAt: new Date(midnight - 8_000) });
    // The day alone cannot tell; the tenant's sum can.
    expect(await verifier.run("test")).toMatchObject({
      status: "differs",
      differences: [{ tenantId: "acme", day: "all", difference: -1 }],
    });
  });

  it("leaves out what is not closed, and what stands at that edge", async () => {
    await fill();
    const edge = NOON + 30 * MINUTE_MS;
    await store("acme", edge - 2_000, 7, 10_000);
    await store("acme", edge + 2, 5, -4);
    // Younger than what is closed: a document without a row yet.
    await db()
      .collection("events")
      .insertMany(Array.from({ length: 9 }, () => ({ tenantId: "acme", receivedAt: new Date(edge + 60_000) })));
    expect(await verifier.run("test")).toMatchObject({ status: "agrees" });
  });

  it("counts dead letters that a replay has stored, and leaves out days of which minutes have expired", async () => {
    await fill();
    const receivedAt = new Date(NOON - 2 * DAY_MS + 5);
    await db().collection("events").insertOne({ tenantId: "acme", receivedAt });
    await count("acme", receivedAt.getTime(), { accepted: 2, dead: 2 });
    const letter = { tenantId: "acme", receivedAt, fingerprint: "f", lastFailedAt: new Date() };
    await db()
      .collection("events_dlq")
      .insertMany([
        { ...letter, status: "resolved", replay: { id: "r", outcome: "stored", at: new Date(0) } },
        { ...letter, status: "resolved", replay: { id: "r", outcome: "already-stored", at: new Date(0) } },
      ]);
    expect(await verifier.run("test")).toMatchObject({ status: "agrees", resolved: 1, documents: 221 });

    await ledgerCollection(db()).deleteMany({ minute: { $lt: (NOON - 3 * DAY_MS) / MINUTE_MS } });
    await closedUntil(NOON + 30 * MINUTE_MS, { expiredUntil: new Date(NOON - 3 * DAY_MS - 1_000) });
    expect(await verifier.run("test")).toMatchObject({ status: "agrees", documents: 20 + 21 + 22 + 20 + 21 + 22 + 1 });
  });

  it("takes a difference for explained when an acknowledged loss announced as much, and no more than that", async () => {
    await fill();
    const at = new Date(NOON - 2 * DAY_MS);
    const partition = { samples: 1, accepted: 3, settled: 0, lastId: "0-0", oldestAtMs: null, sampledAtMs: 0, sampledAccepted: 0 };
    const loss = { before: { epoch: "e", at, partitions: [partition] }, after: [], ratePerSecond: 0, reports: [] };
    const alarm = { kind: "redis-empty" as const, from: at, to: at, rowsFrom: at, noticedAt: at, noticedBy: "test", unaccounted: 0, loss };
    await alarmsCollection(db()).insertOne({ _id: "redis-1", ...alarm });
    const stray = () =>
      db()
        .collection("events")
        .insertOne({ tenantId: "acme", receivedAt: new Date(at.getTime() + 7) });
    await stray();
    expect(await verifier.run("test")).toMatchObject({ status: "differs" });
    await createAlarms(db()).acknowledge("redis-1", "operator", "wiped on purpose");
    expect(await verifier.run("test")).toMatchObject({
      status: "agrees",
      differences: [{ explainedBy: "redis-1" }, { explainedBy: "redis-1" }],
    });
    for (let i = 0; i < 3; i++) await stray();
    expect(await verifier.run("test")).toMatchObject({ status: "differs" });
  });

  it("counts the same in chunks of any size", async () => {
    await fill();
    const whole = await countEvents(db(), NOON + DAY_MS, async () => {});
    for (const chunk of [1, 7, 100]) expect(await countEvents(db(), NOON + DAY_MS, async () => {}, chunk)).toEqual(whole);
  });

  it("is made by one process at a time; a count whose process died is called failed", async () => {
    await fill();
    await db()
      .collection<{ _id: string }>("ledger_checks")
      .insertOne({ _id: "old", status: "running", startedAt: new Date(0), differences: [] } as never);
    const other = createVerifier({ db: db(), name: "other", onError() {}, everyMs: 3_600_000 });
    const [one, two] = await Promise.all([verifier.start("one"), other.start("two")]);
    expect(new Set([one._id, two._id]).size).toBe(1);
    await until(async () => (await verifier.list(10)).every(({ status }) => status !== "running"));
    expect((await verifier.list(10)).map(({ _id, status }) => [_id, status])).toEqual([
      [one._id, "agrees"],
      ["old", "failed"],
    ]);
    other.close();
  });
});

describe("minutes and their time", () => {
  const archive = (retentionDays: number) => {
    const { redis, keys } = reading;
    return createArchive({
      redis,
      keys,
      partitions: 1,
      db: db(),
      retentionDays,
      everyMs: 3_600_000,
      alarms: createAlarms(db()),
      onError() {},
    });
  };
  const ttl = async () => (await ledgerCollection(db()).indexes()).find(({ key }) => "expires" in key)?.expireAfterSeconds;

  it("expire after LEDGER_RETENTION_DAYS, also when that was changed", async () => {
    for (const days of [400, 30]) {
      const mover = archive(days);
      await mover.run();
      mover.close();
      expect(await ttl()).toBe(days * 86_400);
    }
  });

  it("do not expire while they do not add up, until that is acknowledged", async () => {
    const { redis, keys } = reading;
    const minute = Math.floor(Date.now() / MINUTE_MS) - 100;
    await redis.hset(
      keys.partition(0).ledger,
      `${minute}:acme:a`,
      5,
      `${minute}:acme:s`,
      3,
      `${minute}:globex:a`,
      2,
      `${minute}:globex:s`,
      2,
    );
    const mover = archive(400);
    await mover.run();
    const document = async (tenantId: string) => (await ledgerCollection(db()).findOne({ _id: `${minute}:${tenantId}` })) as LedgerDocument;
    expect((await document("globex")).expires).toEqual(new Date(minute * MINUTE_MS));
    expect((await document("acme")).expires).toBeUndefined();

    const alarms = createAlarms(db());
    const [alarm] = await alarms.list();
    expect(alarm).toMatchObject({ kind: "events-missing", missing: { events: 2, surplus: 0, minutes: 1 } });
    await alarms.acknowledge(String(alarm?._id), "operator", "known");
    expect(await document("acme")).toMatchObject({ missing: 2, unacknowledged: 0, expires: new Date(minute * MINUTE_MS) });
    await mover.run();
    expect(await alarms.list()).toHaveLength(1);

    // One more of the same minute is lost: that is news.
    await redis.hset(keys.partition(0).ledger, `${minute}:acme:a`, 1);
    await mover.run();
    mover.close();
    expect(await document("acme")).toMatchObject({ missing: 3, unacknowledged: 1 });
    expect((await document("acme")).expires).toBeUndefined();
    expect(await alarms.list()).toHaveLength(2);
  });
});
