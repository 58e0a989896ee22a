import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { acceptedTotal, expectProblem, GZIP, gzip, lines, NDJSON, newSender, type Sending, settledSoon } from "./sending-fixture.js";

let stack: Stack;
let sender: Sending;
beforeAll(async () => {
  stack = await startStack({ env: { MAX_BATCH_EVENTS: "50", MAX_BATCH_BYTES: "400000", MAX_EVENT_BYTES: "100000" } });
  sender = await newSender(stack);
});
afterAll(() => stack?.stop());

test("the form of older clients: timestamp, service, and message and metadata as the payload, of the type that the key has", async () => {
  const older = await newSender(stack, { defaultType: "log" });
  const timestamp = "2026-03-01T10:00:00.000Z";
  const sent = { timestamp, service: "till-7", message: "Drawer opened", metadata: { by: "u-1", drawer: 2 } };
  const { status, body } = await older.post("/events", sent);
  expect(status).toBe(202);
  await settledSoon(stack);
  const answer = await fetch(`${stack.apiUrl}/events/${body.eventId}`, { headers: { authorization: `Bearer ${older.key}` } });
  expect(await answer.json()).toMatchObject({
    status: "stored",
    eventType: "log",
    occurredAt: timestamp,
    source: "till-7",
    payload: { message: sent.message, metadata: sent.metadata },
  });
});

let ids = 0;
const event = (more: object = {}): { eventId: string; eventType: string } => ({ eventId: `e-${ids++}`, eventType: "SALE", ...more });
const UUID8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const counts = { accepted: 0, duplicates: 0, conflicts: 0, rejected: 0, retry: 0 };

