import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AlarmDocument, alarmView, createAlarms } from "../../src/ledger/alarms.js";
import { createArchive, ledgerCollection } from "../../src/ledger/archive.js";
import { createLedger } from "../../src/ledger/ledger.js";
import { readNewest } from "../../src/ledger/samples.js";
import { createWitness, type Witness } from "../../src/ledger/witness.js";
import { agreeEpoch, keepPartitions } from "../../src/stream/data-set.js";
import { redisNames } from "../support/redis-names.js";
import { type Reading, startReading, until } from "./reading-fixture.js";

const PARTITIONS = 2;
const MINUTE_MS = 60_000;
let reading: Reading;
const witnesses: Witness[] = [];

beforeAll(async () => {
  reading = await startReading({ PARTITIONS: String(PARTITIONS) });
});
afterAll(() => reading?.stop());
beforeEach(async () => {
  for (const witness of witnesses.splice(0)) witness.close();
  for (const name of ["ledger", "ledger_alarms", "totals"]) await reading.store.db.collection(name).deleteMany({});
  await reading.redis.flushall();
  await agreeEpoch(reading.redis, reading.keys);
});

interface Own {
  accepted?: () => number;
  everyMs?: number;
  name?: string;
}

/** A witness as an API process has it; `everyMs` is so long that only `look` looks, by default. */
function witness({ accepted = () => 0, everyMs = 3_600_000, name = "test" }: Own = {}): Witness {
  const { redis, keys, store } = reading;
  const made = createWitness({
    redis,
    keys,
    partitions: PARTITIONS,
    db: store.db,
    alarms: createAlarms(store.db),
    name,
    ownAccepted: async () => accepted(),
    now: Date.now,
    onAlarm() {},
    onError(error) {
      throw error;
    },
    everyMs,
  });
  witnesses.push(made);
  return made;
}

const totalsOf = (p: number) => reading.keys.partition(p).totals;
const count = (p: number, fields: Record<string, number>) =>
  Promise.all(Object.entries(fields).map(([field, n]) => reading.redis.hincrby(totalsOf(p), field, n)));
const alarms = () => createAlarms(reading.store.db).list();
const only = async (): Promise<AlarmDocument> => {
  const all = await alarms();
  expect(all).toHaveLength(1);
  return all[0] as AlarmDocument;
};

/** The state of Redis as it is now, to come back to. */
async function copyState(): Promise<() => Promise<void>> {
  const names = await redisNames(reading.redis, "*");
  const dumps = await Promise.all(names.map((name) => reading.redis.dumpBuffer(name)));
  return async () => {
    await reading.redis.flushall();
    await Promise.all(names.map((name, i) => reading.redis.restore(name, 0, dumps[i] as Buffer)));
  };
}

