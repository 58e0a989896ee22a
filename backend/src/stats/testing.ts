import type { Depth } from "../stream/depth.js";
import type { Situation } from "./situation.js";

/** A stream in which nothing waits, for tests; `parts` say what is different. */
export function someDepth(parts: Partial<Depth> = {}): Depth {
  return {
    atMs: 1,
    redisAtMs: 1,
    settledPerSecond: 0,
    redisOk: true,
    wentBackAtMs: 0,
    goneEvents: 0,
    goneSinceMs: 0,
    backlogEvents: 0,
    retrying: 0,
    oldestAtMs: null,
    oldestAgeSeconds: null,
    totals: { accepted: 0, stored: 0, duplicate: 0, dead: 0, retried: 0, deduped: 0 },
    partitions: [],
    memory: { usedBytes: 1, maxBytes: 0, version: "8.2.3" },
    memoryRatio: 0,
    ...parts,
  };
}

const up = { status: "up", latencyMs: 1 } as const;

/** A system at rest with one worker, for tests. */
export function someSituation(parts: Partial<Situation> = {}): Situation {
  const nowMs = parts.nowMs ?? 0;
  const worker = {
    name: "w",
    host: "h",
    pid: 1,
    startedAtMs: 0,
    atMs: nowMs,
    storedPerSecond: 0,
    inHand: 0,
    circuit: "closed",
    rssBytes: 1,
    faults: null,
    alive: true,
    storeP50: null,
    storeP99: null,
  } as const;
  return {
    nowMs,
    depth: someDepth(),
    rates: { accepted: 0, stored: 0, dead: 0, duplicates: 0, backlog: 0 },
    workers: [worker],
    apis: [],
    sources: [],
    settledAtMs: Number.NEGATIVE_INFINITY,
    dependencies: { redis: up, mongodb: up, postgres: up },
    ledger: undefined,
    mostHours: undefined,
    limits: {
      maxBacklogEvents: 1_000,
      memoryRatio: 0.7,
      partitionsSet: 1,
      partitions: 1,
      hoursPerTenant: 20_000,
      kafka: false,
      unsafe: [],
    },
    ...parts,
  };
}
