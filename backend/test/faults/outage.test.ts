import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { events, judge, sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** Promise 18 in short form: MongoDB is away for a while under load. `FAULT_OUTAGE_SECONDS=600` reaches its figure. */
const SECONDS = Number(process.env.FAULT_OUTAGE_SECONDS ?? 12);
const RATE = 500;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    // The circuit waits as long as by default: it is a probe that closes it.
    env: { CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200", CIRCUIT_OPEN_MS: "30000", MAX_RETRY_ATTEMPTS: "2" },
  });
});
afterAll(() => stack?.stop());

test(
  `promise 18: MongoDB is away for ${SECONDS} s under load: no dead letter, nothing lost, nobody blamed`,
  async () => {
    const { producer, journal, verdict, close } = await judge(stack, { ratePerSecond: RATE });
    const acknowledged = async (count: number): Promise<void> => {
      while (journal.acknowledged() < count) await sleep(20);
    };
    const count = (SECONDS + 6) * RATE;
    const load = producer.run(events("outage", count), { format: "ndjson", batch: 50 });
    await acknowledged(2 * RATE);
    await stack.mongo.kill("SIGKILL");
    await acknowledged((2 + SECONDS) * RATE);
    // It was taken in all the while, and nobody ran against a wall.
    const stats = await statsNow();
    expect(stats.backlog.events).toBeGreaterThan((SECONDS * RATE) / 2);
    expect(stats.workers[0]?.circuit).toMatch(/open$/);
    await stack.mongo.restart();
    const alarmMs = await alarmsEnd();
    console.log(`no alarm ${alarmMs.toFixed(0)} ms after MongoDB was back`);
    expect(alarmMs).toBeLessThan(patience(5_000));
    const drained = await drain(stats.backlog.events, () => journal.acknowledged());
    expect(drained.stored).toBeGreaterThan(2 * drained.accepted);
    await load;
    const found = await verdict({ settleTimeoutMs: 120_000 });
    expect(found.acknowledged).toBe(count);
    expect(found.dead).toBe(0);
    expect((await statsNow()).workers[0]?.circuit).toBe("closed");
    await close();

    const client = await new MongoClient(stack.mongo.url).connect();
    const db = client.db("streamforge");
    expect(await db.collection("events_dlq").countDocuments()).toBe(0);
    // An outage leaves no heap of rows that all say the same.
    expect(await db.collection("processing_attempts").countDocuments({ reason_code: "FAILED" })).toBe(0);
    expect(await db.collection("processing_attempts").countDocuments()).toBeLessThanOrEqual(1_000 * Math.ceil((SECONDS + 60) / 60));
    await client.close();
  },
  (SECONDS + 180) * 1_000,
);

/** Waits until what has waited is stored, while more comes in. @returns what went and what came meanwhile, in events */
async function drain(waiting: number, acknowledged: () => number): Promise<{ stored: number; accepted: number }> {
  const before = acknowledged();
  for (;;) {
    const { events: left } = (await statsNow()).backlog;
    const accepted = acknowledged() - before;
    if (left <= RATE) return { stored: waiting + accepted - left, accepted };
    await sleep(100);
  }
}

/** Promise 34: no alarm outlives the outage by 5 s. @returns how long one did, in ms */
async function alarmsEnd(): Promise<number> {
  const client = await new MongoClient(stack.mongo.url).connect();
  // The set has a primary again: until then it is an outage.
  while (!(await client.db("admin").command({ hello: 1 })).isWritablePrimary) await sleep(20);
  const backAtMs = performance.now();
  await client.close();
  const isAlarm = ({ code }: { code: string }) => ["circuit-open", "mongodb-away"].includes(code);
  while ((await statsNow()).warnings.some(isAlarm)) await sleep(50);
  return performance.now() - backAtMs;
}

interface StatsNow {
  backlog: { events: number };
  workers: { circuit: string }[];
  warnings: { code: string }[];
}

async function statsNow(): Promise<StatsNow> {
  const answer = await fetch(`${stack.apiUrl}/v1/stats`, { headers: { "x-admin-token": stack.adminToken } });
  return (await answer.json()) as Awaited<ReturnType<typeof statsNow>>;
}
