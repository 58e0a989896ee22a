import { afterAll, beforeAll, expect, test } from "vitest";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";
import { type Stack, startStack } from "../support/stack.js";
import { atThisPace, patience } from "../support/yardstick.js";
import { newSender, settledSoon } from "./sending-fixture.js";

/** Other collectors, and other settings, than those of traces.test.ts: each an api of its own. */
let receiver: OtlpReceiver;
let stack: Stack;
let events = 0;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  stack = await startStack();
});

afterAll(async () => {
  await stack?.stop();
  await receiver?.close();
});

const event = () => ({ eventId: `collected-${events++}`, eventType: "SALE", payload: { amount: 1 } });

/** An api whose spans go to the receiver, unless set otherwise. */
async function tracedApi(env: Record<string, string> = {}) {
  const api = await stack.startApi({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: "50", ...env });
  return { api, sender: await newSender(stack, { apiUrl: api.url }) };
}

async function metricsOf(url: string, accept = "text/plain"): Promise<string> {
  return (await fetch(`${url}/metrics`, { headers: { accept } })).text();
}

const spansBy = (metrics: string, result: string): number =>
  Number(new RegExp(`^streamforge_trace_spans_total\\{result="${result}"\\} (\\d+)`, "m").exec(metrics)?.[1]);

test("the same spans as JSON, compressed", async () => {
  const { api, sender } = await tracedApi({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" });
  const answer = await sender.post("/v1/events", event());
  const [, traceId] = answer.headers.get("traceresponse")?.split("-") ?? [];
  await expect.poll(() => receiver.spans.filter((span) => span.traceId === traceId).length, { timeout: patience(5_000) }).toBe(2);
  expect(receiver.types).toContain("application/json");
  const append = receiver.spans.find(({ name, traceId: id }) => name === "append events" && id === traceId);
  expect(append?.attributes).toMatchObject({ "messaging.message.id": answer.body.id, "messaging.batch.message_count": 1 });
  expect(append && append.endNanos >= append.startNanos).toBe(true);
  await api.kill("SIGTERM");
});

test("a ratio of 0: no span, no header, nothing stored; a sender that records its trace has its spans all the same", async () => {
  const { api, sender } = await tracedApi({ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" });
  const [plain, own] = [event(), event()];
  const before = receiver.spans.length;
  expect((await sender.post("/v1/events", plain)).headers.get("traceresponse")).toBeNull();
  const traceId = "3af7651916cd43dd8448eb211c80319c";
  await sender.post("/v1/events", own, { traceparent: `00-${traceId}-b7ad6b7169203331-01` });
  await expect.poll(() => receiver.spans.length - before, { timeout: patience(5_000) }).toBe(2);
  expect(receiver.spans.slice(before).every((span) => span.traceId === traceId)).toBe(true);
  await settledSoon(stack);
  const read = await fetch(`${api.url}/v1/events/${plain.eventId}`, { headers: { authorization: `Bearer ${sender.key}` } });
  expect(await read.json()).not.toHaveProperty("traceparent");
  await api.kill("SIGTERM");
});

test("settings that cannot be followed are said, and events are taken", async () => {
  const { api, sender } = await tracedApi({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" });
  expect((await sender.post("/v1/events", event())).status).toBe(202);
  expect(api.output()).toContain("OTEL_EXPORTER_OTLP_PROTOCOL takes http/protobuf or http/json");
  await api.kill("SIGTERM");
});

test("a collector that hangs, then refuses, then works: events are taken, spans are dropped, counted and said once", async () => {
  const { api, sender } = await tracedApi({ OTEL_BSP_MAX_QUEUE_SIZE: "10", OTEL_EXPORTER_OTLP_TIMEOUT: "400" });
  receiver.behave("hang");
  const send = async (n: number): Promise<void> => {
    const answers = await Promise.all(Array.from({ length: n }, () => sender.post("/v1/events", event())));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
  };
  const begun = performance.now();
  for (let i = 0; i < 4; i++) await send(10);
  // Nobody waited for it: 40 requests take less than one message of spans is given.
  expect(performance.now() - begun).toBeLessThan(atThisPace(4_000));
  await expect.poll(async () => spansBy(await metricsOf(api.url), "dropped"), { timeout: patience(5_000) }).toBeGreaterThan(0);
  await expect.poll(async () => spansBy(await metricsOf(api.url), "failed"), { timeout: patience(10_000) }).toBeGreaterThan(0);
  receiver.behave("refuse");
  await send(5);
  const said = () => api.output().match(/the collector takes no spans/g)?.length;
  await expect.poll(said, { timeout: patience(5_000) }).toBe(1);
  receiver.behave("take");
  await expect
    .poll(
      async () => {
        await send(1);
        return spansBy(await metricsOf(api.url), "sent");
      },
      { timeout: patience(10_000) },
    )
    .toBeGreaterThan(0);
  expect(said()).toBe(1);
  expect(api.output()).toContain("the collector takes spans again");
  await api.kill("SIGTERM");
});

test("what waits at the end is sent; a collector that hangs does not hold it up", async () => {
  const { api, sender } = await tracedApi({ OTEL_BSP_SCHEDULE_DELAY: "60000" });
  const answer = await sender.post("/v1/events", event());
  const [, traceId] = answer.headers.get("traceresponse")?.split("-") ?? [];
  await api.kill("SIGTERM");
  expect(receiver.spans.filter((span) => span.traceId === traceId)).toHaveLength(2);

  const { api: hung, sender: other } = await tracedApi({ OTEL_BSP_SCHEDULE_DELAY: "60000" });
  await other.post("/v1/events", event());
  receiver.behave("hang");
  const begun = performance.now();
  await hung.kill("SIGTERM");
  receiver.behave("take");
  // One second of notice to clients, and one for the last spans.
  expect(performance.now() - begun).toBeLessThan(atThisPace(4_000));
});

test("the latency histograms of api and worker have exemplars: the traces that took so long", async () => {
  const { api, sender } = await tracedApi();
  const worker = await stack.startWorker({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  await stack.worker.kill("SIGTERM");
  try {
    const answer = await sender.post("/v1/events", event());
    const [, traceId] = answer.headers.get("traceresponse")?.split("-") ?? [];
    const open = () => metricsOf(api.url, "application/openmetrics-text; version=1.0.0");
    expect(await open()).toMatch(
      new RegExp(`^streamforge_ingest_duration_seconds_bucket\\{le="[^"]+"\\} 1 # \\{trace_id="${traceId}",span_id="[0-9a-f]{16}"\\}`, "m"),
    );
    await expect
      .poll(open, { timeout: patience(10_000) })
      .toMatch(/^streamforge_db_write_duration_seconds_bucket\{[^}]*worker="[^}]*\} \d+ # \{trace_id=/m);
    expect(await metricsOf(api.url)).not.toContain("trace_id");
  } finally {
    await worker.kill("SIGTERM");
    await api.kill("SIGTERM");
    await stack.worker.restart();
  }
});
