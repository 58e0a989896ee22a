import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { expectProblem, head, NDJSON, newSender, openWire, type Sending, settledSoon } from "./sending-fixture.js";

let stack: Stack;
let sender: Sending;
beforeAll(async () => {
  stack = await startStack();
  sender = await newSender(stack);
});
afterAll(() => stack?.stop());

let names = 0;
const body = { eventType: "SALE", amount: 1 };
const keyed = (value: string) => ({ "idempotency-key": value });

describe("one key", () => {
  test("a structured string and the bare text are one; so are both headers when they say the same", async () => {
    const key = `k "1" \\ ${names++}`;
    const quoted = `"${key.replaceAll(/["\\]/g, "\\$&")}"`;
    const first = await sender.post("/v1/events", body, keyed(key));
    expect(first.status).toBe(202);
    expect(first.body.eventId).toBe(`key:${key}`);
    for (const headers of [
      keyed(quoted),
      { "x-idempotency-key": quoted },
      { "x-idempotency-key": key, "idempotency-key": quoted },
    ] as Record<string, string>[])
      expectProblem(await sender.post("/v1/events", body, headers), 409, "duplicate");
  });

  test("what is no one key is refused by name", async () => {
    for (const [headers, detail] of [
      [keyed('"open'), "Idempotency-Key begins with a quote"],
      [keyed('"a" b'), "Idempotency-Key begins with a quote"],
      [keyed('""'), "Idempotency-Key must have 1 to 180 characters"],
      [{ "x-idempotency-key": "k".repeat(181) }, "X-Idempotency-Key must have 1 to 180 characters"],
      [{ "x-idempotency-key": "a", "idempotency-key": "b" }, "Idempotency-Key and X-Idempotency-Key are two names"],
    ] as [Record<string, string>, string][]) {
      const answer = await sender.post("/v1/events", body, headers);
      expectProblem(answer, 400, "invalid-request");
      expect(answer.body.detail).toContain(detail);
    }
    for (const name of ["Idempotency-Key", "X-Idempotency-Key"]) {
      const wire = await openWire(stack.apiUrl);
      const text = JSON.stringify(body);
      const request = head(sender, "/v1/events", { [name]: "a", "content-length": text.length, connection: "close" });
      wire.write(`${request.slice(0, -2)}${name.toLowerCase()}: a\r\n\r\n${text}`);
      const answer = await wire.answer();
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      expect(answer).toContain(`${name} is there 2 times`);
    }
  });

  test("one event is one, as an object, as an array, as a line and as a stream", async () => {
    const key = keyed(`one-${names++}`);
    const line = JSON.stringify(body);
    expect((await sender.post("/v1/events", body, key)).status).toBe(202);
    expect((await sender.post("/v1/events", [body], key)).body).toMatchObject({ duplicates: 1 });
    expect((await sender.post("/v1/events", line, { ...NDJSON, ...key })).body).toMatchObject({ duplicates: 1 });
    expect((await sender.post("/v1/ingest/stream", `${line}\n`, { ...NDJSON, ...key })).body).toMatchObject({ duplicates: 1 });
    expect((await sender.post("/v1/events", [body, body], key)).body).toMatchObject({ duplicates: 1, accepted: 1 });
  });

  test("a key, an item under a key and an eventId never meet", async () => {
    const key = `x-${names++}`;
    const batch = await sender.post("/v1/events?results=all", [body, body, body], keyed(key));
    expect(batch.body.accepted).toBe(3);
    const ids = batch.body.results.map(({ eventId }: { eventId: string }) => eventId);
    for (const other of [`${key}:1`, `${key}+1`, `key:${key}`, ids[1]]) {
      const answer = await sender.post("/v1/events", { ...body, other }, keyed(other));
      expect([other, answer.status]).toEqual([other, 202]);
    }
    for (const eventId of [key, `key:${key}`, ids[1], `key:${key}:1`]) {
      const answer = await sender.post("/v1/events", { ...body, eventId });
      expect([eventId, answer.status]).toEqual([eventId, 202]);
    }
  });

  test("a key that is not needed is said", async () => {
    const event = { ...body, eventId: `named-${names++}` };
    const answer = await sender.post("/v1/events", event, keyed("unused"));
    expect(answer).toMatchObject({ status: 202, body: { detail: expect.stringContaining("The idempotency key was not used") } });
    expect((await sender.post("/v1/events", event, keyed("unused"))).body.detail).toContain("The idempotency key was not used");
    const batch = [{ ...body, eventId: `named-${names++}` }, body];
    const many = await sender.post("/v1/events", batch, keyed(`some-${names++}`));
    expect(many).toMatchObject({ status: 202, body: { accepted: 2, detail: expect.stringContaining("1 of 2 items") } });
    const lines = batch.map((item) => JSON.stringify(item)).join("\n");
    const stream = await sender.post("/v1/ingest/stream", lines, { ...NDJSON, ...keyed(`some-${names++}`) });
    expect(stream.body.detail).toContain("1 of 2 items");
    expect((await sender.post("/v1/events", { ...body, eventId: `named-${names++}` })).body).not.toHaveProperty("detail");
  });
});

