import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { type Db, MongoClient } from "mongodb";
import { settled } from "../judge/index.js";
import { createLatencyRecorder, type LatencySummary } from "../load/histogram.js";
import { startChild } from "./child.js";
import type { FloorOrder, FloorResult } from "./floor.js";
import type { GeneratorOrder, GeneratorResult } from "./generator.js";
import { cpuUs, peakRssBytes, resetPeak, rssBytes } from "./proc.js";
import { DATABASE, KEY_PREFIX, type System } from "./system.js";

/** One way of sending, measured from the first request until everything is settled. */
export interface SendPhase {
  name: string;
  events: number;
  seconds: number;
  /** Until everything is settled. */
  eventsPerSecond: number;
  /** Until everything is acknowledged. */
  acceptedPerSecond: number;
  /** µs of CPU per event, by process; undefined where /proc is missing. */
  cpu: Record<"generator" | "api" | "redis" | "worker" | "mongod" | "total", number | undefined>;
  /** Per request, from when it was due or sent to its whole answer, in ms. */
  acceptMs: LatencySummary;
  /** From accepted to written, per event, by the documents' own times, in ms. */
  storeMs: LatencySummary;
  /** Highest resident memory, in bytes. */
  peakRss: { api: number | undefined; worker: number | undefined };
  statuses: Record<string, number>;
  /** Exactly the distinct events that were sent are stored, each once. */
  exact: boolean;
  stored: number;
  /** Documents that also carry their text, because parsing it could lose something. */
  withText: number;
}

export interface FloorPhase {
  events: number;
  eventsPerSecond: number;
  cpu: { writer: number | undefined; mongod: number | undefined };
}

export interface IdlePhase {
  rss: { api: number | undefined; worker: number | undefined };
}

/** Bytes per event. */
export interface SizePhase {
  events: number;
  redisQueued: number;
  redisSettled: number;
  mongoData: number;
  mongoIndexes: number;
}

/** From the acknowledgement until a majority read finds the event, in ms: what the documents' own times leave out is the write itself. */
export interface VisiblePhase {
  acceptToVisibleMs: LatencySummary;
}

const SETTLE_WITHIN_MS = 120_000;

export interface Phases {
  send(name: string, order: Pick<GeneratorOrder, "format" | "batch" | "events" | "connections" | "requestsPerSecond">): Promise<SendPhase>;
  floor(): Promise<FloorPhase>;
  idle(): Promise<IdlePhase>;
  sizes(events: number): Promise<SizePhase>;
  /** Sends one event every 100 ms until told to stop, and looks for each. */
  probe(): Promise<() => Promise<VisiblePhase>>;
  close(): Promise<void>;
}

export async function createPhases(system: System): Promise<Phases> {
  const client = await MongoClient.connect(system.mongodbUri, { readConcern: { level: "majority" } });
  const db = client.db(DATABASE);
  const redis = new Redis(system.redisUrl);
  let tenants = 0;
  let lastTenant = "";
  const untilSettled = () => settled({ redisUrl: system.redisUrl, keyPrefix: KEY_PREFIX, timeoutMs: SETTLE_WITHIN_MS, everyMs: 20 });

  /** A tenant for each phase: its documents are then this phase's documents. */
  const generate = async (order: Omit<GeneratorOrder, "host" | "port" | "apiKey" | "path">) => {
    const tenantId = `bench-${++tenants}`;
    const apiKey = await system.createKey(tenantId);
    const { host, port } = system;
    lastTenant = tenantId;
    return {
      tenantId,
      child: await startChild<GeneratorOrder, GeneratorResult>("./generator.js", { host, port, apiKey, path: "/v1/events", ...order }),
    };
  };

  return {
    async send(name, order) {
      const { tenantId, child } = await generate(order);
      try {
        const pids = { generator: child.pid, ...system.pids };
        for (const pid of [pids.api, pids.worker]) resetPeak(pid);
        const cpuBefore = cpuOf(pids);
        const result = await child.go();
        await untilSettled();
        const seconds = (Date.now() - result.startedAtMs) / 1000;
        const cpu = perEvent(cpuBefore, cpuOf(pids), order.events);
        const documents = await readDocuments(db, tenantId);
        return {
          name,
          events: order.events,
          seconds,
          eventsPerSecond: order.events / seconds,
          acceptedPerSecond: (order.events * 1000) / (result.endedAtMs - result.startedAtMs),
          cpu: { ...cpu, total: total(cpu) },
          acceptMs: result.latency,
          storeMs: documents.storeMs,
          peakRss: { api: peakRssBytes(pids.api), worker: peakRssBytes(pids.worker) },
          statuses: result.statuses,
          exact: documents.distinct === order.events && documents.count === order.events,
          stored: documents.count,
          withText: documents.withText,
        };
      } finally {
        child.stop();
      }
    },

    async floor() {
      const order: FloorOrder = { mongodbUri: system.mongodbUri, database: DATABASE, tenantId: lastTenant, bulk: 1_000, bulksInFlight: 3 };
      const child = await startChild<FloorOrder, FloorResult>("./floor.js", order);
      try {
        const pids = { writer: child.pid, mongod: system.pids.mongod };
        const before = cpuOf(pids);
        const { startedAtMs, endedAtMs, documents } = await child.go();
        const cpu = perEvent(before, cpuOf(pids), documents);
        return { events: documents, eventsPerSecond: (documents * 1000) / (endedAtMs - startedAtMs), cpu };
      } finally {
        child.stop();
      }
    },

    async idle() {
      await sleep(2_000);
      return { rss: { api: rssBytes(system.pids.api), worker: rssBytes(system.pids.worker) } };
    },

    async sizes(events) {
      const { child } = await generate({ format: "ndjson", batch: 500, events, connections: 2 });
      try {
        const before = await usedMemory(redis);
        // Stopped, the worker takes nothing away: all events are queued at once.
        system.signal("worker", "SIGSTOP");
        try {
          await child.go();
          const queued = await usedMemory(redis);
          system.signal("worker", "SIGCONT");
          await untilSettled();
          return {
            events,
            redisQueued: (queued - before) / events,
            redisSettled: ((await usedMemory(redis)) - before) / events,
            ...(await mongoBytes(client, db)),
          };
        } finally {
          system.signal("worker", "SIGCONT");
        }
      } finally {
        child.stop();
      }
    },

    async probe() {
      const apiKey = await system.createKey("bench-probe");
      return startProbe(`http://${system.host}:${system.port}`, apiKey, db);
    },

    async close() {
      redis.disconnect();
      await client.close();
    },
  };
}

