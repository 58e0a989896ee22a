import { execFileSync } from "node:child_process";
import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeadLetterDocument } from "../../src/store/documents.js";
import { event, events, judge, sleep } from "../support/judged.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** What becomes of dead letters when their events are sent, looked at or stored once more. */
let stack: Stack;
let mongo: MongoClient;
beforeAll(async () => {
  stack = await startStack({ env: { CLAIM_IDLE_MS: "1500", MONGO_TIMEOUT_MS: "1200", PARTITIONS: "1" } });
  mongo = await new MongoClient(stack.mongo.url).connect();
});
afterAll(async () => {
  await mongo?.close();
  await stack?.stop();
});

const FITS = { properties: { amount: { type: "number" } } };
const REFUSES = { properties: { amount: false } };
const PATIENCE = { timeout: patience(30_000) };

const letters = () => mongo.db("streamforge").collection<DeadLetterDocument>("events_dlq");
const stored = (tenantId: string) => mongo.db("streamforge").collection("events").find({ tenantId }).toArray();

async function admin<T>(path: string, body: object): Promise<T> {
  const headers = { "x-admin-token": stack.adminToken, "content-type": "application/json" };
  const answer = await fetch(`${stack.apiUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  expect(answer.ok, await answer.clone().text()).toBe(true);
  return (await answer.json()) as T;
}

/** The schema that counts from now on, in every process. */
async function accept(tenantId: string, schema: object): Promise<void> {
  await admin("/v1/admin/event-types", { tenantId, type: "order.created", schema });
  await sleep(1_000);
}

const gone = (worker: TestProcess) => expect.poll(() => worker.alive(), PATIENCE).toBe(false);
const frozen = (worker: TestProcess) =>
  expect.poll(() => execFileSync("ps", ["-o", "state=", "-p", String(worker.pid())]).toString()[0], PATIENCE).toBe("T");

/** Replays all open letters. @returns the outcomes, once it is completed */
async function retry(tenantId: string, selector: object = { all: true }): Promise<Record<string, number>> {
  const { replayId } = await admin<{ replayId: string }>("/v1/admin/dlq/retry", { tenantId, ...selector });
  let job = { status: "", outcomes: {} };
  const look = async () => {
    const answer = await fetch(`${stack.apiUrl}/v1/admin/replay/${replayId}`, { headers: { "x-admin-token": stack.adminToken } });
    job = (await answer.json()) as typeof job;
    return job.status;
  };
  await expect.poll(look, PATIENCE).toBe("completed");
  return job.outcomes;
}

describe("a corrected resend", () => {
  test("supersedes the letter also when it moved the event to another hour; a retry says so and stores nothing", async () => {
    const { producer, tenantId, verdict, close } = await judge(stack);
    await accept(tenantId, REFUSES);
    await producer.send([event("moved", 1, { occurredAt: undefined })]);
    await verdict();
    const first = await letters().findOne({ tenantId });
    expect(first?.status).toBe("open");
    await accept(tenantId, FITS);
    await producer.send([event("moved", 1)]);
    await verdict();
    expect(await stored(tenantId)).toHaveLength(1);
    expect((await letters().findOne({ tenantId }))?.status).toBe("superseded");
    expect(await retry(tenantId, { ids: [first?._id.toString("hex")] })).toEqual({ superseded: 1 });
    expect(await stored(tenantId)).toHaveLength(1);
    await close();
  });

  test("supersedes the letter also when its worker died before it came to that, and the schema of the next look refuses it", async () => {
    const { producer, tenantId, verdict, close } = await judge(stack);
    await accept(tenantId, REFUSES);
    await producer.send([event("refused-later", 1)]);
    await verdict();
    await accept(tenantId, FITS);
    await stack.worker.kill("SIGKILL");
    const doomed = await stack.startWorker({ FAULT_POINT: "after-write" });
    await producer.send([event("refused-later", 1, { payload: { amount: 2, corrected: true } })]);
    await gone(doomed);
    await accept(tenantId, REFUSES);
    await stack.worker.restart();
    expect(await verdict()).toMatchObject({ stored: 1, storedAndDead: [], ledger: { accepted: 2, stored: 1, dead: 1 } });
    expect((await letters().find({ tenantId }).toArray()).map(({ status }) => status)).toEqual(["superseded"]);
    await close();
  });
});

describe("an event that one worker stores and another one refuses", () => {
  test("the first was frozen and woke up after the death was counted: its letter is resolved, and the counts agree", async () => {
    const { producer, tenantId, verdict, close } = await judge(stack);
    await accept(tenantId, FITS);
    await stack.worker.kill("SIGKILL");
    const late = await stack.startWorker({ FAULT_POINT: "before-write", FAULT_SIGNAL: "SIGSTOP" });
    await producer.send(events("late", 50), { format: "ndjson" });
    await frozen(late);
    await accept(tenantId, REFUSES);
    await stack.worker.restart();
    expect(await verdict()).toMatchObject({ stored: 0, dead: 50, ledger: { dead: 50 } });
    await late.kill("SIGCONT");
    await expect.poll(async () => (await stored(tenantId)).length, PATIENCE).toBe(50);
    await expect.poll(() => letters().countDocuments({ tenantId, status: "resolved" }), PATIENCE).toBe(50);
    expect(await verdict()).toMatchObject({ stored: 50, storedAndDead: [], ledger: { accepted: 50, stored: 0, dead: 50 } });
    await late.kill("SIGTERM");
    await close();
  });

  test("the second wrote its letters and died before it settled: the first settles, and takes the letters back", async () => {
    const { producer, tenantId, verdict, close } = await judge(stack);
    await accept(tenantId, FITS);
    await stack.worker.kill("SIGKILL");
    const late = await stack.startWorker({ FAULT_POINT: "before-write", FAULT_SIGNAL: "SIGSTOP" });
    await producer.send(events("taken-back", 50), { format: "ndjson" });
    await frozen(late);
    await accept(tenantId, REFUSES);
    const doomed = await stack.startWorker({ FAULT_POINT: "before-settle" });
    await gone(doomed);
    expect(await letters().countDocuments({ tenantId, status: "open" })).toBe(50);
    await late.kill("SIGCONT");
    expect(await verdict()).toMatchObject({ stored: 50, dead: 0, ledger: { accepted: 50, stored: 50, dead: 0 } });
    await late.kill("SIGTERM");
    await stack.worker.restart();
    await close();
  });

  test("a replay stored what died, and its entry comes again as if it were new: it stays dead in the ledger", async () => {
    const { producer, tenantId, verdict, close } = await judge(stack);
    await accept(tenantId, REFUSES);
    await stack.worker.kill("SIGKILL");
    const doomed = await stack.startWorker({ FAULT_POINT: "before-settle" });
    await producer.send(events("as-new", 50), { format: "ndjson" });
    await gone(doomed);
    await accept(tenantId, FITS);
    // Patient enough for the replay to be first.
    const replaying = await stack.startWorker({ CLAIM_IDLE_MS: "60000" });
    expect(await retry(tenantId)).toEqual({ stored: 50 });
    const redis = new Redis(stack.redis.url);
    await redis.xgroup("DESTROY", "sf:{0}:stream", "workers");
    redis.disconnect();
    expect(await verdict()).toMatchObject({ stored: 50, storedAndDead: [], ledger: { accepted: 50, stored: 0, dead: 50 } });
    await replaying.kill("SIGTERM");
    await stack.worker.restart();
    await close();
  });
});
