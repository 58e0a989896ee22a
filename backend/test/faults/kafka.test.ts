import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROUNDS, sleep } from "../support/judged.js";
import { message, missingKafka, startTestKafka, type TestKafka } from "../support/kafka.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** With FAULT_ROUNDS=100 the promise's own: 20 kills, 100,000 messages. */
const KILLS = Math.max(3, Math.round(ROUNDS / 5));
const MESSAGES_A_KILL = ROUNDS >= 100 ? 5_000 : 1_700;
/** This many of them have no id: their place alone identifies them. */
const NAMELESS_A_KILL = 50;
const BATCH = 100;
const TENANT = "tenant-faults";
const TOPIC = "orders";
const PARTITIONS = 4;

/** Promise 32. */
describe.skipIf(missingKafka)(`Kafka under faults${missingKafka ? ` (skipped: ${missingKafka})` : ""}`, () => {
  let stack: Stack;
  let kafka: TestKafka;
  let sources: TestProcess[];

  beforeAll(async () => {
    [stack, kafka] = await Promise.all([startStack({ env: { PARTITIONS: "2" } }), startTestKafka()]);
    await kafka.createTopic(TOPIC, PARTITIONS);
    const env = { KAFKA_BROKERS: kafka.server.url, KAFKA_TOPICS: `${TOPIC}=${TENANT}` };
    sources = [await stack.startKafka(env), await stack.startKafka(env)];
  }, patience(120_000));
  afterAll(async () => {
    await Promise.all([stack?.stop(), kafka?.stop()]);
  });

  test("promise 32: source, broker and Redis killed in turn, two members rebalancing: nothing lost, nothing twice", async () => {
    const sent: string[] = [];
    let acknowledged = 0;
    const send = async (names: string[], messages: ReturnType<typeof message>[]): Promise<void> => {
      await kafka.sendUntilTaken(messages);
      sent.push(...names);
      acknowledged += names.length;
    };
    const kill = [
      async (round: number) => {
        const source = sources[round % sources.length] as TestProcess;
        await source.kill("SIGKILL");
        await source.restart();
      },
      async () => {
        await kafka.server.kill("SIGKILL");
        await kafka.server.restart();
      },
      async () => {
        await stack.redis.kill("SIGKILL");
        await stack.redis.restart();
      },
    ];

    for (let round = 0; round < KILLS; round++) {
      // While the broker surely answers: one that it took without saying so would be there twice for Kafka, too.
      const nameless = Array.from({ length: NAMELESS_A_KILL }, (_, i) => `nameless-${round}-${i}`);
      await send(
        nameless,
        nameless.map((name, i) => message(TOPIC, eventOf(name), { partition: i % PARTITIONS })),
      );
      const before = acknowledged;
      const named = Array.from({ length: MESSAGES_A_KILL - NAMELESS_A_KILL }, (_, i) => `named-${round}-${i}`);
      const load = (async () => {
        for (let from = 0; from < named.length; from += BATCH) {
          const batch = named.slice(from, from + BATCH);
          await send(
            batch,
            batch.map((name, i) => message(TOPIC, { eventId: name, ...eventOf(name) }, { partition: i % PARTITIONS })),
          );
        }
      })();
      while (acknowledged - before < named.length / 4) await sleep(5);
      await kill[round % kill.length]?.(round);
      await load;
    }

    await allCommitted();
    await settled();
    const counts = await storedCounts();
    expect(sent).toHaveLength(KILLS * MESSAGES_A_KILL);
    expect(sent.filter((name) => !counts.has(name))).toEqual([]);
    expect([...counts].filter(([, n]) => n > 1)).toEqual([]);
    expect(counts.size).toBe(sent.length);
    const ledger = (await get("/v1/admin/ledger")) as { total: { missing: number; dead: number } };
    expect(ledger.total).toMatchObject({ missing: 0, dead: 0 });
  });

  const eventOf = (name: string) => ({ eventType: "order", userId: `user-${name.length}`, payload: { name } });
  const get = async (path: string): Promise<unknown> =>
    (await fetch(`${stack.apiUrl}${path}`, { headers: { "x-admin-token": stack.adminToken, "x-tenant-id": TENANT } })).json();

  /** Until everything that Kafka has is committed by the group. */
  async function allCommitted(): Promise<void> {
    const deadline = Date.now() + patience(60_000);
    for (;;) {
      const ends = await kafka.ends(TOPIC);
      const committed = await kafka.committed("streamforge", TOPIC);
      if (ends.every((end, partition) => committed[partition] === end)) return;
      if (Date.now() > deadline) throw new Error(`committed ${committed}, ends ${ends}\n${sources.map((one) => one.output()).join("\n")}`);
      await sleep(200);
    }
  }

  async function settled(): Promise<void> {
    const deadline = Date.now() + patience(60_000);
    for (;;) {
      const { backlog } = (await get("/v1/stats")) as { backlog: { events: number } };
      if (backlog.events === 0) return;
      if (Date.now() > deadline) throw new Error(`${backlog.events} events still wait`);
      await sleep(200);
    }
  }

  /** How often each name is stored, counted in MongoDB itself. */
  async function storedCounts(): Promise<Map<string, number>> {
    const client = new MongoClient(stack.mongo.url);
    try {
      const grouped = client
        .db("streamforge")
        .collection("events")
        .aggregate<{ _id: string; n: number }>([{ $match: { tenantId: TENANT } }, { $group: { _id: "$payload.name", n: { $sum: 1 } } }]);
      return new Map((await grouped.toArray()).map(({ _id, n }) => [_id, n]));
    } finally {
      await client.close();
    }
  }
});
