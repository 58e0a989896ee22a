import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createArchive, ledgerCollection } from "../../src/ledger/archive.js";
import { createLedger, type Ledger } from "../../src/ledger/ledger.js";
import { type Reading, startReading } from "./reading-fixture.js";

const PARTITIONS = 2;
const MINUTE_MS = 60_000;
let reading: Reading;
let ledger: Ledger;

beforeAll(async () => {
  reading = await startReading({ PARTITIONS: String(PARTITIONS) });
  ledger = createLedger({ redis: reading.redis, keys: reading.keys, partitions: PARTITIONS, db: reading.store.db });
});
afterAll(() => reading?.stop());
beforeEach(async () => {
  await reading.redis.flushall();
  await ledgerCollection(reading.store.db).deleteMany({});
});

const thisMinute = () => Math.floor(Date.now() / MINUTE_MS);

/** Counts a, s, u, d of a minute, as the scripts would leave them. */
async function count(
  partition: number,
  minute: number,
  tenantId: string,
  counts: Partial<Record<"a" | "s" | "u" | "d", number>>,
): Promise<void> {
  for (const [letter, n] of Object.entries(counts)) {
    await reading.redis.hincrby(reading.keys.partition(partition).ledger, `${minute}:${tenantId}:${letter}`, n);
  }
}

function archive(at?: (point: "marked" | "copied") => void | Promise<void>) {
  const { redis, keys, store } = reading;
  return createArchive({ redis, keys, partitions: PARTITIONS, db: store.db, everyMs: 3_600_000, onError() {}, ...(at ? { at } : {}) });
}

const everything = async () => (await ledger.read({ tenantId: null }, 10_000)).total;

describe("the ledger", () => {
  it("counts the real way of events: in flight until settled, then stored, duplicate, nothing missing", async () => {
    await reading.redis.set(reading.keys.partitionCount, PARTITIONS);
    await reading.accept(
      "acme",
      Array.from({ length: 40 }, (_, i) => ({ eventId: `e-${i}`, type: "T", occurredAt: "2026-01-01T00:00:00Z" })),
    );
    const before = await ledger.read({ tenantId: "acme" }, 100);
    expect(before.total).toMatchObject({ accepted: 40, stored: 0, inFlight: 40, missing: 0 });
    expect(before.items.every(({ closed }) => !closed)).toBe(true);

    const worker = await reading.startWorker();
    await reading.settled();
    expect(await everything()).toMatchObject({ accepted: 40, stored: 40, inFlight: 0, missing: 0 });
    // After the dedupe window the same events are accepted again, and found out when they are to be stored.
    for (let p = 0; p < PARTITIONS; p++) await reading.redis.del(reading.keys.partition(p).dedupe0, reading.keys.partition(p).dedupe1);
    await reading.accept(
      "acme",
      Array.from({ length: 10 }, (_, i) => ({ eventId: `e-${i}`, type: "T", occurredAt: "2026-01-01T00:00:00Z" })),
    );
    await reading.settled();
    await worker.close();
    expect(await everything()).toEqual({
      accepted: 50,
      stored: 40,
      duplicate: 10,
      dead: 0,
      inFlight: 0,
      missing: 0,
      acknowledged: 0,
      surplus: 0,
      expired: 0,
      erased: 0,
    });
  });

  it("closes a minute only when nothing of it is under way in any partition, and then calls what is missing missing", async () => {
    const minute = thisMinute() - 5;
    await count(0, minute, "acme", { a: 10, s: 7 });
    // An entry of that very minute in the other partition, then only younger ones.
    const { stream } = reading.keys.partition(1);
    await reading.redis.xadd(stream, `${minute * MINUTE_MS + 59_999}-0`, "e", "x");
    expect((await ledger.read({ tenantId: null }, 10)).items[0]).toMatchObject({ closed: false, inFlight: 3, missing: 0 });
    expect(await ledger.summary()).toMatchObject({ missing: 0, missingSinceMs: null });

    await reading.redis.xadd(stream, `${(minute + 1) * MINUTE_MS}-0`, "e", "x");
    await reading.redis.xdel(stream, `${minute * MINUTE_MS + 59_999}-0`);
    expect((await ledger.read({ tenantId: null }, 10)).items[0]).toMatchObject({ closed: true, inFlight: 0, missing: 3 });
    expect(await ledger.summary()).toMatchObject({ missing: 3, missingSinceMs: minute * MINUTE_MS });

    // A retry carries its original minute.
    await reading.redis.zadd(reading.keys.partition(0).retryAccepted, minute * MINUTE_MS + 5, "receipt");
    expect((await ledger.read({ tenantId: null }, 10)).items[0]).toMatchObject({ closed: false, inFlight: 3 });
  });

  it("does not close the minute that is running", async () => {
    await count(0, thisMinute(), "acme", { a: 2, s: 2 });
    expect((await ledger.read({ tenantId: null }, 10)).items[0]).toMatchObject({ closed: false, inFlight: 0 });
  });

  it("reads ranges by minute and tenant, newest first; the sums cover the whole range", async () => {
    const now = thisMinute();
    for (let i = 0; i < 10; i++) await count(i % 2, now - i, i % 3 === 0 ? "globex" : "acme", { a: 1, s: 1 });
    const acme = await ledger.read({ tenantId: "acme" }, 2);
    expect(acme.items.map(({ minute }) => now - minute)).toEqual([1, 2]);
    expect(acme.total.accepted).toBe(6);
    const range = await ledger.read({ tenantId: null, fromMs: (now - 4) * MINUTE_MS + 30_000, toMs: (now - 1) * MINUTE_MS }, 100);
    expect(range.items.map(({ minute }) => now - minute)).toEqual([2, 3, 4]);
  });
});