describe("the witness", () => {
  it("raises nothing at a first installation, nor while totals grow, no matter who looks", async () => {
    const [one, other] = [witness({ name: "one" }), witness({ name: "other" })];
    const growing = (async () => {
      for (let i = 0; i < 200; i++) await count(i % 2, { accepted: 3, stored: 2 });
    })();
    for (let i = 0; i < 40; i++) await Promise.all([one.look(), other.look()]);
    await growing;
    await one.look();
    await other.look();
    expect(await alarms()).toEqual([]);
    expect((await readNewest(reading.store.db))?.partitions).toMatchObject([
      { accepted: 300, settled: 200 },
      { accepted: 300, settled: 200 },
    ]);
  });

  it("does not write to an idle Redis", async () => {
    await count(0, { accepted: 1 });
    const one = witness();
    await one.look();
    const before = await reading.redis.hgetall(totalsOf(0));
    for (let i = 0; i < 5; i++) await one.look();
    expect(await reading.redis.hgetall(totalsOf(0))).toEqual(before);
  });

  it("knows a Redis that came back older, although it has accepted more since than it lost", async () => {
    await count(0, { accepted: 100, stored: 90 });
    await witness().look();
    const comeBack = await copyState();
    await count(0, { accepted: 50, stored: 20 });
    await witness().look();
    await comeBack();
    await count(0, { accepted: 500, stored: 500 });

    // Three at once, two of which remember what was before: one alarm.
    await Promise.all([witness({ name: "a" }).look(), witness({ name: "b" }).look(), witness({ name: "c" }).look()]);
    const alarm = await only();
    expect(alarm.kind).toBe("redis-older");
    // 50 were accepted since, 40 of all were not settled: those 40 at most.
    expect(alarmView(alarm)).toMatchObject({ bound: { known: 40, sinceBasis: "estimated" } });
    await witness().look();
    await count(0, { accepted: 1 });
    await witness().look();
    expect(await alarms()).toHaveLength(1);
  });

  it("does not announce again what another process has announced, whatever it remembers", async () => {
    const [one, other] = [witness({ name: "one" }), witness({ name: "other" })];
    await count(0, { accepted: 5 });
    const comeBack = await copyState();
    await count(0, { accepted: 10 });
    await one.look();
    await count(0, { accepted: 10 });
    await other.look();
    await comeBack();
    await other.look();
    await one.look();
    await one.look();
    expect(await only()).toMatchObject({ noticedBy: "other" });
  });

  it("bounds a loss by what was accepted since the restored state, where that is less than what was under way", async () => {
    await count(0, { accepted: 1_000 });
    await witness().look();
    const comeBack = await copyState();
    await count(0, { accepted: 7 });
    await witness().look();
    await comeBack();
    await witness().look();
    expect(alarmView(await only()).bound.known).toBe(7);
  });

  it("sees one partition that is lost, a stream that was deleted, an epoch that is another's", async () => {
    await count(0, { accepted: 10, stored: 4 });
    await count(1, { accepted: 20, stored: 15 });
    await reading.redis.xadd(reading.keys.partition(1).stream, "*", "e", "x");
    const look = async () => {
      await witness().look();
      return alarmView((await alarms())[0] as AlarmDocument);
    };
    await witness().look();
    await reading.redis.del(totalsOf(0));
    expect(await look()).toMatchObject({ kind: "redis-older", bound: { known: 6 } });
    await reading.redis.del(reading.keys.partition(1).stream);
    expect(await look()).toMatchObject({ kind: "redis-older", bound: { known: 5 } });
    await reading.redis.set(reading.keys.epoch, "another");
    expect(await look()).toMatchObject({ kind: "redis-other", bound: { known: 5 } });
    await reading.redis.del(reading.keys.epoch);
    expect(await look()).toMatchObject({ kind: "redis-other" });
    expect(await reading.redis.get(reading.keys.epoch)).toMatch(/^[0-9a-f-]{36}$/);
    expect(await alarms()).toHaveLength(4);
  });

  it("adds what processes counted that lived through it", async () => {
    let accepted = 0;
    const living = witness({ accepted: () => accepted, everyMs: 200, name: "living" });
    accepted = 100;
    await count(0, { accepted: 100 });
    await until(async () => (await readNewest(reading.store.db))?.partitions[0]?.accepted === 100);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await count(0, { stored: 100 });
    await until(async () => (await readNewest(reading.store.db))?.partitions[0]?.settled === 100);
    // Accepted after the last sample, and gone before the next.
    accepted += 12;
    await reading.redis.flushall();
    await until(async () => (await alarms())[0]?.loss?.reports.length === 1);
    const { bound } = alarmView(await only());
    expect(bound).toMatchObject({ known: 0, sinceBasis: "counted", countedBy: 1 });
    // Its clock may be off by half a second: it counts from a little before.
    expect(bound.since).toBeGreaterThanOrEqual(12);
    expect(bound.since).toBeLessThanOrEqual(112);
    living.close();
  });

  it("does not take a process that came afterwards for one that counted", async () => {
    await count(0, { accepted: 100 });
    await witness().look();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await reading.redis.flushall();
    const late = witness({ everyMs: 200, name: "late" });
    await late.look();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(alarmView(await only()).bound).toMatchObject({ known: 100, sinceBasis: "estimated", countedBy: 0 });
  });

  it("keeps the number of partitions where it was agreed", async () => {
    const { redis, keys } = reading;
    const found: number[] = [];
    const kept = keepPartitions(redis, keys, 2, (n) => found.push(n));
    await until(async () => (await redis.get(keys.partitionCount)) === "2");
    await redis.flushall();
    await until(async () => (await redis.get(keys.partitionCount)) === "2");
    await redis.set(keys.partitionCount, 5);
    await until(() => found.length === 1);
    kept.close();
    expect([found, await redis.get(keys.partitionCount)]).toEqual([[5], "5"]);
  });
});

