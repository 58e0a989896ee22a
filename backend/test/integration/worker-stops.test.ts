import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { newSender, type Sending, settledSoon } from "./sending-fixture.js";

const CLAIM_IDLE_MS = 3_600_000;

let stack: Stack;
let sender: Sending;
let redis: Redis;
beforeAll(async () => {
  stack = await startStack({ env: { CLAIM_IDLE_MS: String(CLAIM_IDLE_MS) } });
  sender = await newSender(stack);
  redis = new Redis(stack.redis.adminUrl);
});
afterAll(async () => {
  redis?.disconnect();
  await stack?.stop();
});

type Pending = [id: string, consumer: string, idleMs: number, deliveries: number];
const pending = async (idleMs = 0) =>
  (await redis.call("XPENDING", "sf:{0}:stream", "workers", "IDLE", idleMs, "-", "+", 1_000)) as Pending[];

test("a worker that is stopped while MongoDB is away gives back what it holds: another one need not wait for it", async () => {
  await stack.mongo.kill("SIGSTOP");
  try {
    for (let n = 0; n < 5; n++) expect((await sender.post("/v1/events", [{ eventId: `held-${n}`, eventType: "T" }])).status).toBe(202);
    await expect.poll(async () => (await pending()).length, { timeout: patience(10_000) }).toBeGreaterThan(0);
    await stack.worker.kill("SIGTERM");
  } finally {
    await stack.mongo.kill("SIGCONT");
  }
  const held = await pending();
  expect(held.length).toBeGreaterThan(0);
  expect(await pending(CLAIM_IDLE_MS)).toHaveLength(held.length);
  // Nobody has tried them: one that is handed on again and again must not look as if it ended its workers.
  expect(held.map(([, , , deliveries]) => deliveries)).toEqual(held.map(() => 0));
  await stack.worker.restart();
  await settledSoon(stack);
  const found = await fetch(`${stack.apiUrl}/v1/events/held-0`, { headers: { authorization: `Bearer ${sender.key}` } });
  expect(await found.json()).toMatchObject({ status: "stored" });
});
