import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../support/otlp-receiver.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { admin, lines, NDJSON, newSender, type Sending, settledSoon } from "./sending-fixture.js";

const KIND = { server: 2, client: 3, producer: 4, consumer: 5 };

let receiver: OtlpReceiver;
let stack: Stack;
let sender: Sending;
let events = 0;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  stack = await startStack({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: "100" } });
  sender = await newSender(stack);
});

afterAll(async () => {
  await stack?.stop();
  await receiver?.close();
});

beforeEach(() => void receiver.spans.splice(0));

const event = () => ({ eventId: `traced-${events++}`, eventType: "SALE", payload: { amount: 1, secret: "do-not-tell" } });
const traceOf = (id: string): ReceivedSpan[] => receiver.spans.filter(({ traceId }) => traceId === id);
const named = (name: string, spans = receiver.spans): ReceivedSpan[] => spans.filter((span) => span.name === name);

/** Waits for the spans of one name. */
async function arrived(name: string, count = 1): Promise<ReceivedSpan[]> {
  await expect.poll(() => named(name).length, { timeout: patience(10_000) }).toBeGreaterThanOrEqual(count);
  return named(name);
}

async function read(eventId: string): Promise<Record<string, string>> {
  const response = await fetch(`${stack.apiUrl}/v1/events/${eventId}`, { headers: { authorization: `Bearer ${sender.key}` } });
  return (await response.json()) as Record<string, string>;
}

