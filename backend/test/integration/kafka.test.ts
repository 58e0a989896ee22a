import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { headersOf, message, missingKafka, startTestKafka, type TestKafka } from "../support/kafka.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

const TENANT = "tenant-kafka";

describe.skipIf(missingKafka)(`the Kafka source${missingKafka ? ` (skipped: ${missingKafka})` : ""}`, () => {
  let stack: Stack;
  let kafka: TestKafka;
  let source: TestProcess;
  let env: Record<string, string>;

  beforeAll(async () => {
    [stack, kafka] = await Promise.all([startStack(), startTestKafka()]);
    await kafka.createTopic("orders", 2);
    env = { KAFKA_BROKERS: kafka.server.url, KAFKA_TOPICS: `orders=${TENANT}` };
    source = await stack.startKafka(env);
  }, patience(120_000));
  afterAll(async () => {
    await Promise.all([stack?.stop(), kafka?.stop()]);
  });

  const get = (path: string) => fetch(`${stack.apiUrl}${path}`, { headers: { "x-admin-token": stack.adminToken, "x-tenant-id": TENANT } });
  const json = async (path: string) => (await get(path)).json() as Promise<Record<string, unknown>>;
  const eventually = async (check: () => Promise<void>): Promise<void> => {
    const deadline = Date.now() + patience(20_000);
    for (;;) {
      try {
        return await check();
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  const stored = (eventId: string, expected: object) =>
    eventually(async () =>
      expect(await json(`/v1/events/${encodeURIComponent(eventId)}`)).toMatchObject({ status: "stored", ...expected }),
    );

  test("an event is stored with where Kafka has it, and its offset is committed", async () => {
    await kafka.send([message("orders", { eventId: "k-1", eventType: "order", userId: "u", payload: { n: 1 } }, { partition: 1 })]);
    await stored("k-1", { src_topic: "orders", src_partition: 1, src_offset: 0, payload: { n: 1 }, source: "orders" });
    await eventually(async () => expect((await kafka.committed("streamforge", "orders"))[1]).toBe(1));
    void headersOf;
    void source;
  });
});
