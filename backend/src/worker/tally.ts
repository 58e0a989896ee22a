import type { WorkerMetrics } from "../telemetry/metrics.js";
import type { LatencyWindow } from "../telemetry/window.js";
import type { Batch } from "./batch.js";
import type { createLag } from "./lag.js";

/** What a worker has done lately, for its metrics and its heartbeat. */
export interface Tally {
  /** Counts the outcomes of a batch that was settled. */
  onSettled(batch: Batch): void;
  /** Events stored a second, since it was asked half a second ago or more. */
  storedPerSecond(): number;
}

const LEAST_SPAN_MS = 500;

export function createTally({
  metrics,
  latency,
  lag,
}: {
  metrics: WorkerMetrics;
  latency: LatencyWindow;
  lag: Pick<ReturnType<typeof createLag>, "note">;
}): Tally {
  let stored = 0;
  let sinceMs = Date.now();
  let perSecond = 0;
  return {
    onSettled(batch) {
      const now = Date.now();
      const counts = { stored: 0, duplicate: 0, dead: 0 };
      for (const { outcome, record } of batch.events) {
        if (outcome?.kind === "again") (outcome.afterMs === undefined ? metrics.retries : metrics.putOff).inc();
        else if (outcome) counts[outcome.kind]++;
        if (outcome?.kind === "stored") latency.record(now - record.receivedAtMs);
        if (outcome?.kind === "dead") metrics.died(outcome.reason);
      }
      for (const kind of ["stored", "duplicate", "dead"] as const) if (counts[kind] > 0) metrics.settled(kind, counts[kind]);
      stored += counts.stored;
      lag.note(batch);
      metrics.wrote((now - batch.startedAtMs) / 1000);
    },
    storedPerSecond() {
      const now = Date.now();
      if (now - sinceMs >= LEAST_SPAN_MS) {
        perSecond = Math.round((stored * 1000) / (now - sinceMs));
        stored = 0;
        sinceMs = now;
      }
      return perSecond;
    },
  };
}
