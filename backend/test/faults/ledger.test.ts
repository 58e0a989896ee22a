import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { audit, type Verdict } from "@streamforge/infrastructure/judge";
import type { Alarm, Check, Ledger, Stats } from "@streamforge/shared";
import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NewestDocument } from "../../src/ledger/samples.js";
import { events, inRounds, type Judged, judge, sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));

/** Promise 28: Redis comes back from an older AOF, or empty: the loss is announced with its bound; nothing is called complete. */
describe("promise 28: a Redis that lost data", () => {
  let stack: Stack;
  let redis: Redis;
  let mongo: MongoClient;
  beforeAll(async () => {
    stack = await startStack({ env: { CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200", PARTITIONS: "2" } });
    redis = new Redis(stack.redis.adminUrl);
    redis.on("error", () => {});
    mongo = await new MongoClient(stack.mongo.url).connect();
  });
  afterAll(async () => {
    redis?.disconnect();
    await mongo?.close();
    await stack?.stop();
  });

  const ask = async <T>(path: string, method = "GET", body?: object): Promise<T> => {
    const headers: Record<string, string> = { "x-admin-token": stack.adminToken, ...(body ? { "content-type": "application/json" } : {}) };
    const response = await fetch(`${stack.api.url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
    return (await response.json()) as T;
  };
  const stats = () => ask<Stats>("/v1/stats");
  const alarms = async () => (await ask<{ items: Alarm[] }>("/v1/admin/ledger/alarms")).items;
  const openAlarms = async () => (await alarms()).filter(({ acknowledged }) => acknowledged === null);
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${stack.api.url}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  };
  const until = async (what: string, holds: () => Promise<boolean>, withinMs = 30_000): Promise<void> => {
    const deadline = Date.now() + patience(withinMs);
    while (!(await holds().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}\n${stack.api.output().slice(-2_000)}`);
      await sleep(50);
    }
  };
  const acknowledgeAll = async (): Promise<void> => {
    for (const { id } of await openAlarms())
      await ask(`/v1/admin/ledger/alarms/${id}/acknowledge`, "POST", { note: "found out by the test" });
    await until("complete after acknowledgement", async () => (await stats()).ledger.verdict === "complete");
  };
  const sf = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { PATH: process.env.PATH ?? "", STREAMFORGE_URL: stack.api.url, ADMIN_TOKEN: stack.adminToken };
      execFile(process.execPath, [SF, ...args], { env }, (error, out, err) => resolve({ code: error ? Number(error.code) : 0, out, err }));
    });
  /** What the judge finds, who knows what was acknowledged and what is stored. */
  const found = ({ journal }: Judged): Promise<Verdict> =>
    audit({
      journal,
      mongodbUri: stack.mongo.url,
      database: "streamforge",
      redisUrl: stack.redis.url,
      keyPrefix: "sf",
      checkLedger: false,
    });
  /** Accepted and not settled, by the newest sample. */
  const sampledInFlight = async (): Promise<number> => {
    const newest = await mongo.db("streamforge").collection<NewestDocument>("totals").findOne({ _id: "newest" });
    return (newest?.partitions ?? []).reduce((sum, { accepted, settled }) => sum + accepted - settled, 0);
  };
  /** Watches that nothing is called complete while it is not known to be. */
  const watchVerdicts = () => {
    const seen: string[] = [];
    const timer = setInterval(() => {
      stats().then(
        ({ ledger }) => seen.push(ledger.verdict),
        () => {},
      );
    }, 100);
    return { seen, stop: () => clearInterval(timer) };
  };
  /** The counts of all that lived through it are in after two seconds. */
  const settledAlarm = async (before: number): Promise<Alarm> => {
    await until("an alarm", async () => (await alarms()).length > before);
    await sleep(3_000);
    return (await alarms())[0] as Alarm;
  };

  test("Redis killed and back with its own append-only file: no alarm", async () => {
    const judged = await judge(stack, { ratePerSecond: 600 });
    const kill = async (): Promise<void> => {
      await stack.redis.kill("SIGKILL");
      await stack.redis.restart();
    };
    await inRounds(judged, 3, events("own-aof", 1_800), kill, { format: "ndjson", batch: 20 });
    await judged.verdict();
    await sleep(3_000);
    expect(await alarms()).toEqual([]);
    await until("complete", async () => (await stats()).ledger.verdict === "complete");
    await judged.close();
  });

  test("an unread entry is deleted by hand: its minute closes with what is missing, and says so everywhere", async () => {
    const judged = await judge(stack);
    await stack.worker.kill("SIGTERM");
    await judged.producer.send(events("deleted", 40), { format: "ndjson" });
    const accepted = Date.now();
    let deleted = 0;
    for (const p of [0, 1]) {
      const key = `sf:{${p}}:stream`;
      const [entry] = await redis.xrangeBuffer(key, "-", "+", "COUNT", 1);
      if (entry) deleted += await redis.xdel(key, entry[0]);
    }
    expect(deleted).toBeGreaterThan(0);
    await stack.worker.restart();
    // A minute closes when it is over; until then nobody knows, and nothing is called complete.
    const verdicts = new Set<string>();
    const isMissing = async (): Promise<boolean> => {
      const { ledger, at } = await stats();
      // What is said is a second old, and made of what was seen a quarter of one before.
      if (Date.parse(at) > accepted + 1_000) verdicts.add(ledger.verdict);
      return ledger.missing > 0;
    };
    await until("missing", isMissing, 90_000);
    expect([...verdicts]).not.toContain("complete");
    const lost = (await found(judged)).lost.length;
    expect(lost).toBeGreaterThan(0);
    await until("an alarm", async () => (await openAlarms()).length > 0);
    await until("the alarm in the figures", async () => (await stats()).ledger.alarms.length > 0);
    const now = await stats();
    expect(now.ledger).toMatchObject({ missing: lost, verdict: "missing" });
    expect(now.warnings.filter(({ severity }) => severity === "critical").map(({ code }) => code)).toEqual(
      expect.arrayContaining(["events-missing", "ledger-alarm"]),
    );
    expect(await metric("streamforge_ledger_missing_events")).toBe(lost);
    expect(await metric("streamforge_ledger_unacknowledged_alarms")).toBe(1);
    expect((await openAlarms())[0]).toMatchObject({ kind: "events-missing", upTo: lost });
    expect(stack.api.output()).toContain("events are missing");
    // It outlives the move to MongoDB, and its time.
    const minute = Math.floor(accepted / 60_000);
    const kept = await mongo
      .db("streamforge")
      .collection("ledger")
      .find({ minute: { $gte: minute - 1 }, missing: { $gt: 0 } })
      .toArray();
    expect(kept.reduce((sum, { missing }) => sum + missing, 0)).toBe(lost);
    expect(kept.every(({ expires }) => expires === undefined)).toBe(true);

    // Over the command line, as an operator would.
    const told = await sf("ledger");
    expect(told).toMatchObject({ code: 1, err: "" });
    expect(told.out).toContain("not acknowledged");
    const [{ id } = { id: "" }] = await openAlarms();
    expect((await sf("ledger", "acknowledge", id, "--note", "found out by the test")).out).toContain("is acknowledged by X-Admin-Token");
    await until("complete after acknowledgement", async () => (await stats()).ledger.verdict === "complete");
    expect(await sf("ledger")).toMatchObject({ code: 0 });
    const after = await stats();
    expect(after.ledger).toMatchObject({ missing: 0, acknowledged: lost, alarms: [], verdict: "complete" });
    expect(after.ledger.sentence).toContain("acknowledged as lost");
    expect(await metric("streamforge_ledger_unacknowledged_alarms")).toBe(0);
    expect((await alarms())[0]).toMatchObject({ kind: "events-missing", acknowledged: { note: "found out by the test" } });
    await judged.close();
  });

  test("FLUSHALL under load: the bound contains what was lost; everything heals; nothing is called complete", async () => {
    const before = (await alarms()).length;
    const judged = await judge(stack, { ratePerSecond: 800 });
    // The worker is slow, so that there is something to lose.
    const load = judged.producer.run(events("flushed", 6_000), { format: "ndjson", batch: 50 });
    const acknowledged = async (count: number): Promise<void> => {
      while (judged.journal.acknowledged() < count) await sleep(10);
    };
    await acknowledged(1_600);
    await stack.worker.kill("SIGSTOP");
    await acknowledged(2_800);
    await redis.flushall();
    const watch = watchVerdicts();
    await sleep(500);
    await stack.worker.kill("SIGCONT");
    await load;
    const alarm = await settledAlarm(before);
    const { lost, twice } = await found(judged);
    watch.stop();
    expect(twice).toEqual([]);
    expect(lost.length).toBeGreaterThan(100);
    expect(alarm.kind).toBe("redis-empty");
    expect(alarm.upTo, JSON.stringify(alarm.bound)).toBeGreaterThanOrEqual(lost.length);
    // And it is a bound, not a guess at "everything".
    expect(alarm.upTo, JSON.stringify(alarm.bound)).toBeLessThan(lost.length + 4_000);
    expect(alarm.bound).toMatchObject({ sinceBasis: "counted", countedBy: 1 });
    expect(watch.seen.filter((verdict) => verdict === "complete")).toEqual([]);
    expect(await redis.get("sf:partitions")).toBe("2");
    expect(await redis.get("sf:epoch")).toMatch(/^[0-9a-f-]{36}$/);
    // What is gone is not called complete minute by minute either.
    const { total, unaccounted } = await ask<Ledger>("/v1/admin/ledger");
    expect(total.missing + total.inFlight + (unaccounted ?? 0)).toBeGreaterThan(0);

    // The same ids once more: what was stored is recognised, what was lost is taken.
    await judged.producer.run(events("flushed", 6_000), { format: "ndjson", batch: 200 });
    await until("drained", async () => (await stats()).backlog.events === 0);
    expect(await found(judged)).toMatchObject({ lost: [], twice: [], overwritten: [] });
    await acknowledgeAll();
    expect((await alarms()).length).toBe(before + 1);
    await judged.close();
  });

  test("an older append-only file: the bound contains what was lost", async () => {
    const before = (await alarms()).length;
    const judged = await judge(stack, { ratePerSecond: 600 });
    const backup = mkdtempSync(join(tmpdir(), "sf-aof-"));
    await judged.producer.run(events("before-copy", 600), { format: "ndjson", batch: 50 });
    await sleep(1_500);
    cpSync(stack.redis.dataDir, backup, { recursive: true });
    // Some are stored, some are not when it happens.
    await judged.producer.run(events("after-copy", 900), { format: "ndjson", batch: 50 });
    await stack.worker.kill("SIGSTOP");
    await judged.producer.run(events("unread", 700), { format: "ndjson", batch: 50 });
    await stack.redis.kill("SIGKILL");
    rmSync(stack.redis.dataDir, { recursive: true, force: true });
    cpSync(backup, stack.redis.dataDir, { recursive: true });
    await stack.redis.restart();
    // At once many more than were lost: totals alone would not tell.
    await judged.producer.run(events("afterwards", 3_000), { format: "ndjson", batch: 500 });
    await stack.worker.kill("SIGCONT");
    const alarm = await settledAlarm(before);
    await until("drained", async () => (await stats()).backlog.events === 0);
    const { lost, twice } = await found(judged);
    expect(twice).toEqual([]);
    expect(lost.length).toBeGreaterThan(100);
    expect(alarm.kind).toBe("redis-older");
    expect(alarm.upTo, JSON.stringify(alarm.bound)).toBeGreaterThanOrEqual(lost.length);
    expect(alarm.upTo, JSON.stringify(alarm.bound)).toBeLessThan(lost.length + 4_500);
    expect((await stats()).ledger.verdict).toBe("missing");
    await acknowledgeAll();
    rmSync(backup, { recursive: true, force: true });
    await judged.close();
  });

  test("a Redis that was wiped while nobody looked: the next start says so before it serves", async () => {
    const before = (await alarms()).length;
    const judged = await judge(stack);
    await stack.worker.kill("SIGTERM");
    await judged.producer.run(events("unseen", 300), { format: "ndjson", batch: 50 });
    await until("a sample with all of them", async () => (await sampledInFlight()) === 300);
    await stack.api.kill("SIGKILL");
    await redis.flushall();
    await stack.api.restart();
    await stack.worker.restart();
    expect((await alarms()).length).toBe(before + 1);
    // Who came afterwards has nothing to count.
    const alarm = await settledAlarm(before);
    const { lost } = await found(judged);
    expect(lost).toHaveLength(300);
    expect(alarm).toMatchObject({ kind: "redis-empty", acknowledged: null, bound: { known: 300, sinceBasis: "estimated" } });
    expect(alarm.upTo).toBeGreaterThanOrEqual(300);
    expect((await stats()).ledger.verdict).not.toBe("complete");
    await acknowledgeAll();
    // A restart afterwards raises nothing more, and forgets nothing.
    await stack.api.kill("SIGTERM");
    await stack.api.restart();
    expect((await alarms()).length).toBe(before + 1);
    expect(await openAlarms()).toEqual([]);
    await judged.close();
  });

  test("afterwards the independent count agrees, by what the acknowledged alarms explain", async () => {
    const over = new Date();
    const copied = () => mongo.db("streamforge").collection<{ _id: string; closedUntil: Date }>("totals").findOne({ _id: "copied" });
    await until("all minutes closed", async () => ((await copied())?.closedUntil ?? 0) > over, 90_000);
    const { code, out } = await sf("--json", "ledger", "verify");
    const check = JSON.parse(out) as Check;
    expect(check, out).toMatchObject({ status: "agrees" });
    expect(code).toBe(0);
    expect(check.documents).toBeGreaterThan(5_000);
  });
});