describe("minutes with something missing", () => {
  const minutesAgo = (items: { minute: number }[]) => items.map(({ minute }) => thisMinute() - minute);

  /** 30 minutes that add up, but for two of them; the older loss is acme's. */
  async function lose(): Promise<void> {
    for (let ago = 100; ago > 70; ago--) await count(ago % PARTITIONS, thisMinute() - ago, "acme", { a: 10, s: 9, d: 1 });
    await count(0, thisMinute() - 95, "acme", { a: 2 });
    await count(0, thisMinute() - 80, "globex", { a: 1 });
  }

  it("are found however many newer ones there are; a list that was cut says so, and since when something is missing", async () => {
    await lose();
    const check = async (where: string) => {
      const newest = await ledger.read({ tenantId: null }, 5);
      expect(minutesAgo(newest.items), where).toEqual([71, 72, 73, 74, 75]);
      const since = { missingSinceMs: (thisMinute() - 95) * MINUTE_MS };
      expect(newest, where).toMatchObject({ truncated: true, total: { accepted: 303, missing: 3 }, ...since });
      expect((await ledger.read({ tenantId: null }, 31)).truncated, where).toBe(false);

      const lost = await ledger.read({ tenantId: null, onlyMissing: true }, 2);
      expect(minutesAgo(lost.items), where).toEqual([80, 95]);
      expect(lost, where).toMatchObject({ truncated: false, total: newest.total, ...since });
      const cut = await ledger.read({ tenantId: null, onlyMissing: true }, 1);
      expect([minutesAgo(cut.items), cut.truncated], where).toEqual([[80], true]);
      const [acme, young] = [
        await ledger.read({ tenantId: "acme", onlyMissing: true }, 5),
        await ledger.read({ tenantId: "acme", fromMs: (thisMinute() - 90) * MINUTE_MS, onlyMissing: true }, 5),
      ];
      expect(minutesAgo(acme.items), where).toEqual([95]);
      expect(young, where).toMatchObject({ items: [], truncated: false, missingSinceMs: null, total: { missing: 0 } });
    };
    await check("in Redis");
    const mover = archive();
    await mover.run();
    mover.close();
    await check("in MongoDB");
  });

  it("are those that an operator has acknowledged, too; those that are in flight are not", async () => {
    await lose();
    const mover = archive();
    await mover.run();
    mover.close();
    await ledgerCollection(reading.store.db).updateOne(
      { tenantId: "globex" },
      { $set: { unacknowledged: 0, acknowledged: { missing: 1, alarm: "a" } } },
    );
    await count(0, thisMinute(), "acme", { a: 5 });
    const { items, total } = await ledger.read({ tenantId: null, onlyMissing: true }, 5);
    expect(items).toMatchObject([
      { tenantId: "globex", missing: 1, acknowledged: 1 },
      { tenantId: "acme", missing: 2, acknowledged: 0 },
    ]);
    expect(total).toMatchObject({ missing: 3, acknowledged: 1, inFlight: 5 });
  });
});

