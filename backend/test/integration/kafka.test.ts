import { Buffer } from "node:buffer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { headersOf, message, missingKafka, SASL, startTestKafka, type TestKafka } from "../support/kafka.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

const TENANT = "tenant-kafka";
const OTHER = "tenant-header";

describe.skipIf(missingKafka)(`the Kafka source${missingKafka ? ` (skipped: ${missingKafka})` : ""}`, () => {
  let stack: Stack;
  let kafka: TestKafka;
  let source: TestProcess;
  let env: Record<string, string>;

  beforeAll(async () => {
    [stack, kafka] = await Promise.all([startStack({ env: { MAX_BACKLOG_EVENTS: "1000" } }), startTestKafka({ sasl: true })]);
    await kafka.createTopic("orders", 2);
    await kafka.createTopic("typed");
    env = {
      KAFKA_BROKERS: kafka.server.url,
      KAFKA_SASL_MECHANISM: "PLAIN",
      KAFKA_USERNAME: SASL.username,
      KAFKA_PASSWORD: SASL.password,
      KAFKA_TOPICS: `orders=${TENANT},typed=${TENANT}:TICK,later=${TENANT}`,
      KAFKA_TENANT_HEADER: "tenant",
      KAFKA_HEADER_TENANTS: OTHER,
    };
    source = await stack.startKafka(env);
  }, patience(120_000));
  afterAll(async () => {
    await Promise.all([stack?.stop(), kafka?.stop()]);
  });

  const get = async (path: string, tenant = TENANT): Promise<Record<string, unknown>> => {
    const headers = { "x-admin-token": stack.adminToken, "x-tenant-id": tenant };
    return (await fetch(`${stack.apiUrl}${path}`, { headers })).json() as Promise<Record<string, unknown>>;
  };
  const eventually = async <T>(look: () => Promise<T>, check: (found: T) => void): Promise<T> => {
    const deadline = Date.now() + patience(20_000);
    for (;;) {
      const found = await look();
      try {
        check(found);
        return found;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  const stored = (eventId: string, expected: object = {}, tenant = TENANT) =>
    eventually(
      () => get(`/v1/events/${encodeURIComponent(eventId)}`, tenant),
      (found) => expect(found).toMatchObject({ status: "stored", ...expected }),
    );
  interface Letter {
    id: string;
    eventId: string;
    reasonCode: string;
    message: string;
    raw: string;
    format?: string;
    origin?: string;
  }
  /** The only letter of an event whose id matches, with its body. */
  const letter = async (eventId: RegExp): Promise<Letter> => {
    const of = (found: object) => (found as { items: Letter[] }).items.filter((one) => eventId.test(one.eventId));
    const found = await eventually(
      () => get("/v1/admin/dlq?limit=100"),
      (list) => expect(of(list)).toHaveLength(1),
    );
    return (await get(`/v1/admin/dlq/${of(found)[0]?.id}`)) as unknown as Letter;
  };
  const committed = (topic: string, partition: number, offset: number, group = "streamforge") =>
    eventually(
      () => kafka.committed(group, topic),
      (found) => expect(found[partition]).toBe(offset),
    );
  const counts = async () => {
    const text = await (await fetch(`${source.url}/metrics`)).text();
    const of = (topic: string, result: string) =>
      Number(new RegExp(`streamforge_source_messages_total\\{topic="${topic}",result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
    return { text, of };
  };

  test("an event is stored with where Kafka has it, and its offset is committed", async () => {
    await kafka.send([message("orders", { eventId: "k-1", eventType: "order", userId: "u", payload: { n: 1 } }, { partition: 1 })]);
    await stored("k-1", { src_topic: "orders", src_partition: 1, src_offset: 0, payload: { n: 1 }, source: "orders" });
    await committed("orders", 1, 1);
  });

  test("an event without an id is named by its place; equal ones are events of their own", async () => {
    const beat = { eventType: "beat", payload: { alive: true } };
    await kafka.send([beat, beat].map((one) => message("orders", one, { partition: 0 })));
    await committed("orders", 0, 2);
    const { items } = (await eventually(
      () => get("/v1/events?type=beat"),
      (found) => expect(found.items).toHaveLength(2),
    )) as { items: { eventId: string; src_offset: number }[] };
    for (const { eventId, src_offset } of items) {
      expect(eventId).toMatch(new RegExp(`^kafka:orders~[\\w-]{8}/0/${src_offset}$`));
      await stored(eventId, { src_offset });
    }
  });

  test("headers: the type of content, correlation id, trace, and a tenant that may be named; the topic's type where there is none", async () => {
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const headers = headersOf({
      "content-type": "application/json; charset=utf-8",
      traceparent: `00-${trace}-b7ad6b7169203331-01`,
      tenant: OTHER,
    });
    await kafka.send([
      message("typed", { eventId: "k-typed", payload: 1 }),
      message("typed", { eventId: "k-header", payload: 2 }, { headers }),
      message("typed", { eventId: "k-own", payload: 3 }, { headers: headersOf({ tenant: TENANT, "x-correlation-id": "mine" }) }),
    ]);
    await stored("k-typed", { eventType: "TICK", correlationId: "typed/0/0" });
    await stored("k-header", { tenantId: OTHER, correlationId: trace, traceparent: `00-${trace}-b7ad6b7169203331-01` }, OTHER);
    await stored("k-own", { correlationId: "mine" });
  });

  test("CloudEvents, in Kafka's binary and structured form", async () => {
    const ce = { ce_specversion: "1.0", ce_source: "/shop", ce_type: "order.created", ce_time: "2026-01-02T03:04:05Z" };
    const structured = { specversion: "1.0", id: "ce-2", source: "/shop", type: "order.created", data: { n: 2 } };
    await kafka.send([
      message("orders", { n: 1 }, { partition: 1, headers: headersOf({ ...ce, ce_id: "ce-1", "content-type": "application/json" }) }),
      message("orders", structured, { partition: 1, headers: headersOf({ "content-type": "application/cloudevents+json" }) }),
    ]);
    const expected = { eventType: "order.created", source: "/shop" };
    await stored("ce-1", { ...expected, payload: { n: 1 }, occurredAt: "2026-01-02T03:04:05Z", src_topic: "orders" });
    await stored("ce-2", { ...expected, payload: { n: 2 } });
  });

  test("what is no event becomes a dead letter with its bytes, and its neighbours are stored", async () => {
    const bad: [value: Buffer, says: string, headers?: Record<string, string>][] = [
      [Buffer.from([0xff, 0x00, 0xfe]), "invalid-json"],
      [Buffer.from("[1,2]"), "a message is one event, and this one holds several"],
      [Buffer.from("[1]"), "must be a JSON object"],
      [Buffer.from('{"eventId":"k-bad","payload":1}'), "eventType"],
      [Buffer.from(""), "The body is empty"],
      [Buffer.from("{}"), "names a tenant that is not in KAFKA_HEADER_TENANTS", { tenant: "somebody-else" }],
      [Buffer.from("a,b"), "content-type is text/csv", { "content-type": "text/csv" }],
      [Buffer.alloc(300_000, "x"), "event-too-large"],
    ];
    const from = (await kafka.ends("orders"))[0] as number;
    await kafka.send([
      ...bad.map(([value, , headers]) => message("orders", value, { partition: 0, ...(headers ? { headers: headersOf(headers) } : {}) })),
      message("orders", { eventId: "k-neighbour", eventType: "order" }, { partition: 0 }),
    ]);
    await stored("k-neighbour", { src_offset: from + bad.length });
    for (const [i, [value, says]] of bad.entries()) {
      const found = await letter(says === "eventType" ? /^k-bad$/ : new RegExp(`^kafka:orders~[\\w-]{8}/0/${from + i}$`));
      expect(found).toMatchObject({ reasonCode: "INVALID_EVENT", format: "bytes", origin: `orders/0/${from + i}` });
      expect(found.message).toContain(says);
      expect(Buffer.from(found.raw, "base64").equals(value)).toBe(true);
    }
    await committed("orders", 0, from + bad.length + 1);
  });

  test("a dead letter of bytes that were meant as JSON is stored when a patch corrects it, and says where it came from", async () => {
    const { id } = await letter(/^k-bad$/);
    const patch = [{ op: "add", path: "/eventType", value: "order" }];
    const answer = await fetch(`${stack.apiUrl}/v1/admin/dlq/retry`, {
      method: "POST",
      headers: { "x-admin-token": stack.adminToken, "content-type": "application/json" },
      body: JSON.stringify({ tenantId: TENANT, ids: [id], patch }),
    });
    expect(answer.status, await answer.clone().text()).toBe(202);
    await stored("k-bad", { payload: 1, src_topic: "orders", src_partition: 0 });
  });

  test("another event under the same id becomes a dead letter; the same one in another spelling is a duplicate", async () => {
    await kafka.send([message("orders", { eventId: "k-2", eventType: "order", payload: { n: 1 } }, { partition: 1 })]);
    await stored("k-2");
    await kafka.send([
      message("orders", { eventId: "k-2", eventType: "order", payload: { n: 2 } }, { partition: 1 }),
      message("orders", '{ "payload": {"n":1}, "eventType":"order","eventId":"k-2" }', { partition: 1 }),
      message("orders", { eventId: "k-3", eventType: "order" }, { partition: 1 }),
    ]);
    await stored("k-3");
    expect(await letter(/^k-2$/)).toMatchObject({ reasonCode: "IDENTITY_CONFLICT" });
    await stored("k-2", { payload: { n: 1 } });
  });

  test("everything delivered once more changes nothing", async () => {
    const total = async () =>
      ((await get("/v1/admin/ledger")) as { total: Record<"stored" | "dead" | "inFlight" | "missing", number> }).total;
    const before = await eventually(total, ({ inFlight }) => expect(inFlight).toBe(0));
    const letters = ((await get("/v1/admin/dlq?limit=100")).items as Letter[]).length;
    const again = await stack.startKafka({ ...env, KAFKA_GROUP: "another" });
    const ends = await kafka.committed("streamforge", "orders");
    for (const [partition, offset] of ends.entries()) await committed("orders", partition, offset, "another");
    await again.kill("SIGTERM");
    const after = await eventually(total, ({ inFlight }) => expect(inFlight).toBe(0));
    expect(after).toMatchObject({ stored: before.stored, dead: before.dead, missing: 0 });
    expect(((await get("/v1/admin/dlq?limit=100")).items as Letter[]).length).toBe(letters);
  });

  test("a full backlog pauses the partitions, and lets them go on when there is room", async () => {
    await stack.worker.kill("SIGTERM");
    // The backlog is looked at four times a second, and a fast machine takes thousands in between two looks: more until it pauses.
    let sent = 0;
    const paused = await eventually(
      async () => {
        const more = Array.from({ length: 2_000 }, () =>
          message("orders", { eventId: `full-${sent++}`, eventType: "order" }, { partition: 0 }),
        );
        await kafka.send(more);
        return counts();
      },
      ({ text }) => expect(text).toMatch(/streamforge_source_paused\{topic="orders",partition="0"\} 1/),
    );
    const end = (await kafka.ends("orders"))[0] as number;
    expect(paused.text).toMatch(/streamforge_source_lag_messages\{topic="orders",partition="0"\} [1-9]/);
    expect((await kafka.committed("streamforge", "orders"))[0]).toBeLessThan(end);
    await stack.worker.restart();
    await committed("orders", 0, end);
    await stored(`full-${sent - 1}`);
    await eventually(counts, ({ text }) => expect(text).toMatch(/streamforge_source_lag_messages\{topic="orders",partition="0"\} 0/));
  });

  test("a source that may not sign in says so, is not ready, and does no harm", async () => {
    const stranger = await stack.startKafka({ ...env, KAFKA_PASSWORD: "wrong", KAFKA_GROUP: "stranger" });
    const warned = await eventually(
      () => get("/v1/stats"),
      (found) => expect((found.warnings as { code: string }[]).map(({ code }) => code)).toContain("kafka-group"),
    );
    const [warning] = (warned.warnings as { code: string; message: string }[]).filter(({ code }) => code === "kafka-group");
    expect(warning?.message).toMatch(/the group cannot be joined since .*authentication/i);
    expect(warning?.message).not.toContain("wrong");
    expect((await fetch(`${stranger.url}/ready`)).status).toBe(503);
    expect((await fetch(`${stranger.url}/live`)).status).toBe(200);
    await stranger.kill("SIGTERM");
  });

  test("a topic that is made later is read when it is there", async () => {
    await kafka.createTopic("later", 3);
    await kafka.send([message("later", { eventId: "k-later", eventType: "order" }, { partition: 2 })]);
    await stored("k-later", { src_topic: "later", src_partition: 2 });
  });

  test("messages of a transaction count when it was committed, and never when it was aborted", async () => {
    await kafka.transaction([message("typed", { eventId: "k-aborted" })], "abort");
    await kafka.transaction([message("typed", { eventId: "k-committed" })], "commit");
    await kafka.transaction([message("typed", { eventId: "k-aborted-too" })], "abort");
    await kafka.send([message("typed", { eventId: "k-after" })]);
    await stored("k-committed");
    await stored("k-after");
    for (const eventId of ["k-aborted", "k-aborted-too"]) expect(await get(`/v1/events/${eventId}`)).toMatchObject({ status: 404 });
  });
});
