import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeadLetterDocument } from "../../src/store/documents.js";
import { event, judge, sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";

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
const PATIENCE = { timeout: 30_000 };

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
});