describe("one event", () => {
  test("202 with eventId, id, status, receivedAt and Location", async () => {
    const before = Date.now();
    const sent = event({ eventId: `ä/ö ${ids++}` });
    const { status, body, headers } = await sender.post("/v1/events", sent);
    expect(status).toBe(202);
    expect(body).toEqual({ eventId: sent.eventId, id: expect.stringMatching(UUID8), status: "accepted", receivedAt: expect.any(String) });
    expect(Math.abs(Date.parse(body.receivedAt) - before)).toBeLessThan(2_000);
    expect(headers.get("location")).toBe(`/v1/events/${encodeURIComponent(sent.eventId)}`);
    expect(headers.get("x-correlation-id")).toBeTruthy();
  });

  test("again: 409 with the first one's answer; lenient: 200; another body: 422", async () => {
    const sent = event();
    const first = (await sender.post("/v1/events", sent)).body;
    const { eventId, id, receivedAt } = first;
    for (const path of ["/v1/events", "/events"]) {
      const again = await sender.post(path, sent);
      expectProblem(again, 409, "duplicate");
      expect(again.body).toMatchObject({ eventId, id, receivedAt });
      expect(again.headers.get("location")).toBe(`/v1/events/${eventId}`);
    }
    for (const prefer of ["handling=lenient", "respond-async, Handling=Lenient; wait=1"]) {
      const lenient = await sender.post("/v1/events", sent, { prefer });
      expect(lenient.status).toBe(200);
      expect(lenient.body).toEqual(first);
      expect(lenient.headers.get("preference-applied")).toBe("handling=lenient");
    }
    const other = await sender.post("/v1/events", { ...sent, amount: 2 }, { prefer: "handling=lenient" });
    expectProblem(other, 422, "identity-conflict");
    expect(other.body).toMatchObject({ eventId, id, receivedAt });
    expect(other.headers.get("location")).toBe(`/v1/events/${eventId}`);
  });

  test("it belongs to the key's tenant, whatever its body names", async () => {
    const other = await newSender(stack);
    const sent = event({ tenantId: other.tenantId, tenant: other.tenantId, payload: { tenantId: other.tenantId } });
    expect((await sender.post("/v1/events", sent)).status).toBe(202);
    await settledSoon(stack);
    const read = async ({ key }: Sending) =>
      (await fetch(`${stack.apiUrl}/v1/events/${sent.eventId}`, { headers: { authorization: `Bearer ${key}` } })).status;
    expect([await read(sender), await read(other)]).toEqual([200, 404]);
    expectProblem(await sender.post("/v1/events", event(), { "x-tenant-id": other.tenantId }), 403, "tenant-mismatch");
  });

  test("the same event is the same text, alone, with a newline behind it, in an array and as a line", async () => {
    const text = JSON.stringify(event());
    expect((await sender.post("/v1/events", `\uFEFF \n${text}\r\n`)).status).toBe(202);
    expectProblem(await sender.post("/v1/events", text), 409, "duplicate");
    expect((await sender.post("/v1/events", `[ ${text} ]`)).body).toMatchObject({ duplicates: 1, conflicts: 0 });
    expect((await sender.post("/v1/events", `${text}\r\n`, NDJSON)).body).toMatchObject({ duplicates: 1, conflicts: 0 });
    expect((await sender.post("/v1/ingest/stream", `\n${text}`, NDJSON)).body).toMatchObject({ duplicates: 1, conflicts: 0 });
  });

  test("400 invalid-json: not JSON, not UTF-8, empty, cut short", async () => {
    for (const body of ["{", "nope", "", "  \n", '{"eventType":"t"}}', "\u0000", '{"a":1} {"a":2}', "{eventType:1}"])
      expectProblem(await sender.post("/v1/events", body), 400, "invalid-json");
    expectProblem(await sender.post("/v1/events", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400, "invalid-json");
  });

  test("400 invalid-event: each error with its JSON Pointer; no object", async () => {
    const answer = await sender.post("/v1/events", { eventId: "", occurredAt: "yesterday", userId: {}, payload: 1 });
    expectProblem(answer, 400, "invalid-event");
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer).sort()).toEqual([
      "/eventId",
      "/eventType",
      "/occurredAt",
      "/userId",
    ]);
    for (const body of ["1", "null", '"text"']) expectProblem(await sender.post("/v1/events", body), 400, "invalid-event");
    expectProblem(
      await sender.post("/v1/events", { eventType: "t", occurredAt: new Date(Date.now() + 25 * 3_600_000).toISOString() }),
      400,
      "invalid-event",
    );
    expectProblem(await sender.post("/v1/events", `{"eventType":"t","a":${"[".repeat(64)}${"]".repeat(64)}}`), 400, "invalid-event");
    expect((await sender.post("/v1/events", `{"eventType":"t","a":${"[".repeat(63)}${"]".repeat(63)}}`)).status).toBe(202);
  });

  test("413 event-too-large, batch-too-large; 415 for other types and encodings", async () => {
    const fill = (bytes: number): string => JSON.stringify(event({ fill: "" })).replace('""', `"${"x".repeat(bytes)}"`);
    expect((await sender.post("/v1/events", fill(99_900))).status).toBe(202);
    expectProblem(await sender.post("/v1/events", fill(100_001)), 413, "event-too-large");
    expectProblem(await sender.post("/v1/events", fill(500_000)), 413, "batch-too-large");
    expectProblem(await sender.post("/v1/events", "x", { "content-type": "text/plain" }), 415, "unsupported-media-type");
    expectProblem(await sender.post("/v1/events", "a,b", { "content-type": "text/csv" }), 415, "unsupported-media-type");
    expectProblem(await sender.post("/v1/events", "{}", { "content-encoding": "br" }), 415, "unsupported-media-type");
    expectProblem(await sender.post("/v1/events", "{}", { "content-encoding": "gzip, gzip" }), 415, "unsupported-media-type");
    expectProblem(await sender.post("/v1/ingest/stream", "{}"), 415, "unsupported-media-type");
  });

  test("a key's default type; aliases; flat events", async () => {
    const typed = await newSender(stack, { defaultType: "PING" });
    expect((await typed.post("/v1/events", { id: 7, user_id: 8, amount: 1 })).body).toMatchObject({ eventId: "7", status: "accepted" });
  });
});

