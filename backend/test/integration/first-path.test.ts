import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

test("one event: key, HTTP, stream, worker, MongoDB, found again", async () => {
  const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" };
  const sent = await fetch(`${stack.apiUrl}/v1/events`, {
    method: "POST",
    headers,
    body: JSON.stringify({ eventId: "e-1", eventType: "SALE", userId: "u-1", amount: 12.5 }),
  });
  const text = await sent.text();
  console.log(sent.status, text, Object.fromEntries(sent.headers));
  expect(sent.status).toBe(202);
  await new Promise((r) => setTimeout(r, 500));
  const { MongoClient } = await import("mongodb");
  const client = new MongoClient(stack.mongo.url);
  console.log(await client.db("streamforge").collection("events").find().toArray());
  await client.close();
  console.log(stack.worker.output(), stack.api.output());
});
