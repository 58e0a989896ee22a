import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { headersOf, message, missingKafka, startTestKafka, type TestKafka } from "../support/kafka.js";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

const TENANT = "tenant-traced-kafka";

describe.skipIf(missingKafka)(`traces of Kafka's messages${missingKafka ? ` (skipped: ${missingKafka})` : ""}`, () => {
  let receiver: OtlpReceiver;
  let stack: Stack;
  let kafka: TestKafka;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: "100" };
    [stack, kafka] = await Promise.all([startStack({ env }), startTestKafka()]);
    await kafka.createTopic("orders", 1);
  }, patience(120_000));
  afterAll(async () => {
    await Promise.all([stack?.stop(), kafka?.stop(), receiver?.close()]);
  });

  const named = (name: string) => receiver.spans.filter((span) => span.name === name);
  const read = async (eventId: string) => {
    const headers = { "x-admin-token": stack.adminToken, "x-tenant-id": TENANT };
    return (await (await fetch(`${stack.apiUrl}/v1/events/${eventId}`, { headers })).json()) as Record<string, string>;
  };

  test("a message continues the trace that it brings, and one without belongs to its group's", async () => {
    const traceId = "4af7651916cd43dd8448eb211c80319c";
    const headers = headersOf({ traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: "a=1" });
    const event = (eventId: string) => ({ eventId, eventType: "order", userId: "u", payload: { n: 1 } });
    await kafka.send([message("orders", event("brings"), { headers }), message("orders", event("brings-none"))]);
    await stack.startKafka({ KAFKA_BROKERS: kafka.server.url, KAFKA_TOPICS: `orders=${TENANT}` });

    await expect.poll(async () => (await read("brings-none")).status, { timeout: patience(30_000) }).toBe("stored");
    await expect.poll(() => named("process events").length, { timeout: patience(10_000) }).toBeGreaterThanOrEqual(2);
    await expect.poll(() => named("receive messages").length, { timeout: patience(10_000) }).toBeGreaterThanOrEqual(1);
    const own = await read("brings-none");
    const group = named("receive messages").find((span) => own.traceparent?.includes(span.traceId));
    expect(group).toMatchObject({ service: "streamforge-kafka", parentSpanId: "" });
    expect(group?.attributes).toMatchObject({ "messaging.system": "kafka", "messaging.destination.name": "orders" });
    expect(await read("brings")).toMatchObject({ traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate: "a=1" });
    const trace = receiver.spans.filter((span) => span.traceId === traceId);
    expect(trace.map(({ name }) => name).sort()).toEqual(["append events", "process events"]);
    for (const span of trace) expect(span).toMatchObject({ parentSpanId: "b7ad6b7169203331", traceState: "a=1" });
  });
});