describe("closed minutes move to MongoDB", () => {
  async function fill(): Promise<void> {
    const old = thisMinute() - 100;
    for (let i = 0; i < 30; i++) {
      for (let p = 0; p < PARTITIONS; p++) await count(p, old + i, i % 2 ? "acme" : "globex", { a: 10 + i, s: 6 + i, u: 1, d: 3 });
    }
    // One event of one minute was lost.
    await count(0, old + 7, "acme", { a: 1 });
    await count(0, thisMinute() - 2, "acme", { a: 5, s: 5 });
  }

  it("and are read the same from there; what is young stays", async () => {
    await fill();
    const before = await ledger.read({ tenantId: null }, 1_000);
    const mover = archive();
    expect(await mover.run()).toBe(60);
    expect(await mover.run()).toBe(0);
    mover.close();
    expect(await ledger.read({ tenantId: null }, 1_000)).toEqual(before);
    expect(await ledger.summary()).toMatchObject({ missing: 1, missingSinceMs: (thisMinute() - 93) * MINUTE_MS });
    expect(await reading.redis.hlen(reading.keys.partition(0).ledger)).toBe(2);
    expect(await ledgerCollection(reading.store.db).countDocuments({ missing: 1 })).toBe(1);
  });

  it("whichever step the process dies after, and whoever repeats it", async () => {
    await fill();
    const before = await everything();
    for (const point of ["marked", "copied"] as const) {
      const dying = archive((reached) => {
        if (reached === point) throw new Error("died");
      });
      await expect(dying.run()).rejects.toThrow("died");
      dying.close();
      expect(await everything(), point).toEqual(before);
    }
    const [one, other] = [archive(), archive()];
    await Promise.all([one.run(), other.run()]);
    await one.run();
    one.close();
    other.close();
    expect(await everything()).toEqual(before);
    // What is young has its copy, and with it its mark.
    expect(await reading.redis.hkeys(reading.keys.partition(0).ledgerMarks)).toEqual([`${thisMinute() - 2}:acme`]);
  });

  it("is exact at every moment of the move, read by others meanwhile", async () => {
    await fill();
    const mover = archive();
    const old = thisMinute() - 200;
    // Many small moves: what could go wrong goes wrong between two steps of one.
    for (let round = 0; round < 150; round++) {
      await count(round % PARTITIONS, old + round, "initech", { a: 3, s: 3 });
      const before = await everything();
      let moving = true;
      const move = mover.run().finally(() => {
        moving = false;
      });
      while (moving) expect(await everything()).toEqual(before);
      await move;
      expect(await everything()).toEqual(before);
    }
    mover.close();
  });

  it("a row that changes between copy and removal stays and is copied over; one that comes back later adds", async () => {
    const old = thisMinute() - 100;
    await count(0, old, "acme", { a: 5, s: 4 });
    let first = true;
    const mover = archive(async (point) => {
      if (point !== "copied" || !first) return;
      first = false;
      await count(0, old, "acme", { s: 1 });
    });
    expect(await mover.run()).toBe(0);
    expect(await everything()).toMatchObject({ accepted: 5, stored: 5, missing: 0 });
    expect(await mover.run()).toBe(1);
    expect(await everything()).toMatchObject({ accepted: 5, stored: 5, missing: 0 });

    // A clock that went back: the minute gets another event after it was moved.
    await count(0, old, "acme", { a: 2, s: 2 });
    expect(await everything()).toMatchObject({ accepted: 7, stored: 7, missing: 0 });
    expect(await mover.run()).toBe(1);
    mover.close();
    expect(await everything()).toMatchObject({ accepted: 7, stored: 7, missing: 0 });
  });

  it("does not move a minute that is not closed, however old", async () => {
    const old = thisMinute() - 100;
    await count(0, old, "acme", { a: 5, s: 4 });
    await reading.redis.zadd(reading.keys.partition(1).retryAccepted, old * MINUTE_MS, "receipt");
    const mover = archive();
    expect(await mover.run()).toBe(0);
    mover.close();
  });
});
