import type { Retries, Stats } from "@streamforge/shared";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sleep } from "../support/judged.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** A worker that throws what nobody planned for whenever it looks at an event with this text. */
const TRIGGER = "trips-over-me";

let stack: Stack;
let client: MongoClient;
let faulty: TestProcess;
beforeAll(async () => {
  stack = await startStack({ workers: 0, env: { RETRY_MAX_MS: "2000" } });
  client = await new MongoClient(stack.mongo.url).connect();
  faulty = await stack.startWorker({ FAULT_TEXT: TRIGGER, FAULT_SIGNAL: "throw" });
});
afterAll(async () => {
  await client?.close();
  await stack?.stop();
});

const asAdmin = () => ({ "x-admin-token": stack.adminToken });
const get = async <T>(path: string): Promise<T> => (await fetch(`${stack.apiUrl}${path}`, { headers: asAdmin() })).json() as Promise<T>;
const stored = () => client.db("streamforge").collection("events").countDocuments();
const letters = () => client.db("streamforge").collection("events_dlq").countDocuments();

async function send(ids: string[]): Promise<void> {
  const body = ids
    .map((eventId) => JSON.stringify({ eventId, type: "SALE", userId: "u", payload: { amount: 1, currency: "EUR" } }))
    .join("\n");
  const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/x-ndjson" };
  expect((await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body })).status).toBe(202);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 600) throw new Error("did not come true");
    await sleep(100);
  }
}

/** Processor time of a process, in ms. */
async function cpuMs(one: TestProcess): Promise<number> {
  const text = await (await fetch(`${one.url}/metrics`)).text();
  return 1_000 * Number(/^process_cpu_seconds_total (\S+)/m.exec(text)?.[1]);
}

test("what an error of our own stopped is neither lost nor dead: its neighbours are stored, and it too, by a worker without the error", async () => {
  const ids = Array.from({ length: 200 }, (_, i) => (i % 20 === 7 ? `${TRIGGER}-${i}` : `fine-${i}`));
  await send(ids);
  await until(async () => (await stored()) === 190);
  await until(async () => (await get<Retries>("/v1/admin/retries")).count === 10);
  expect(await letters()).toBe(0);

  // Told as what it is: no outage, no circuit, but a metric, a stack in the log and a warning.
  const metrics = await (await fetch(`${faulty.url}/metrics`)).text();
  expect(Number(/^streamforge_internal_errors_total\{where="batch"\} (\d+)/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(11);
  expect(metrics).toMatch(/^streamforge_circuit_state 0$/m);
  expect(faulty.output()).toMatch(/"where":"batch".*"msg":"unexpected error"/);
  expect(faulty.output()).toContain("fault-points");
  expect(faulty.output()).not.toContain("storage unavailable");
  await until(async () => (await get<Stats>("/v1/stats")).warnings.some(({ code }) => code === "internal-errors"));
  const attempts = await client
    .db("streamforge")
    .collection("processing_attempts")
    .find({ eventId: ids[7] as string })
    .toArray();
  expect(attempts[0]).toMatchObject({
    status: "retrying",
    reason_code: "INTERNAL",
    error_message: expect.stringContaining("error of StreamForge's own"),
  });

  // Tried again and again, by a worker that is not busy with that.
  const before = await cpuMs(faulty);
  const began = performance.now();
  await sleep(4_000);
  expect((await cpuMs(faulty)) - before).toBeLessThan((performance.now() - began) * 0.5);
  // None of them is in the set while a worker tries it once more.
  const waiting = async () => (await get<Retries>("/v1/admin/retries")).count;
  await expect.poll(waiting, { interval: 100, timeout: patience(10_000) }).toBe(10);

  await faulty.kill("SIGKILL");
  await stack.startWorker();
  await until(async () => (await stored()) === 200);
  expect(await letters()).toBe(0);
  const { ledger, backlog } = await get<Stats>("/v1/stats");
  expect(ledger.missing).toBe(0);
  await until(async () => (await get<Stats>("/v1/stats")).backlog.events === 0);
  expect(backlog.events).toBeLessThanOrEqual(10);
});
