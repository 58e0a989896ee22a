import { Redis } from "ioredis";
import { Binary, MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { uuidBytes } from "../../src/ingest/identify.js";
import { newSender, type Sending, settledSoon } from "../integration/sending-fixture.js";
import { ROUNDS, sleep } from "../support/judged.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** `Prefer: wait` while processes die: an answer "stored" is never false, and whatever was accepted is stored once. */

const PRODUCERS = 16;

let stack: Stack;
let second: TestProcess;
let mongo: MongoClient;
let redis: Redis;
beforeAll(async () => {
  stack = await startStack({ env: { CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200", PARTITIONS: "2" } });
  second = await stack.startApi();
  mongo = await new MongoClient(stack.mongo.url).connect();
  redis = new Redis(stack.redis.adminUrl);
}, patience(60_000));
afterAll(async () => {
  redis?.disconnect();
  await mongo?.close();
  await stack?.stop();
});

const events = () => mongo.db("streamforge").collection("events");

test(
  "workers, apis and connections are killed while producers wait",
  async () => {
    const sender = await newSender(stack);
    const counts = { stored: 0, accepted: 0, duplicate: 0, again: 0 };
    const acknowledged = new Set<string>();
    const falsely: string[] = [];
    let over = false;

    const sendUntilTaken = async (eventId: string, url: () => string): Promise<void> => {
      for (;;) {
        const answer = await sendOnce(sender, url(), eventId);
        if (answer?.status === 201) {
          counts.stored++;
          // At once: by the time the producer hears it, it must be there.
          const _id = new Binary(uuidBytes(answer.body.id) as Buffer, Binary.SUBTYPE_UUID);
          if (!(await events().findOne({ _id: _id as never }, { readConcern: "majority" }))) falsely.push(eventId);
        } else if (answer?.status === 202) counts.accepted++;
        else if (answer?.status === 409) counts.duplicate++;
        else {
          counts.again++;
          await sleep(50);
          continue;
        }
        acknowledged.add(eventId);
        return;
      }
    };
    const producers = Array.from({ length: PRODUCERS }, async (_, p) => {
      for (let n = 0; !over; n++) await sendUntilTaken(`wait-${p}-${n}`, () => (p % 2 === 0 ? stack.api : second).url);
    });
    const restart = async (one: TestProcess): Promise<void> => {
      await one.kill("SIGKILL");
      await one.restart();
    };
    const faults = [
      () => restart(stack.worker),
      () => restart(second),
      async () => void (await redis.call("CLIENT", "KILL", "TYPE", "pubsub")),
      async () => void (await redis.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")),
    ];
    try {
      for (let round = 0; round < Math.ceil(ROUNDS / 2); round++) {
        for (const fault of faults) {
          await sleep(300);
          await fault();
        }
      }
    } finally {
      over = true;
      await Promise.all(producers);
    }
    await settledSoon(stack, patience(60_000));
    console.log(`${acknowledged.size} acknowledged: ${JSON.stringify(counts)}`);
    expect(falsely).toEqual([]);
    expect(counts.stored).toBeGreaterThan(counts.accepted);
    const stored = await events()
      .aggregate([{ $match: { tenantId: sender.tenantId } }, { $group: { _id: "$eventId", times: { $sum: 1 } } }])
      .toArray();
    expect(stored.filter(({ times }) => times !== 1)).toEqual([]);
    expect([...acknowledged].filter((eventId) => !stored.some(({ _id }) => _id === eventId))).toEqual([]);
  },
  patience(120_000),
);

/** @returns undefined when there was no whole answer */
async function sendOnce({ key }: Sending, url: string, eventId: string) {
  const response = await fetch(`${url}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", prefer: "wait=4" },
    body: JSON.stringify({ eventId, eventType: "WAIT", occurredAt: "2026-01-31T12:00:00Z" }),
  }).catch(() => undefined);
  const body = (await response?.json().catch(() => undefined)) as { id: string } | undefined;
  return response && body ? { status: response.status, body } : undefined;
}

test.each(["after-write", "before-settle", "after-settle"] as const)(
  "the worker that would tell ends at %s",
  async (point) => {
    await stack.worker.kill("SIGTERM");
    const doomed = await stack.startWorker({ FAULT_POINT: point, FAULT_AFTER: "1" });
    try {
      const sender = await newSender(stack);
      const held = sender.post("/v1/events", { eventId: `point-${point}`, eventType: "T" }, { prefer: "wait=20" });
      for (const until = Date.now() + patience(10_000); doomed.alive() && Date.now() < until; ) await sleep(20);
      expect(doomed.alive()).toBe(false);
      await stack.worker.restart();
      const answer = await held;
      expect([answer.status, answer.body.status]).toEqual([201, "stored"]);
    } finally {
      if (!stack.worker.alive()) await stack.worker.restart();
    }
  },
  patience(60_000),
);
