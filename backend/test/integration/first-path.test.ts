import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

let stack: Stack;
let mongo: MongoClient;
beforeAll(async () => {
  stack = await startStack();
  mongo = await new MongoClient(stack.mongo.url).connect();
});
afterAll(async () => {
  await mongo?.close();
  await stack?.stop();
});

test("one event: key, HTTP, stream, worker, MongoDB, found again", async () => {
  const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" };
  const body = JSON.stringify({ eventId: "e-1", eventType: "SALE", userId: "u-1", amount: 12.5, currency: "EUR" });
  const sent = await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body });
  expect(sent.status).toBe(202);
  const answer = (await sent.json()) as { id: string };
  expect(answer).toMatchObject({ eventId: "e-1", status: "accepted" });
  expect(sent.headers.get("location")).toBe("/v1/events/e-1");

  const find = async () => (await fetch(`${stack.apiUrl}/v1/events/e-1`, { headers })).json() as Promise<{ status: string }>;
  await expect.poll(async () => (await find()).status, { timeout: patience(10_000) }).toBe("stored");
  expect(await find()).toMatchObject({
    status: "stored",
    id: answer.id,
    eventType: "SALE",
    userId: "u-1",
    payload: { amount: 12.5, currency: "EUR" },
  });
  const documents = await mongo.db("streamforge").collection("events").find().toArray();
  expect(documents).toHaveLength(1);
  expect(documents[0]).toMatchObject({ tenantId: "tenant-demo", eventId: "e-1", payload: { amount: 12.5, currency: "EUR" } });
});

test("the log entry of an older API is stored, and counted by the older path", async () => {
  // The demo tenant is strict: another one takes every type.
  const admin = { "x-admin-token": stack.adminToken, "content-type": "application/json" };
  const asked = {
    method: "POST",
    headers: admin,
    body: JSON.stringify({ tenantId: "older", name: "older", scopes: ["events:write", "events:read"] }),
  };
  const { key } = (await (await fetch(`${stack.apiUrl}/v1/admin/keys`, asked)).json()) as { key: string };
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const send = (entry: object) => fetch(`${stack.apiUrl}/events`, { method: "POST", headers, body: JSON.stringify(entry) });
  const entry = { timestamp: "2026-01-02T03:04:05Z", service: "till", message: "paid", metadata: { amount: 5 } };
  expect((await send(entry)).status).toBe(202);
  expect((await send({ ...entry, metadata: "amount=5" })).status).toBe(400);
  const list = async () =>
    (
      await fetch(`${stack.apiUrl}/events?service=till&from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z&page=1&limit=10`, { headers })
    ).json();
  await expect.poll(list, { timeout: patience(10_000) }).toMatchObject({
    total: 1,
    page: 1,
    items: [{ eventType: "LOG", source: "till", payload: { message: "paid", metadata: { amount: 5 } } }],
  });
});
