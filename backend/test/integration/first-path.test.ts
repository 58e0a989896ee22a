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
