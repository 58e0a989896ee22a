import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { Admin, ProduceAcks, Producer } from "@platformatic/kafka";
import { Command, InvalidArgumentError, Option } from "commander";
import { Redis } from "ioredis";
import { settled } from "../judge/index.js";
import { makeTexts } from "../load/events.js";
import { commit, figure, table, writeReport } from "../load/report.js";
import { startKafka } from "../local/index.js";
import { createPhases } from "./phases.js";
import { cpuUs, peakRssBytes, resetPeak } from "./proc.js";
import { KEY_PREFIX, type System, startSystem } from "./system.js";

interface Options {
  messages: number;
  rounds: number;
  json?: string;
}

const TOPIC = "bench";
const PARTITIONS = 4;
const WARM_UP = 50_000;
const PRODUCED_AT_ONCE = 2_000;
const SETTLE_WITHIN_MS = 300_000;

const say = (line: string): void => void process.stderr.write(`  ${line}\n`);

/** What the source costs beside what NDJSON costs the api, in the same run and of the same events. */
interface Round {
  sourceUs: number | undefined;
  sourcePerSecond: number;
  apiUs: number | undefined;
}

async function bench({ messages, rounds, json }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "streamforge-bench-kafka-"));
  const system = await startSystem(say);
  const kafka = await startKafka({ dataDir: folder, onProgress: say });
  const base = { clientId: "bench", bootstrapBrokers: [kafka.url] };
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({ ...base, acks: ProduceAcks.ALL });
  try {
    const admin = new Admin(base);
    await admin.createTopics({ topics: [TOPIC], partitions: PARTITIONS, replicas: 1 });
    await admin.close();
    const source = await system.startKafka({ KAFKA_BROKERS: kafka.url, KAFKA_TOPICS: `${TOPIC}=bench-kafka` });
    const phases = await createPhases(system);
    const take = (count: number) => measure(system, source, () => produce(producer, count), count);
    say("warming up both");
    await phases.send("warm-up", { format: "ndjson", batch: 500, events: WARM_UP, connections: 8 });
    await take(WARM_UP);
    const measured: Round[] = [];
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}: ${figure(messages)} by NDJSON of 500, then as many from Kafka`);
      const ndjson = await phases.send("NDJSON 500", { format: "ndjson", batch: 500, events: messages, connections: 8 });
      measured.push({ apiUs: ndjson.cpu.api, ...(await take(messages)) });
    }
    await phases.close();
    const rows = measured.map(({ sourceUs, apiUs, sourcePerSecond }) => [us(sourceUs), us(apiUs), figure(sourcePerSecond)]);
    console.log(`\n${table([["source, µs a message", "api, µs an event (NDJSON)", "messages/s, until settled"], ...rows])}`);
    console.log(`\nHighest memory of the source: ${figure((peakRssBytes(source) ?? 0) / 2 ** 20)} MB`);
    const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.versions.node };
    const report = { at: new Date().toISOString(), commit: commit(), machine, messages, measured };
    console.log(`\nReport: ${writeReport(`kafka-${report.commit}`, report, json)}`);
  } finally {
    say("stopping");
    await producer.close(true).catch(() => {});
    await system.stop();
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The source stands still while the messages are written, so that it then reads in full batches. */
async function measure(system: System, pid: number, write: () => Promise<void>, count: number): Promise<Omit<Round, "apiUs">> {
  const redis = new Redis(system.redisUrl);
  try {
    const before = await accepted(redis);
    process.kill(pid, "SIGSTOP");
    await write().finally(() => process.kill(pid, "SIGCONT"));
    resetPeak(pid);
    const cpuBefore = cpuUs(pid);
    const begunAt = performance.now();
    const deadline = Date.now() + SETTLE_WITHIN_MS;
    while ((await accepted(redis)) < before + count) {
      if (Date.now() > deadline) throw new Error(`of ${count} messages ${(await accepted(redis)) - before} were taken in`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const cpu = cpuUs(pid);
    await settled({ redisUrl: system.redisUrl, keyPrefix: KEY_PREFIX, timeoutMs: SETTLE_WITHIN_MS, everyMs: 20 });
    const seconds = (performance.now() - begunAt) / 1000;
    return {
      sourceUs: cpu === undefined || cpuBefore === undefined ? undefined : (cpu - cpuBefore) / count,
      sourcePerSecond: count / seconds,
    };
  } finally {
    redis.disconnect();
  }
}

async function accepted(redis: Redis): Promise<number> {
  return Number((await redis.hget(`${KEY_PREFIX}:{0}:totals`, "accepted")) ?? 0);
}

/** Events like those that the load generator sends over HTTP. */
async function produce(producer: Producer<Buffer, Buffer, Buffer, Buffer>, count: number): Promise<void> {
  const texts = makeTexts(count);
  for (let at = 0; at < count; at += PRODUCED_AT_ONCE) {
    const messages = texts.slice(at, at + PRODUCED_AT_ONCE).map((text, i) => ({
      topic: TOPIC,
      partition: (at + i) % PARTITIONS,
      value: Buffer.from(text),
    }));
    await producer.send({ messages });
  }
}

const us = (value: number | undefined): string => (value === undefined ? "unknown" : figure(value, 1));

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("A whole number from 1 is needed.");
  return value;
}

await new Command("bench:kafka")
  .description(
    "Measures what a message from Kafka costs the source at full batches, beside what NDJSON costs the api, on servers of its own.",
  )
  .addOption(new Option("--messages <n>", "how many a round, by each way").argParser(wholeNumber).default(200_000))
  .addOption(new Option("--rounds <n>", "how often, in turns").argParser(wholeNumber).default(3))
  .option("--json <file>", "where the report goes (default: reports/kafka-<commit>-<time>.json)")
  .action(bench)
  .parseAsync();
