import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrisma } from "../../src/accounts/database.js";
import { sleep } from "../support/judged.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { type Answer, admin, newSender, type Sending } from "./sending-fixture.js";

/** How a change of event types reaches every process, and what happens when Redis or Postgres lose it on the way. */

let stack: Stack;
let redis: Redis;
let second: TestProcess;
beforeAll(async () => {
  stack = await startStack();
  second = await stack.startWorker();
  redis = new Redis(stack.redis.url);
  redis.on("error", () => {});
});
afterAll(async () => {
  redis?.disconnect();
  await stack?.stop();
});

const TYPES = "/v1/admin/event-types";
const NUMBER = { properties: { n: { type: "number" } } };
const STRING = { properties: { n: { type: "string" } } };

async function register(tenantId: string, schema: object): Promise<void> {
  const answer = await admin(stack, "POST", TYPES, { tenantId, type: "t", schema });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
}

let sent = 0;
/** Sends an event and waits for `stored` or `dead`. */
async function fate(sender: Sending, payload: unknown): Promise<string> {
  const eventId = `reach-${sent++}`;
  expect((await sender.post("/v1/events", { eventId, eventType: "t", payload })).status).toBe(202);
  for (let tries = 0; tries < 400; tries++) {
    const found = await fetch(`${stack.apiUrl}/v1/events/${eventId}`, { headers: { authorization: `Bearer ${sender.key}` } });
    const { status } = (await found.json()) as Answer["body"];
    if (status === "stored" || status === "dead") return status;
    await sleep(25);
  }
  throw new Error(`${eventId} is not decided`);
}

/** With the other one stopped (SIGSTOP), so that it is known who decides. */
async function byEach(check: (worker: TestProcess) => Promise<void>): Promise<void> {
  for (const [one, other] of [
    [stack.worker, second],
    [second, stack.worker],
  ] as const) {
    await other.kill("SIGSTOP");
    try {
      await check(one);
    } finally {
      await other.kill("SIGCONT");
    }
  }
}

test("a second after the answer both workers and another API process go by the new version", async () => {
  const sender = await newSender(stack);
  const api = await stack.startApi();
  await register(sender.tenantId, NUMBER);
  for (const [schema, good, bad] of [
    [STRING, "1", 1],
    [NUMBER, 1, "1"],
  ] as const) {
    await register(sender.tenantId, schema);
    await sleep(1_000);
    const validate = async (n: unknown) => {
      const body = JSON.stringify({ eventId: "x", eventType: "t", payload: { n } });
      const headers = { authorization: `Bearer ${sender.key}`, "content-type": "application/json" };
      return (await (await fetch(`${api.url}/v1/events/validate`, { method: "POST", headers, body })).json()) as { would: string };
    };
    expect(await validate(good)).toMatchObject({ would: "stored" });
    expect(await validate(bad)).toMatchObject({ would: "dead" });
    await byEach(async () => {
      expect(await fate(sender, { n: good })).toBe("stored");
      expect(await fate(sender, { n: bad })).toBe("dead");
    });
  }
  await api.kill("SIGTERM");
});

test("types that Redis has forgotten, or holds in an older state, are published again; meanwhile nobody becomes lenient", async () => {
  const sender = await newSender(stack);
  await register(sender.tenantId, NUMBER);
  const older = await redis.hgetall("sf:event-types");
  await register(sender.tenantId, STRING);
  const newest = await redis.hget("sf:event-types", "digest");
  await sleep(1_000);

  await redis.del("sf:event-types");
  expect(await fate(sender, { n: 1 })).toBe("dead");
  await until(async () => (await redis.hget("sf:event-types", "digest")) === newest, 4_000);

  await redis.multi().del("sf:event-types").hset("sf:event-types", older).exec();
  await until(async () => (await redis.hget("sf:event-types", "digest")) === newest, 4_000);
  await sleep(1_000);
  expect(await fate(sender, { n: 1 })).toBe("dead");
  expect(await fate(sender, { n: "1" })).toBe("stored");
});

test("a change that was committed and never published is found by comparison", async () => {
  const sender = await newSender(stack);
  await register(sender.tenantId, NUMBER);
  const prisma = createPrisma(stack.postgres.url);
  try {
    await prisma.eventType.updateMany({ where: { tenantId: sender.tenantId }, data: { schema: STRING } });
  } finally {
    await prisma.$disconnect();
  }
  await sleep(3_500);
  expect(await fate(sender, { n: 1 })).toBe("dead");
});

test("a worker that has never known the types decides nothing: the event waits and is stored or dies by what is registered", async () => {
  const sender = await newSender(stack);
  await register(sender.tenantId, NUMBER);
  // Nobody publishes while the API stands still, and nobody works but a worker that starts now.
  for (const process_ of [stack.worker, second]) await process_.kill("SIGKILL");
  const post = (eventId: string, n: unknown) => sender.post("/v1/events", { eventId, eventType: "t", payload: { n } });
  expect((await post("wait-good", 1)).status).toBe(202);
  expect((await post("wait-bad", "1")).status).toBe(202);
  await stack.api.kill("SIGSTOP");
  await redis.del("sf:event-types");
  const fresh = await stack.startWorker();
  await sleep(2_500);
  expect(await redis.xlen("sf:{0}:stream")).toBeGreaterThan(0);
  await stack.api.kill("SIGCONT");
  const statusOf = async (eventId: string) => {
    const headers = { authorization: `Bearer ${sender.key}` };
    return ((await (await fetch(`${stack.apiUrl}/v1/events/${eventId}`, { headers })).json()) as { status: string }).status;
  };
  await until(async () => (await statusOf("wait-good")) === "stored" && (await statusOf("wait-bad")) === "dead", 10_000);
  await fresh.kill("SIGTERM");
});

async function until(holds: () => Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not come true within ${withinMs} ms`);
    await sleep(50);
  }
}
