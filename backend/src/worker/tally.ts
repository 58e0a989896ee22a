import type { WorkerMetrics } from "../telemetry/metrics.js";
import { createRate } from "../telemetry/rate.js";
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

export function createTally({
  metrics,
  latency,
  lag,
}: {
  metrics: WorkerMetrics;
  latency: LatencyWindow;
  lag: Pick<ReturnType<typeof createLag>, "note">;
}): Tally {
  const stored = createRate();
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
      stored.add(counts.stored);
      lag.note(batch);
      metrics.wrote((now - batch.startedAtMs) / 1000, batch.trace?.context);
    },
    storedPerSecond: stored.perSecond,
  };
}
