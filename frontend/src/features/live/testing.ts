import type { Stats } from "@streamforge/shared";

/** A snapshot of a system at rest, for tests; `parts` say what is different. */
export function someStats(parts: Partial<Stats> = {}): Stats {
  return {
    at: "2026-11-21T12:00:00.000Z",
    eps: { accepted: 10, stored: 9, dead: 0, duplicates: 1 },
    totals: { accepted: 100, stored: 90, dead: 0, duplicates: 10 },
    backlog: { events: 0, oldestAgeSeconds: null, drainEtaSeconds: null, retrying: 0 },
    deadLetters: { open: 0 },
    ledger: {
      missing: 0,
      acknowledged: 0,
      alarms: [],
      verdict: "complete",
      sentence: "Nothing is missing: 100 accepted, 90 stored, 10 duplicates.",
    },
    workers: [],
    sources: [],
    partitions: [],
    latencyMs: { acceptP50: null, acceptP99: null, storeP50: null, storeP99: null },
    storage: {
      redis: { ok: true, usedMemoryBytes: 1024, maxMemoryBytes: 0, version: "8.2.3" },
      mongodb: { ok: true, version: "8.0" },
      postgres: { ok: true },
    },
    warnings: [],
    ...parts,
  };
}