describe("many", () => {
  test("202 with counts; results only of what is neither accepted nor duplicate; ?results=all in order", async () => {
    const items = [event(), event(), event()];
    expect(await sender.post("/v1/events", items)).toMatchObject({ status: 202, body: { ...counts, accepted: 3, results: [] } });
    const again = await sender.post("/v1/events?results=all", [items[2], event(), items[0]]);
    expect(again.status).toBe(202);
    expect(again.body).toMatchObject({ ...counts, accepted: 1, duplicates: 2 });
    expect(again.body.results.map((r: { index: number; eventId: string; status: string }) => [r.index, r.status])).toEqual([
      [0, "duplicate"],
      [1, "accepted"],
      [2, "duplicate"],
    ]);
    expect(again.body.results[0].eventId).toBe(items[2]?.eventId);
    expectProblem(await sender.post("/v1/events?results=some", [event()]), 400, "invalid-request");
  });

  test("empty array and empty NDJSON: 202 with zeros", async () => {
    const none = { ...counts, results: [] };
    expect(await sender.post("/v1/events", "[]")).toMatchObject({ status: 202, body: none });
    expect(await sender.post("/v1/events", " [ \n ] ")).toMatchObject({ status: 202, body: none });
    for (const body of ["", "\n\r\n  \n"]) {
      expect(await sender.post("/v1/events", body, NDJSON)).toMatchObject({ status: 202, body: none });
      expect(await sender.post("/v1/ingest/stream", body, NDJSON)).toMatchObject({ status: 202, body: { ...none, offset: body.length } });
    }
  });

  test("207: what is bad is listed with its reason, and its neighbours are taken", async () => {
    const known = event();
    await sender.post("/v1/events", known);
    const bad = [
      "{broken",
      '{"eventType":{}}',
      "7",
      JSON.stringify({ ...known, other: 1 }),
      JSON.stringify(event({ fill: "x".repeat(100_000) })),
    ];
    const all = [JSON.stringify(event()), ...bad.flatMap((text) => [text, JSON.stringify(event())])];
    // A broken item in an array must leave the brackets in balance; NDJSON need not.
    const array = all.map((text) => text.replace("{broken", "{broken}"));
    for (const [body, headers] of [
      [`[${array.join(",")}]`, {}],
      [all.join("\r\n"), NDJSON],
    ] as const) {
      const answer = await sender.post(
        "/v1/events",
        body
          .replaceAll('"e-', `"${ids++}-e-`)
          .replaceAll(/"\d+-(e-\d+)","eventType":"SALE","other"/g, `"${known.eventId}","eventType":"SALE","other"`),
        headers,
      );
      expect(answer.status).toBe(207);
      expect(answer.body).toMatchObject({ accepted: 6, duplicates: 0, conflicts: 1, rejected: 4, retry: 0 });
      expect(answer.body.results.map((r: { index: number; code: string }) => [r.index, r.code])).toEqual([
        [1, "invalid-json"],
        [3, "invalid-event"],
        [5, "invalid-event"],
        [7, "identity-conflict"],
        [9, "event-too-large"],
      ]);
      for (const result of answer.body.results) if (result.status === "rejected") expect(result.detail).toBeTruthy();
    }
  });

  test("400 when all were rejected: a problem with the same members", async () => {
    const answer = await sender.post("/v1/events", "[1,2]");
    expectProblem(answer, 400, "invalid-event");
    expect(answer.body).toMatchObject({
      ...counts,
      rejected: 2,
      results: [{ index: 0, status: "rejected", code: "invalid-event" }, { index: 1 }],
    });
    expectProblem(await sender.post("/v1/ingest/stream", "nope", NDJSON), 400, "invalid-event");
  });

  test("400 invalid-json when the array as a whole is none; nothing of it is taken", async () => {
    const before = await acceptedTotal(stack);
    for (const end of ["", ",", "] x", "]]"])
      expectProblem(await sender.post("/v1/events", `[${JSON.stringify(event())}${end}`), 400, "invalid-json");
    expect(await acceptedTotal(stack)).toBe(before);
  });

  test("413 batch-too-large by items and by bytes, inflated bytes included; nothing of it is taken", async () => {
    const before = await acceptedTotal(stack);
    const tooMany = Array.from({ length: 51 }, () => event());
    expectProblem(await sender.post("/v1/events", tooMany), 413, "batch-too-large");
    expectProblem(await sender.post("/v1/events", lines(tooMany), NDJSON), 413, "batch-too-large");
    const tooLong = JSON.stringify(Array.from({ length: 5 }, () => event({ fill: "x".repeat(90_000) })));
    expectProblem(await sender.post("/v1/events", tooLong), 413, "batch-too-large");
    expectProblem(await sender.post("/v1/events", gzip(tooLong), GZIP), 413, "batch-too-large");
    expect(await acceptedTotal(stack)).toBe(before);
    expect(
      (
        await sender.post(
          "/v1/events",
          Array.from({ length: 50 }, () => event()),
        )
      ).body.accepted,
    ).toBe(50);
  });

  test("the same identity twice: accepted and duplicate, or conflict; as often as it is there", async () => {
    const twin = event();
    for (const [name, answer] of [
      ["array", await sender.post("/v1/events?results=all", [twin, twin, { ...twin, a: 1 }])],
      ["stream", await sender.post("/v1/ingest/stream?results=all", lines([twin, { ...twin, a: 1 }, twin]), NDJSON)],
    ] as const) {
      expect(answer.status, name).toBe(207);
      if (name === "array") expect(answer.body).toMatchObject({ accepted: 1, duplicates: 1, conflicts: 1 });
      else expect(answer.body).toMatchObject({ accepted: 0, duplicates: 2, conflicts: 1 });
      for (const result of answer.body.results) expect(result.eventId).toBe(twin.eventId);
    }
  });

  test("equal events without id or time are one, and the duplicate is told the first one's eventId", async () => {
    const beat = { eventType: "BEAT", n: ids++ };
    const first = (await sender.post("/v1/events", beat)).body;
    expect(first.eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    const again = await sender.post("/v1/events", beat);
    expectProblem(again, 409, "duplicate");
    expect(again.body).toMatchObject({ eventId: first.eventId, id: first.id, receivedAt: first.receivedAt });
    const twins = await sender.post("/v1/events?results=all", [{ ...beat, m: 1 }, { ...beat, m: 1 }, beat]);
    expect(twins.body).toMatchObject({ accepted: 1, duplicates: 2 });
    expect(twins.body.results[1].eventId).toBe(twins.body.results[0].eventId);
    expect(twins.body.results[2].eventId).toBe(first.eventId);
  });

  test("gzip: object, array, NDJSON and stream; what is no gzip is refused", async () => {
    expect((await sender.post("/v1/events", gzip(JSON.stringify(event())), GZIP)).status).toBe(202);
    expect((await sender.post("/v1/events", gzip(JSON.stringify([event(), event()])), GZIP)).body.accepted).toBe(2);
    expect((await sender.post("/v1/events", gzip(lines([event(), event()])), { ...NDJSON, ...GZIP })).body.accepted).toBe(2);
    const text = lines([event(), event()]);
    expect((await sender.post("/v1/ingest/stream", gzip(text), { ...NDJSON, "content-encoding": "GZIP" })).body).toMatchObject({
      accepted: 2,
      offset: text.length,
    });
    expectProblem(await sender.post("/v1/events", "{}", GZIP), 400, "invalid-request");
    expectProblem(await sender.post("/v1/events", gzip(JSON.stringify(event())).subarray(0, 20), GZIP), 400, "invalid-request");
    const cut = await sender.post("/v1/ingest/stream", gzip(text).subarray(0, 30), { ...NDJSON, ...GZIP });
    expectProblem(cut, 400, "invalid-request");
    expect(cut.body).toMatchObject({ accepted: expect.any(Number), offset: expect.any(Number) });
    const twoMembers = new Uint8Array([...gzip(`${JSON.stringify(event())}\n`), ...gzip(JSON.stringify(event()))]);
    expect((await sender.post("/v1/events", twoMembers, { ...NDJSON, ...GZIP })).body.accepted).toBe(2);
    const padded = new Uint8Array([...gzip(JSON.stringify(event())), ...new Uint8Array(100)]);
    expect((await sender.post("/v1/events", padded, GZIP)).status).toBe(202);
  });
});

describe("idempotency keys", () => {
  const body = { eventType: "SALE", amount: 1 };

  test("name a single event; both spellings; the same key with another body is a conflict", async () => {
    const key = `k-${ids++}`;
    const first = await sender.post("/v1/events", body, { "x-idempotency-key": key });
    expect(first.status).toBe(202);
    expectProblem(await sender.post("/v1/events", body, { "idempotency-key": key }), 409, "duplicate");
    expectProblem(await sender.post("/v1/events", { ...body, amount: 2 }, { "x-idempotency-key": key }), 422, "identity-conflict");
    const other = await newSender(stack);
    expect((await other.post("/v1/events", body, { "x-idempotency-key": key })).status).toBe(202);
  });

  test("with several items the position counts: equal items are two events, a resend is none", async () => {
    const key = { "x-idempotency-key": `k-${ids++}` };
    expect((await sender.post("/v1/events", [body, body], key)).body).toMatchObject({ accepted: 2 });
    expect((await sender.post("/v1/events", [body, body, body], key)).body).toMatchObject({ accepted: 1, duplicates: 2 });
    const other = { "x-idempotency-key": `k-${ids++}` };
    const text = lines([body, "", body]);
    expect((await sender.post("/v1/events", text, { ...NDJSON, ...other })).body).toMatchObject({ accepted: 2 });
    // By byte offset: the same body through the stream is the same two events.
    expect((await sender.post("/v1/ingest/stream", text, { ...NDJSON, ...other })).body).toMatchObject({ accepted: 0, duplicates: 2 });
  });

  test("a resumed stream continues with the same identities", async () => {
    const key = { ...NDJSON, "x-idempotency-key": `k-${ids++}` };
    const whole = `${lines(Array.from({ length: 20 }, () => body))}\n`;
    const cut = whole.indexOf("\n", whole.length / 2) + 1;
    const first = await sender.post("/v1/ingest/stream", whole.slice(0, cut), key);
    expect(first.body).toMatchObject({ offset: cut });
    const rest = await sender.post("/v1/ingest/stream", whole.slice(cut), { ...key, "x-stream-offset": String(cut) });
    expect(rest.body).toMatchObject({ offset: whole.length });
    expect(first.body.accepted + rest.body.accepted).toBe(20);
    expect((await sender.post("/v1/ingest/stream", whole, key)).body).toMatchObject({ accepted: 0, duplicates: 20 });
  });

  test("an eventId wins over a key; a key that is none is refused", async () => {
    const sent = event();
    await sender.post("/v1/events", sent, { "x-idempotency-key": "other" });
    expectProblem(await sender.post("/v1/events", sent), 409, "duplicate");
    expectProblem(await sender.post("/v1/events", body, { "x-idempotency-key": "k".repeat(181) }), 400, "invalid-request");
    expectProblem(await sender.post("/v1/ingest/stream", "", { ...NDJSON, "x-stream-offset": "-1" }), 400, "invalid-request");
  });
});

describe("headers", () => {
  test("correlation id in and out; the trace id in its place; stored with the event", async () => {
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const traceparent = `00-${trace}-b7ad6b7169203331-01`;
    const [one, two, three] = [event(), event(), event()];
    expect((await sender.post("/v1/events", one, { "x-correlation-id": "mine-1", traceparent })).headers.get("x-correlation-id")).toBe(
      "mine-1",
    );
    expect((await sender.post("/v1/events", two, { traceparent })).headers.get("x-correlation-id")).toBe(trace);
    const made = (await sender.post("/v1/events", three, { "x-correlation-id": "with space", traceparent: "00-x" })).headers.get(
      "x-correlation-id",
    );
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    await settledSoon(stack);
    const client = new MongoClient(stack.mongo.url);
    const stored = await client
      .db("streamforge")
      .collection("events")
      .find({ eventId: { $in: [one, two, three].map(({ eventId }) => eventId) } })
      .sort({ receivedAt: 1 })
      .toArray();
    await client.close();
    const byId = Object.fromEntries(stored.map((doc) => [doc.eventId, doc]));
    expect(byId[one.eventId]).toMatchObject({ correlationId: "mine-1", traceparent, tenantId: sender.tenantId });
    expect(byId[two.eventId]).toMatchObject({ correlationId: trace, traceparent });
    expect(byId[three.eventId]).toMatchObject({ correlationId: made });
    expect(byId[three.eventId]?.traceparent).toBeUndefined();
  });

  test("X-Tenant-Id must be the key's own", async () => {
    expect((await sender.post("/v1/events", event(), { "x-tenant-id": sender.tenantId })).status).toBe(202);
    expectProblem(await sender.post("/v1/events", event(), { "x-tenant-id": "another" }), 403, "tenant-mismatch");
    expectProblem(await sender.post("/v1/events", event(), { authorization: "Bearer nonsense" }), 401, "unauthenticated");
  });
});

describe("validate", () => {
  test("says what would become of each item, and stores nothing", async () => {
    const [known, fresh] = [event({ occurredAt: "2026-01-01T00:00:00Z" }), event()];
    await sender.post("/v1/events", known);
    await settledSoon(stack);
    const before = await acceptedTotal(stack);
    const ask = (body: unknown, headers = {}) => sender.post("/v1/events/validate", body as object, headers);

    expect(await ask(fresh)).toMatchObject({
      status: 200,
      body: { eventId: fresh.eventId, id: expect.stringMatching(UUID8), status: "accepted", would: "stored" },
    });
    expect((await ask(known)).body).toMatchObject({ would: "duplicate", code: "duplicate" });
    expect((await ask({ ...known, a: 1 })).body).toMatchObject({ would: "conflict", code: "identity-conflict" });
    expectProblem(await ask({ eventType: [] }), 400, "invalid-event");

    const many = await ask([fresh, known, { ...known, a: 1 }, fresh, { ...fresh, a: 1 }, 7]);
    expect(many.status).toBe(207);
    expect(many.body).toMatchObject({ accepted: 1, duplicates: 2, conflicts: 2, rejected: 1, retry: 0 });
    expect(many.body.results.map((r: { would?: string; code?: string }) => [r.would, r.code])).toEqual([
      ["stored", undefined],
      ["duplicate", "duplicate"],
      ["conflict", "identity-conflict"],
      ["duplicate", "duplicate"],
      ["conflict", "identity-conflict"],
      [undefined, "invalid-event"],
    ]);

    // After the window only MongoDB knows.
    const redis = new Redis(stack.redis.url);
    await redis.del("sf:{0}:dedupe:0", "sf:{0}:dedupe:1");
    redis.disconnect();
    expect((await ask(known)).body).toMatchObject({ would: "duplicate", code: "duplicate" });
    expect((await ask({ ...known, a: 1 })).body).toMatchObject({ would: "dead", code: "IDENTITY_CONFLICT" });
    expect((await ask({ ...known, occurredAt: "2026-01-01T01:00:00Z" })).body).toMatchObject({ would: "stored" });
    expect(await acceptedTotal(stack)).toBe(before);
    expect((await sender.post("/v1/events", fresh)).status).toBe(202);
  });
});
