import type { SourceView, Stats, WorkerView } from "@streamforge/shared";
import type { Depth } from "../stream/depth.js";
import type { SourceHeartbeat, WorkerHeartbeat } from "../stream/heartbeat.js";
import type { Seen } from "./alive.js";
import type { Rate } from "./rates.js";
import type { Situation, Warning } from "./situation.js";
import { verdictOf } from "./verdict.js";

/** Everything that a snapshot is made from, as last known. */
export interface Known extends Situation {
  warnings: Warning[];
  /** Over the last two seconds. */
  eps: Rate;
  openLetters: number;
  mongoVersion: string;
}

/** The statistics as the API answers them; warnings without their beginning. */
export function snapshotOf(known: Known): Stats {
  const { depth, workers, apis, sources, dependencies, nowMs, rates } = known;
  const { accepted, stored, dead, duplicate, deduped } = depth.totals;
  return {
    at: new Date(nowMs).toISOString(),
    eps: {
      accepted: tenth(known.eps.accepted),
      stored: tenth(known.eps.stored),
      dead: tenth(known.eps.dead),
      duplicates: tenth(known.eps.duplicates),
    },
    totals: { accepted, stored, dead, duplicates: duplicate + deduped },
    backlog: {
      events: depth.backlogEvents,
      oldestAgeSeconds: ageNow(depth, depth.oldestAtMs, nowMs),
      drainEtaSeconds: drainEtaSeconds(depth.backlogEvents, rates.backlog),
      retrying: depth.retrying,
    },
    deadLetters: { open: known.openLetters },
    ledger: verdictOf(depth, known.ledger, nowMs),
    workers: workers.map(workerView).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1)),
    sources: sources.map(sourceView).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1)),
    partitions: depth.partitions.map(({ partition, backlogEvents, entries, retrying, oldestAtMs, totals }) => ({
      partition,
      backlogEvents,
      entries,
      retrying,
      oldestAgeSeconds: ageNow(depth, oldestAtMs, nowMs),
      accepted: totals.accepted,
      settled: totals.stored + totals.duplicate + totals.dead,
    })),
    latencyMs: {
      acceptP50: median(apis.map(({ acceptP50 }) => acceptP50)),
      acceptP99: greatest(apis.map(({ acceptP99 }) => acceptP99)),
      storeP50: median(workers.map(({ storeP50 }) => storeP50)),
      storeP99: greatest(workers.map(({ storeP99 }) => storeP99)),
    },
    storage: {
      redis: {
        ok: depth.redisOk,
        usedMemoryBytes: depth.memory.usedBytes,
        maxMemoryBytes: depth.memory.maxBytes,
        version: depth.memory.version,
      },
      mongodb: { ok: dependencies.mongodb.status === "up", version: known.mongoVersion },
      postgres: { ok: dependencies.postgres.status === "up" },
    },
    warnings: known.warnings,
  };
}

/** Age by now, also when Redis has been away since the picture was taken. */
function ageNow(depth: Depth, oldestAtMs: number | null, nowMs: number): number | null {
  return oldestAtMs === null ? null : tenth(Math.max(0, depth.redisAtMs - oldestAtMs + Math.max(0, nowMs - depth.atMs)) / 1000);
}

function drainEtaSeconds(backlog: number, growthPerSecond: number): number | null {
  if (backlog === 0) return 0;
  return growthPerSecond < 0 ? tenth(backlog / -growthPerSecond) : null;
}

function workerView(worker: Seen<WorkerHeartbeat>): WorkerView {
  const { name, host, pid, startedAtMs, atMs, storedPerSecond, inHand, circuit, rssBytes, alive } = worker;
  return {
    name,
    host,
    pid,
    startedAt: new Date(startedAtMs).toISOString(),
    lastSeenAt: new Date(atMs).toISOString(),
    alive,
    storedPerSecond: alive ? storedPerSecond : 0,
    inHand,
    circuit,
    rssBytes,
  };
}

function sourceView(source: Seen<SourceHeartbeat>): SourceView {
  const { name, kind, host, pid, startedAtMs, atMs, messagesPerSecond, rssBytes, topics, alive } = source;
  return {
    name,
    kind,
    host,
    pid,
    startedAt: new Date(startedAtMs).toISOString(),
    lastSeenAt: new Date(atMs).toISOString(),
    alive,
    ready: alive && source.ready,
    messagesPerSecond: alive ? messagesPerSecond : 0,
    rssBytes,
    topics,
  };
}

/** The middle one: what most processes see. */
function median(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length === 0 ? null : hundredth(known[Math.floor((known.length - 1) / 2)] as number);
}

/** The slowest process decides about a p99. */
function greatest(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : hundredth(Math.max(...known));
}

const tenth = (n: number): number => Math.round(n * 10) / 10;
const hundredth = (n: number): number => Math.round(n * 100) / 100;