describe("one event", () => {
  test("its trace goes from the request to the store, and the batch is linked there and back", async () => {
    const sent = event();
    const answer = await sender.post("/v1/events", sent);
    expect(answer.status).toBe(202);
    const [request] = await arrived("POST /v1/events");
    const [settle] = await arrived("settle events");
    const [process] = await arrived("process events");
    const [append] = named("append events");
    const [batch] = named("process batch");
    const [bulk] = named("insert events");
    if (!(request && append && process && batch && bulk && settle)) throw new Error("a span is missing");

    expect(request).toMatchObject({ service: "streamforge-api", kind: KIND.server, parentSpanId: "", status: 0 });
    expect(request.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/v1/events",
      "http.response.status_code": 202,
      "streamforge.tenant.id": sender.tenantId,
      "streamforge.correlation_id": answer.headers.get("x-correlation-id"),
    });
    expect(answer.headers.get("traceresponse")).toBe(`00-${request.traceId}-${request.spanId}-01`);
    expect(append).toMatchObject({ kind: KIND.producer, traceId: request.traceId, parentSpanId: request.spanId });
    expect(append.attributes).toMatchObject({ "messaging.message.id": answer.body.id, "streamforge.events.accepted": 1 });

    expect(process).toMatchObject({
      service: "streamforge-worker",
      kind: KIND.consumer,
      traceId: request.traceId,
      parentSpanId: append.spanId,
    });
    expect(process.attributes).toMatchObject({ "messaging.message.id": answer.body.id, "streamforge.events.stored": 1 });
    expect(process.links).toEqual([{ traceId: batch.traceId, spanId: batch.spanId }]);
    expect(batch).toMatchObject({ parentSpanId: "", links: [{ traceId: append.traceId, spanId: append.spanId }] });
    expect(batch.traceId).not.toBe(request.traceId);
    for (const part of [bulk, settle])
      expect(part).toMatchObject({ kind: KIND.client, traceId: batch.traceId, parentSpanId: batch.spanId });
    expect(bulk.attributes).toMatchObject({ "db.system.name": "mongodb", "db.collection.name": "events", "db.operation.batch.size": 1 });

    expect(await read(sent.eventId)).toMatchObject({ status: "stored", traceparent: `00-${append.traceId}-${append.spanId}-01` });
  });

  test("a sender's trace continues: the same id, its span the parent, its tracestate kept", async () => {
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01`, tracestate: "vendor=abc,rojo=00f067aa0ba902b7" };
    const sent = event();
    const answer = await sender.post("/v1/events", sent, headers);
    const [request] = await arrived("POST /v1/events");
    await arrived("process events");
    expect(request).toMatchObject({ traceId: trace, parentSpanId: "b7ad6b7169203331", traceState: headers.tracestate });
    expect(answer.headers.get("x-correlation-id")).toBe(trace);
    expect(named("process events")[0]).toMatchObject({ traceId: trace, traceState: headers.tracestate });
    expect(await read(sent.eventId)).toMatchObject({ status: "stored", tracestate: headers.tracestate });
    expect(
      traceOf(trace)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["POST /v1/events", "append events", "process events"]);
  });

  test.each([
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
  ])("%s is no trace context: a new trace begins", async (traceparent) => {
    expect((await sender.post("/v1/events", event(), { traceparent })).status).toBe(202);
    const [request] = await arrived("POST /v1/events");
    expect(request?.parentSpanId).toBe("");
    expect(request?.traceId).not.toBe("0af7651916cd43dd8448eb211c80319c");
  });

  test("a sender that does not record its trace has no spans here, and its context is stored as it came", async () => {
    const [hidden, shown] = [event(), event()];
    const traceparent = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    const answer = await sender.post("/v1/events", hidden, { traceparent });
    expect(answer.headers.get("traceresponse")).toBeNull();
    await sender.post("/v1/events", shown);
    await arrived("POST /v1/events");
    await settledSoon(stack);
    expect(traceOf("1af7651916cd43dd8448eb211c80319c")).toEqual([]);
    expect(await read(hidden.eventId)).toMatchObject({ traceparent });
  });
});

describe("many events", () => {
  test("NDJSON of 1,000: two spans in the api, and one for it in each batch", async () => {
    const answer = await sender.post("/v1/events", lines(Array.from({ length: 1_000 }, event)), NDJSON);
    expect(answer.body).toMatchObject({ accepted: 1_000 });
    const [request] = await arrived("POST /v1/events");
    await settledSoon(stack);
    const ofIt = () => named("process events", traceOf(request?.traceId as string));
    const stored = () => ofIt().reduce((sum, { attributes }) => sum + Number(attributes["streamforge.events.stored"]), 0);
    await expect.poll(stored, { timeout: patience(10_000) }).toBe(1_000);
    const trace = traceOf(request?.traceId as string);
    expect(named("append events", trace)).toMatchObject([{ attributes: { "streamforge.events.accepted": 1_000 } }]);
    expect(trace.length).toBe(2 + named("process events", trace).length);
    expect(trace.length).toBeLessThan(12);
  });

  test("a stream is two spans, too, whatever its length", async () => {
    const answer = await sender.post("/v1/ingest/stream", lines(Array.from({ length: 2_500 }, event)), NDJSON);
    expect(answer.body).toMatchObject({ accepted: 2_500 });
    const [request] = await arrived("POST /v1/ingest/stream");
    const trace = traceOf(request?.traceId as string);
    expect(named("append events", trace)).toMatchObject([{ attributes: { "streamforge.events.accepted": 2_500 } }]);
  });

  test("a batch of many senders has a bounded number of links and says how many it left out", async () => {
    await settledSoon(stack);
    await stack.worker.kill("SIGTERM");
    const answers = await Promise.all(Array.from({ length: 60 }, () => sender.post("/v1/events", event()))).finally(() =>
      stack.worker.restart(),
    );
    const ids = new Set(answers.map(({ headers }) => headers.get("traceresponse")?.split("-")[1]));
    expect(ids.size).toBe(60);
    const linked = (): number =>
      named("process batch")
        .filter(({ links }) => links.some(({ traceId }) => ids.has(traceId)))
        .reduce((sum, { links, attributes }) => sum + links.length + Number(attributes["streamforge.traces.left_out"]), 0);
    await expect.poll(linked, { timeout: patience(10_000) }).toBe(60);
    for (const { links } of named("process batch")) expect(links.length).toBeLessThanOrEqual(32);
  });
});

test("no payload, key or header's value is in any span", async () => {
  await sender.post("/v1/events", { ...event(), eventId: "" });
  await sender.post("/v1/events", event(), { "x-idempotency-key": "do-not-tell-key" });
  await arrived("POST /v1/events", 2);
  await settledSoon(stack);
  const told = JSON.stringify(receiver.spans, (_, value) => (typeof value === "bigint" ? String(value) : value));
  expect(told).not.toContain("do-not-tell");
  expect(told).not.toContain(sender.key);
  expect(named("POST /v1/events").map(({ status, attributes }) => [status, attributes["http.response.status_code"]])).toContainEqual([
    0, 400,
  ]);
});

test("strangers make no spans", async () => {
  const headers = { "content-type": "application/json", traceparent: "00-2af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  const answer = await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body: JSON.stringify(event()) });
  expect(answer.status).toBe(401);
  await sender.post("/v1/events", event());
  await arrived("POST /v1/events");
  expect(traceOf("2af7651916cd43dd8448eb211c80319c")).toEqual([]);
});

test("an answer 5xx is an error of the request's span", async () => {
  await settledSoon(stack);
  await stack.worker.kill("SIGTERM");
  const full = await stack.startApi({ MAX_BACKLOG_EVENTS: "1" });
  const other = await newSender(stack, { apiUrl: full.url });
  try {
    for (let i = 0; i < 3; i++) await sender.post("/v1/events", event());
    await expect.poll(async () => (await other.post("/v1/events", event())).status, { timeout: patience(10_000) }).toBe(503);
    await expect
      .poll(() => named("POST /v1/events").find(({ status }) => status === 2)?.attributes, { timeout: patience(10_000) })
      .toMatchObject({
        "http.response.status_code": 503,
        "error.type": "503",
        "streamforge.tenant.id": other.tenantId,
      });
  } finally {
    await full.kill("SIGTERM");
    await stack.worker.restart();
  }
});

test("a replay is a trace of its job's, and shows in the event's own", async () => {
  const replayed = await newSender(stack);
  const schema = { type: "object", properties: { amount: { type: "number" } } };
  const type = { tenantId: replayed.tenantId, type: "SALE", version: 1, schema };
  expect((await admin(stack, "POST", "/v1/admin/event-types", type)).status).toBe(201);
  await expect
    .poll(async () => {
      await replayed.post("/v1/events", { ...event(), payload: { amount: "much" } });
      await settledSoon(stack);
      return named("process events").filter(({ attributes }) => attributes["error.type"] === "SCHEMA_INVALID").length;
    })
    .toBeGreaterThan(0);
  const dead = named("process events")
    .filter(({ status }) => status === 2)
    .at(-1) as ReceivedSpan;

  const patch = [{ op: "replace", path: "/payload/amount", value: 1 }];
  const retry = await admin(stack, "POST", "/v1/admin/dlq/retry", { tenantId: replayed.tenantId, all: true, patch });
  expect(retry.status).toBe(202);
  const [job] = await arrived("job replay");
  const [letters] = await arrived("replay letters");
  expect(job).toMatchObject({ service: "streamforge-worker", parentSpanId: "", status: 0 });
  expect(job?.attributes).toMatchObject({
    "streamforge.job.id": retry.body.replayId,
    "streamforge.job.ending": "completed",
    "streamforge.tenant.id": replayed.tenantId,
  });
  expect(letters).toMatchObject({ traceId: job?.traceId, parentSpanId: job?.spanId });
  expect(named("insert events", traceOf(job?.traceId as string))).toMatchObject([{ parentSpanId: letters?.spanId }]);
  const again = named("replay event", traceOf(dead.traceId));
  expect(again).toMatchObject([{ links: [{ traceId: letters?.traceId, spanId: letters?.spanId }] }]);
  expect(letters?.links).toContainEqual({ traceId: again[0]?.traceId, spanId: again[0]?.parentSpanId });
});