function cpuOf<K extends string>(pids: Record<K, number>): Record<K, number | undefined> {
  return Object.fromEntries(Object.entries<number>(pids).map(([name, pid]) => [name, cpuUs(pid)])) as Record<K, number | undefined>;
}

function perEvent<K extends string>(
  before: Record<K, number | undefined>,
  after: Record<K, number | undefined>,
  events: number,
): Record<K, number | undefined> {
  const names = Object.keys(before) as K[];
  const delta = (name: K) => (before[name] === undefined || after[name] === undefined ? undefined : (after[name] - before[name]) / events);
  return Object.fromEntries(names.map((name) => [name, delta(name)])) as Record<K, number | undefined>;
}

function total(cpu: Record<string, number | undefined>): number | undefined {
  const values = Object.values(cpu);
  return values.some((value) => value === undefined) ? undefined : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** Reads a tenant's documents once: how many, how many distinct events, and how long they took. */
async function readDocuments(db: Db, tenantId: string) {
  const latency = createLatencyRecorder();
  const ids = new Set<string>();
  let count = 0;
  let withText = 0;
  const projection = { _id: 0, eventId: 1, receivedAt: 1, storedAt: 1, text: 1 };
  for await (const doc of db.collection("events").find({ tenantId }, { projection, batchSize: 10_000 })) {
    ids.add(doc["eventId"]);
    latency.record(doc["storedAt"] - doc["receivedAt"]);
    if (doc["text"] !== undefined) withText++;
    count++;
  }
  return { count, distinct: ids.size, withText, storeMs: latency.summary() };
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
}

async function mongoBytes(client: MongoClient, db: Db): Promise<{ mongoData: number; mongoIndexes: number }> {
  // Sizes of indexes are those of the last checkpoint.
  await client.db("admin").command({ fsync: 1 });
  const stats = await db.command({ collStats: "events" });
  return { mongoData: stats["size"] / stats["count"], mongoIndexes: stats["totalIndexSize"] / stats["count"] };
}

async function startProbe(url: string, apiKey: string, db: Db): Promise<() => Promise<VisiblePhase>> {
  const latency = createLatencyRecorder();
  let stopping = false;
  const one = async (n: number): Promise<void> => {
    const eventId = `probe-${n}`;
    const body = JSON.stringify({ eventId, eventType: "probe", userId: "probe", payload: { n } });
    const response = await fetch(`${url}/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body,
    });
    await response.arrayBuffer();
    const acceptedAt = performance.now();
    while ((await db.collection("events").findOne({ userId: "probe", eventId }, { projection: { _id: 1 } })) === null) await sleep(2);
    latency.record(performance.now() - acceptedAt);
  };
  const loop = (async () => {
    for (let n = 0; !stopping; n++) {
      await one(n);
      await sleep(100);
    }
  })();
  return async () => {
    stopping = true;
    await loop;
    return { acceptToVisibleMs: latency.summary() };
  };
}