describe("a Location leads back to its event", () => {
  const AWKWARD = [
    ...[
      ".",
      "..",
      "...",
      "./",
      "../x",
      "/",
      "//",
      "a/b",
      "a\\b",
      "%",
      "%2e",
      "%2E%2E",
      "%252e",
      "?",
      "#",
      "&=",
      ";",
      ":",
      "@",
      "+",
      "a b",
      "~",
      '"',
      "'",
      "<>",
      "*",
    ],
    ...["ä", "日本語", "🎈".repeat(200), "‮abc", "\u00a0", "\u2028", "e\u0301", "__proto__", "null", "undefined", "validate", "0"],
    ...[
      "0192e4a0-0000-7000-8000-000000000000",
      "0192e4a0-0000-8000-8000-000000000000",
      "key:a",
      "key+1:a",
      "key:",
      `intent-${"0".repeat(32)}`,
      `full-${"a".repeat(32)}`,
    ],
  ];

  async function follow(location: string) {
    const url = new URL(location, `${stack.apiUrl}/v1/events`);
    const response = await fetch(url, { headers: { authorization: `Bearer ${sender.key}` } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  test("whatever its eventId is, queued, stored and as a duplicate", async () => {
    // Of the same names as some of the eventIds, so that one could be taken for the other.
    const first = await sender.post("/v1/events", [body, body], keyed("a"));
    expect(first.body.accepted).toBe(2);
    const keyLocation = (await sender.post("/v1/events", body, keyed("a"))).headers.get("location") as string;
    const accepted: { location: string; eventId: string; id: string }[] = [];
    for (const eventId of AWKWARD) {
      const answer = await sender.post("/v1/events", { ...body, eventId });
      expect([eventId, answer.status]).toEqual([eventId, 202]);
      accepted.push({ location: answer.headers.get("location") as string, eventId, id: answer.body.id });
      expect(await follow(answer.headers.get("location") as string), eventId).toMatchObject({
        status: 200,
        body: { eventId, id: answer.body.id },
      });
    }
    await settledSoon(stack);
    for (const { location, eventId, id } of accepted) {
      expect(await follow(location), eventId).toMatchObject({ status: 200, body: { eventId, id, status: "stored" } });
      const again = await sender.post("/v1/events", { ...body, eventId });
      expect([again.status, again.headers.get("location")]).toEqual([409, location]);
    }
    expect(await follow(keyLocation)).toMatchObject({ status: 200, body: { eventId: "key:a", payload: { amount: 1 } } });
    const [of, taken] = [(await follow(keyLocation)).body["id"], accepted.find(({ eventId }) => eventId === "key:a")?.id];
    expect(of).not.toBe(taken);
  });
});

describe("times and names as other systems write them", () => {
  const get = async (eventId: string) => {
    const response = await fetch(`${stack.apiUrl}/v1/events/${eventId}`, { headers: { authorization: `Bearer ${sender.key}` } });
    return (await response.json()) as Record<string, unknown>;
  };

  test("epoch numbers are times, kept as sent; misfits of other names are data; integers are exact", async () => {
    const flat = `{"id":1109886632319213631,"type":"MAIL","timestamp":1529006854.250,"service":{"name":"x"},"user_id":{},"amount":5}`;
    expect((await sender.post("/v1/events", flat)).status).toBe(202);
    await settledSoon(stack);
    expect(await get("1109886632319213631")).toMatchObject({
      status: "stored",
      eventType: "MAIL",
      occurredAt: "2018-06-14T20:07:34.250Z",
      occurredAtSent: "1529006854.25",
      userId: "1109886632319213631",
      payload: { service: { name: "x" }, user_id: {}, amount: 5 },
    });
    const same = flat.replace("1529006854.250", "1529006854.25").replace('"amount":5', '"amount":5.0');
    expect((await sender.post("/v1/events", same)).status).toBe(409);
    expect((await sender.post("/v1/events", flat.replace("3631,", "3632,"))).status).toBe(202);
    const refused = await sender.post("/v1/events", { eventType: "ECS", source: { ip: "::1" }, occurredAt: 1529006854 });
    expectProblem(refused, 400, "invalid-event");
    expect(refused.body.errors).toMatchObject([
      { pointer: "/source", detail: expect.stringContaining("inside payload") },
      { pointer: "/occurredAt", detail: expect.stringContaining("timestamp") },
    ]);
  });
});
