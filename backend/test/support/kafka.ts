import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin, Consumer, type MessageToProduce, ProduceAcks, Producer } from "@platformatic/kafka";
import { kafkaMissing, type LocalServer, startKafka } from "@streamforge/infrastructure/local";

/** Why the tests of the Kafka source cannot run here, as a sentence; undefined when they can. */
export const missingKafka = await kafkaMissing();

export type Message = MessageToProduce<Buffer, Buffer, Buffer, Buffer>;

/** A real Apache Kafka of the test's own, with what a test does to it. */
export interface TestKafka {
  server: LocalServer;
  createTopic(name: string, partitions?: number): Promise<void>;
  /** Sends messages, and resolves when the broker has them. */
  send(messages: Message[]): Promise<void>;
  /** The same through any outage: again until the broker has said that it has them. */
  sendUntilTaken(messages: Message[]): Promise<void>;
  /** The end of each partition: the offset of its next message. */
  ends(topic: string): Promise<number[]>;
  /** Sends messages in a transaction, and ends it. */
  transaction(messages: Message[], how: "commit" | "abort"): Promise<void>;
  /** What a group has committed of a topic, by partition; -1 where it has nothing. */
  committed(group: string, topic: string): Promise<number[]>;
  stop(): Promise<void>;
}

/** Name and password that a broker with `sasl` asks for, by PLAIN. */
export const SASL = { username: "streamforge", password: "a password of the tests" };

/** The listener of clients asks for a password; what it is called stays. */
const SASL_SETTINGS = [
  "listener.security.protocol.map=PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
  "inter.broker.listener.name=PLAINTEXT",
  "sasl.enabled.mechanisms=PLAIN",
  "sasl.mechanism.inter.broker.protocol=PLAIN",
  `listener.name.plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="${SASL.username}" password="${SASL.password}" user_${SASL.username}="${SASL.password}";`,
];

export async function startTestKafka({ sasl = false } = {}): Promise<TestKafka> {
  const dataDir = mkdtempSync(join(tmpdir(), "streamforge-kafka-"));
  const server = await startKafka({ dataDir, extraArgs: sasl ? SASL_SETTINGS : [] });
  const base = {
    ...(sasl ? { sasl: { mechanism: "PLAIN" as const, ...SASL } } : {}),
    clientId: "test",
    bootstrapBrokers: [server.url],
    retries: 5,
    retryDelay: 200,
  };
  const admin = new Admin(base);
  // At-least-once, as most producers are: what the broker took and could not say is sent again.
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({ ...base, acks: ProduceAcks.ALL });
  const send = async (messages: Message[]): Promise<void> => {
    await producer.send({ messages });
  };
  return {
    server,
    send,
    async sendUntilTaken(messages) {
      for (;;) {
        try {
          return await send(messages);
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      }
    },
    async ends(topic) {
      const consumer = new Consumer({ ...base, groupId: "ends" });
      try {
        return ((await consumer.listOffsets({ topics: [topic] })).get(topic) ?? []).map(Number);
      } finally {
        await consumer.close(true);
      }
    },
    async createTopic(name, partitions = 1) {
      await admin.createTopics({ topics: [name], partitions, replicas: 1 });
    },
    async transaction(messages, how) {
      const own = new Producer<Buffer, Buffer, Buffer, Buffer>({ ...base, idempotent: true, transactionalId: "test", retries: 5 });
      const transaction = await own.beginTransaction();
      await transaction.send({ messages });
      await (how === "commit" ? transaction.commit() : transaction.abort());
      await own.close();
    },
    async committed(group, topic) {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [group] });
      const partitions = found?.topics.find(({ name }) => name === topic)?.partitions ?? [];
      const offsets: number[] = [];
      for (const { partitionIndex, committedOffset } of partitions) offsets[partitionIndex] = Number(committedOffset);
      return offsets;
    },
    async stop() {
      await Promise.allSettled([admin.close(), producer.close(true)]);
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A message with a JSON value. */
export function message(topic: string, value: object | string | Buffer | null, more: Partial<Message> = {}): Message {
  const bytes = Buffer.isBuffer(value) || value === null ? value : Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  return { topic, value: bytes as Buffer, ...more };
}

export function headersOf(headers: Record<string, string>): Map<Buffer, Buffer> {
  return new Map(Object.entries(headers).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]));
}
