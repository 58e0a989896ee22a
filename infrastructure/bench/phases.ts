import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Db } from "mongodb";
import { MongoClient } from "mongodb";
import { settled } from "../judge/index.js";
import type { LatencySummary } from "../load/histogram.js";
import { startChild } from "./child.js";
import type { FloorOrder, FloorResult } from "./floor.js";
import type { GeneratorOrder, GeneratorResult } from "./generator.js";
import { cpuUs, machineBusyUs, peakRssBytes, resetPeak, rssBytes } from "./proc.js";
import { mongoBytes, readDocuments, startProbe, usedMemory, type VisiblePhase } from "./readings.js";
import { DATABASE, KEY_PREFIX, type System } from "./system.js";
import { type UploadPhase, upload } from "./upload.js";

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
  /**
   * Share of the machine's CPU that was not ours: above 0.1, others (the kernel's own work included) had a hand in every
   * figure of this phase.
   */
  othersShare: number | undefined;
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

const SETTLE_WITHIN_MS = 120_000;

export interface Phases {
  send(name: string, order: Pick<GeneratorOrder, "format" | "batch" | "events" | "connections" | "requestsPerSecond">): Promise<SendPhase>;
  /** @param bulksInFlight 1: a bare loop; more: so many loops side by side */
  floor(bulksInFlight: number): Promise<FloorPhase>;
  idle(): Promise<IdlePhase>;
  sizes(events: number): Promise<SizePhase>;
  /** Sends one NDJSON body of this size, in MiB. */
  upload(mebibytes: number): Promise<UploadPhase>;
  /** Sends one event every 100 ms until told to stop, and looks for each. */
  probe(): Promise<() => Promise<VisiblePhase>>;
  close(): Promise<void>;
}

export async function createPhases(system: System): Promise<Phases> {
  const client = await MongoClient.connect(system.mongodbAdminUri, { readConcern: { level: "majority" } });
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
        await checkpoint(db);
        const cpuBefore = cpuOf(pids);
        const busyBefore = machineBusyUs();
        const result = await child.go();
        await untilSettled();
        const seconds = (Date.now() - result.startedAtMs) / 1000;
        const cpu = perEvent(cpuBefore, cpuOf(pids), order.events);
        const others = sub(sub(machineBusyUs(), busyBefore), times(total(cpu), order.events));
        const documents = await readDocuments(db, tenantId);
        return {
          name,
          events: order.events,
          seconds,
          eventsPerSecond: order.events / seconds,
          acceptedPerSecond: (order.events * 1000) / (result.endedAtMs - result.startedAtMs),
          cpu: { ...cpu, total: total(cpu) },
          othersShare: others === undefined ? undefined : Math.max(0, others / (seconds * 1_000_000 * availableParallelism())),
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

    async floor(bulksInFlight) {
      const order: FloorOrder = {
        mongodbUri: system.mongodbAdminUri,
        database: DATABASE,
        tenantId: lastTenant,
        bulk: 1_000,
        bulksInFlight,
      };
      const child = await startChild<FloorOrder, FloorResult>("./floor.js", order);
      try {
        const pids = { writer: child.pid, mongod: system.pids.mongod };
        await checkpoint(db);
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

    async upload(mebibytes) {
      const apiKey = await system.createKey("bench-upload");
      const sent = await upload(system, apiKey, mebibytes);
      await untilSettled();
      return sent;
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

const sub = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? undefined : a - b);
const times = (a: number | undefined, factor: number) => (a === undefined ? undefined : a * factor);

function total(cpu: Record<string, number | undefined>): number | undefined {
  const values = Object.values(cpu);
  return values.some((value) => value === undefined) ? undefined : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** What earlier parts left dirty is written before a part is measured, or it would pay for them (a third of mongod's time in the later ones). */
async function checkpoint(db: Db): Promise<void> {
  await db.admin().command({ fsync: 1 });
}
