import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { event, events, inRounds, judge, ROUNDS, sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience, SLOWNESS } from "../support/yardstick.js";

/** Events that are sent again, unchanged and with another body. */
const LATE = ROUNDS * 100;
const CHANGED = ROUNDS * 50;
/** Long enough for the largest part of a test that must stay within it, on this machine as it is now. */
const WINDOW_SECONDS = Math.ceil((3 + CHANGED / 2_000) * SLOWNESS);

describe("identities", () => {
  let stack: Stack;
  let redis: Redis;
  let mongo: MongoClient;
  beforeAll(async () => {
    stack = await startStack({ env: { IDEMPOTENCY_TTL_SECONDS: String(WINDOW_SECONDS) } });
    redis = new Redis(stack.redis.adminUrl);
    mongo = await new MongoClient(stack.mongo.url).connect();
  });
  afterAll(async () => {
    redis?.disconnect();
    await mongo?.close();
    await stack?.stop();
  });
  const count = (collection: string, filter: object) => mongo.db("streamforge").collection(collection).countDocuments(filter);

  /** Past the window, and the hashes rotated twice by other events. */
  const outliveWindow = async (): Promise<void> => {
    const { producer, close } = await judge(stack);
    for (let i = 0; i < 3; i++) {
      await sleep(WINDOW_SECONDS * 1_000 + 200);
      await producer.send([event(`passing-${Date.now()}`, i)]);
    }
    await close();
  };

  test("promise 11: the same id 20 times at once over two API processes is accepted once", async () => {
    const second = await stack.startApi();
    const ids = ROUNDS * 100;
    const { producer, verdict, close } = await judge(stack, { apiUrl: [stack.apiUrl, second.url], concurrency: 64 });
    const codes: number[] = [];
    // A hundred ids at once, so that a long run does not wait for 200,000 sockets.
    for (let from = 0; from < ids; from += 100) {
      const sent = Array.from({ length: 20 * 100 }, (_, i) => producer.send([event("same", from + Math.floor(i / 20))]));
      codes.push(...(await Promise.all(sent)).flat().map((answer) => answer.status));
    }
    expect(codes.filter((code) => code === 202)).toHaveLength(ids);
    expect(codes.filter((code) => code === 409)).toHaveLength(19 * ids);
    await verdict();
    expect(await count("events", { eventId: /^same-/ })).toBe(ids);
    await second.kill("SIGTERM");
    await close();
  });

  test("promise 12: an unchanged resend after the window is a duplicate in the ledger and in no store", async () => {
    const { producer, verdict, close } = await judge(stack);
    await producer.run(events("late", LATE), { format: "ndjson" });
    await verdict();
    await outliveWindow();
    const before = await verdict();
    const answers = await producer.send(events("late", LATE), { format: "ndjson" });
    expect(answers.every((answer) => answer.outcome === "acknowledged")).toBe(true);
    const after = await verdict();
    expect(after.ledger.duplicate - before.ledger.duplicate).toBe(LATE);
    expect(await count("events", { eventId: /^late-/ })).toBe(LATE);
    await close();
  });

  test("promise 12: the same after Redis was wiped", async () => {
    const { producer, verdict, close } = await judge(stack);
    await producer.run(events("wiped", LATE), { format: "ndjson" });
    await verdict();
    await redis.flushall();
    await producer.send(events("wiped", LATE), { format: "ndjson" });
    await verdict({ checkLedger: false });
    expect(await count("events", { eventId: /^wiped-/ })).toBe(LATE);
    // From now on totals begin anew: the judge knows it by the loss that is announced.
    await expect.poll(() => count("ledger_alarms", {}), { timeout: patience(10_000) }).toBeGreaterThan(0);
    await close();
  });

  test("promise 13: another body under the same id is flagged and overwrites nothing, within and after the window", async () => {
    const { producer, verdict, close } = await judge(stack);
    const originals = events("conflict", CHANGED);
    const changed = originals.map((_, n) => event("conflict", n, { payload: { changed: true } }));
    await producer.send(originals, { format: "array" });
    const within = await Promise.all(changed.map((item) => producer.send([item])));
    expect(within.flat().filter((answer) => answer.status !== 422)).toEqual([]);
    await verdict();
    await outliveWindow();
    await producer.send(changed, { format: "ndjson" });
    const found = await verdict();
    expect(found.overwritten).toEqual([]);
    expect(await count("events_dlq", { eventId: /^conflict-/, reasonCode: "IDENTITY_CONFLICT" })).toBe(CHANGED);
    expect(await count("events", { eventId: /^conflict-/, "payload.changed": true })).toBe(0);
    await close();
  });

  test("promises 12 and 13: the same content in another spelling is a duplicate, within and after the window and after Redis was wiped", async () => {
    const { verdict, close } = await judge(stack);
    const send = async (items: string[]): Promise<{ accepted: number; duplicates: number; conflicts: number }> => {
      const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/x-ndjson" };
      const response = await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body: items.join("\n") });
      const { accepted, duplicates, conflicts } = (await response.json()) as Awaited<ReturnType<typeof send>>;
      return { accepted, duplicates, conflicts };
    };
    const all = (spell: (n: number) => string) => Array.from({ length: CHANGED }, (_, n) => spell(n));
    const at = '"occurredAt":"2026-05-01T10:00:00Z","userId":"respelled"';
    // Half of them by their eventId, half by their content, which has numbers that no double holds.
    const id = (n: number) => (n % 2 === 0 ? `"eventId":"respelled-${n}",` : "");
    const firsts = all(
      (n) => `{${id(n)}"eventType":"SALE",${at},"payload":{"amount":${n},"currency":"EUR","post":11098866323192${1000 + n},"s":"ü"}}`,
    );
    const others = all(
      (n) =>
        `{"payload":{ "s":"\\u00fc","post":11098866323192${1000 + n}.0,"currency":"EUR","amount":${n}e0},"eventType":"SALE",${id(n)}${at}}`,
    );
    const duplicatesCounted = async (): Promise<number> => {
      const row = Object.entries(await redis.hgetall("sf:{0}:ledger")).filter(([field]) => field.endsWith(":u"));
      return row.reduce((sum, [, count]) => sum + Number(count), 0);
    };
    const stored = () => count("events", { userId: "respelled" });
    const dead = () => count("events_dlq", { userId: "respelled" });

    expect(await send(firsts)).toEqual({ accepted: CHANGED, duplicates: 0, conflicts: 0 });
    expect(await send(others)).toEqual({ accepted: 0, duplicates: CHANGED, conflicts: 0 });
    await outliveWindow();
    await verdict({ checkLedger: false });
    const before = await duplicatesCounted();
    expect(await send(others)).toEqual({ accepted: CHANGED, duplicates: 0, conflicts: 0 });
    await expect.poll(async () => (await duplicatesCounted()) - before, { timeout: 60_000 }).toBe(CHANGED);
    await redis.flushall();
    expect(await send(others)).toEqual({ accepted: CHANGED, duplicates: 0, conflicts: 0 });
    await expect.poll(duplicatesCounted, { timeout: 60_000 }).toBe(CHANGED);
    expect([await stored(), await dead()]).toEqual([CHANGED, 0]);
    await close();
  });

  test("promise 16: the consumer group is destroyed under load, again and again", async () => {
    const { producer, journal, verdict, close } = await judge(stack, { ratePerSecond: 1_000 });
    const destroy = async (): Promise<void> => {
      await redis.xgroup("DESTROY", "sf:{0}:stream", "workers");
    };
    await inRounds({ producer, journal }, 4 * ROUNDS, events("group", ROUNDS * 1_000), destroy, { format: "ndjson", batch: 20 });
    const found = await verdict({ settleTimeoutMs: 10_000 });
    expect(found.acknowledged).toBe(ROUNDS * 1_000);
    await close();
  });
});