describe("the ledger's rows after a loss", () => {
  const thisMinute = () => Math.floor(Date.now() / MINUTE_MS);
  const row = (p: number, minute: number, fields: Record<string, number>) =>
    Promise.all(
      Object.entries(fields).map(([letter, n]) => reading.redis.hincrby(reading.keys.partition(p).ledger, `${minute}:acme:${letter}`, n)),
    );
  const ledger = () => createLedger({ redis: reading.redis, keys: reading.keys, partitions: PARTITIONS, db: reading.store.db });
  const read = async () => (await ledger().read({ tenantId: null }, 1_000)).total;
  const archive = (expectedSamples: () => Promise<number[]>) => {
    const { redis, keys, store } = reading;
    const alarms = createAlarms(store.db);
    return createArchive({ redis, keys, partitions: PARTITIONS, db: store.db, everyMs: 3_600_000, alarms, expectedSamples, onError() {} });
  };

  /** An entry of the minute before: what is not settled of it is in flight. */
  const underWay = async () =>
    (await reading.redis.xadd(reading.keys.partition(0).stream, `${(thisMinute() - 1) * MINUTE_MS + 7}-0`, "e", "x")) as string;
  const settle = async (entry: string) => {
    await reading.redis.xdel(reading.keys.partition(0).stream, entry);
    await count(0, { stored: 2 });
    await row(0, Math.floor(Number.parseInt(entry, 10) / MINUTE_MS), { s: 2 });
  };

  it("that was empty do not look complete: what was under way is missing, what came after the copy is unaccounted", async () => {
    const one = witness();
    const mover = archive(one.expectedSamples);
    await count(0, { accepted: 10, stored: 6 });
    await row(0, thisMinute() - 1, { a: 10, s: 6 });
    await underWay();
    await one.look();
    await mover.run();
    await count(0, { accepted: 5 });
    await row(0, thisMinute(), { a: 5 });
    await one.look();
    await reading.redis.flushall();

    // The archive waits for the announcement.
    expect(await mover.run()).toBe(0);
    await one.look();
    const alarm = await only();
    expect([alarm.kind, alarm.unaccounted, alarmView(alarm).bound.known]).toEqual(["redis-empty", 5, 9]);
    const after = await ledger().read({ tenantId: null }, 100);
    expect([after.total.missing, after.unaccounted]).toEqual([4, 5]);
    await mover.run();
    expect(await alarms()).toHaveLength(1);

    expect(await ledger().summary()).toMatchObject({ missing: 4, alarms: [{ kind: "redis-empty" }] });
    await createAlarms(reading.store.db).acknowledge(alarm._id, "operator", "wiped");
    expect(await ledger().summary()).toMatchObject({ missing: 0, alarms: [] });
    expect(await read()).toMatchObject({ missing: 4, acknowledged: 4 });
    await mover.run();
    mover.close();
    expect(await ledgerCollection(reading.store.db).countDocuments({ unacknowledged: { $ne: 0 } })).toBe(0);
    expect(await alarms()).toHaveLength(1);
  });

  it("that came back with less than their copy take nothing back from it", async () => {
    const one = witness();
    const mover = archive(one.expectedSamples);
    await count(0, { accepted: 6, stored: 6 });
    await row(0, thisMinute() - 1, { a: 6, s: 6 });
    await one.look();
    await mover.run();
    const comeBack = await copyState();
    await count(0, { accepted: 4, stored: 3 });
    await row(0, thisMinute() - 1, { a: 4, s: 3 });
    await underWay();
    await one.look();
    await mover.run();
    await comeBack();
    await one.look();
    // A process that has copied nothing yet copies all.
    const another = archive(one.expectedSamples);
    await another.run();
    for (const each of [mover, another]) each.close();
    expect(await read()).toMatchObject({ accepted: 10, stored: 9, missing: 1 });
    await reading.redis.del(reading.keys.partition(0).ledger);
    expect(await read()).toMatchObject({ accepted: 10, stored: 9, missing: 1 });
  });

  it("that came back older count once, also those that had been copied or moved since", async () => {
    const one = witness();
    const mover = archive(one.expectedSamples);
    const old = thisMinute() - 20;
    await count(0, { accepted: 30, stored: 28 });
    await row(0, old, { a: 20, s: 20 });
    await row(0, thisMinute() - 1, { a: 10, s: 8 });
    const entry = await underWay();
    await one.look();
    const comeBack = await copyState();
    // Copied and moved only now: the state that comes back has no marks.
    expect(await mover.run()).toBe(1);
    await settle(entry);
    await one.look();
    await mover.run();
    expect(await read()).toMatchObject({ accepted: 30, stored: 30, missing: 0 });

    await comeBack();
    expect(await mover.run()).toBe(0);
    await one.look();
    expect((await only()).kind).toBe("redis-older");
    expect(await read()).toMatchObject({ accepted: 30, stored: 30, missing: 0 });
    await mover.run();
    // The two entries come once more, and are settled once more.
    await settle(entry);
    await one.look();
    await mover.run();
    mover.close();
    expect(await read()).toMatchObject({ accepted: 30, stored: 30, missing: 0 });
  });
});
