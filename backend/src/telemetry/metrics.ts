import {
  type EventFormat,
  type ExportTargetName,
  eventFormats,
  exportTargets,
  itemStatuses,
  problems,
  type ReasonCode,
  reasonCodes,
} from "@streamforge/shared";
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from "prom-client";
import { openMetricsRegistry } from "./exposition.js";
import type { TraceContext } from "./trace-context.js";

/** Metrics of the contract. Each process has its own registry; what both sides read from Redis or MongoDB is set by the API alone. */
export function createRegistry(): Registry {
  const registry = openMetricsRegistry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

const LATENCY_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * A histogram of latencies.
 * @param exemplars keeps the last traced observation of each bucket, for OpenMetrics; without traces there is nothing to keep
 * @returns records one: seconds, and the span that took them
 */
function latencyHistogram(
  registry: Registry,
  exemplars: boolean,
  name: string,
  help: string,
): (seconds: number, span?: TraceContext) => void {
  const histogram = new Histogram({ name, help, buckets: LATENCY_BUCKETS_SECONDS, registers: [registry], enableExemplars: exemplars });
  if (!exemplars) return (seconds) => histogram.observe(seconds);
  return (value, span) =>
    histogram.observe({ labels: {}, value, exemplarLabels: span ? { trace_id: span.traceId, span_id: span.spanId } : {} });
}

// Every known label value is there from the start, at 0: a counter that begins with its first event is a hole in every rate.

const SETTLED_OUTCOMES = ["stored", "duplicate", "dead"] as const;

const WAIT_ENDS = ["decided", "deadline", "left", "stopped", "refused"] as const;

/** @param bufferShare share of the memory for request bodies that is in use; @param exemplars there are traces */
export function createIngestMetrics(registry: Registry, bufferShare: () => number = () => 0, exemplars = false) {
  const registers = [registry];
  const ingested = new Counter({ name: "streamforge_ingest_total", help: "Items received, by result", labelNames: ["result"], registers });
  const ingestedOld = new Counter({ name: "stream_events_ingested_total", help: "Items accepted (older name)", registers });
  for (const result of itemStatuses) ingested.inc({ result }, 0);
  // A child counter per result, kept: finding it by its labels costs more than counting.
  const byResult = new Map<string, ReturnType<typeof ingested.labels>>();
  const childOf = (result: string) => {
    const child = byResult.get(result) ?? ingested.labels(result);
    byResult.set(result, child);
    return child;
  };
  const rejected = new Counter({
    name: "streamforge_rejected_total",
    help: "Requests or items refused, by code",
    labelNames: ["code"],
    registers,
  });
  for (const code of Object.keys(problems)) rejected.inc({ code }, 0);
  const bodies = new Counter({
    name: "streamforge_ingest_bodies_total",
    help: "Bodies of events received over HTTP, by what they were written in",
    labelNames: ["format"],
    registers,
  });
  const bodiesBy = new Map(eventFormats.map((format) => [format, bodies.labels(format)]));
  for (const child of bodiesBy.values()) child.inc(0);
  const waits = new Counter({
    name: "streamforge_waits_total",
    help: "Requests that waited for their events (Prefer: wait), by how that ended; refused: answered at once, as too many waited",
    labelNames: ["end"],
    registers,
  });
  for (const end of WAIT_ENDS) waits.inc({ end }, 0);
  return {
    count(result: (typeof itemStatuses)[number], n: number) {
      childOf(result).inc(n);
      if (result === "accepted") ingestedOld.inc(n);
    },
    countBody: (format: EventFormat) => bodiesBy.get(format)?.inc(),
    /** Items accepted since the start of this process. */
    acceptedSoFar: async (): Promise<number> => (await ingestedOld.get()).values[0]?.value ?? 0,
    took: latencyHistogram(registry, exemplars, "streamforge_ingest_duration_seconds", "Time to answer an ingest request"),
    dedupeHits: new Counter({ name: "streamforge_dedupe_hits_total", help: "Items answered as duplicates", registers }),
    rejected,
    /** Counts a wait that ended. */
    waited: (how: (typeof WAIT_ENDS)[number]) => waits.inc({ end: how }),
    stalled: new Counter({
      name: "streamforge_stalled_clients_total",
      help: "Clients disconnected because they did not read the lines of their answer",
      registers,
    }),
    buffer: new Gauge({
      name: "streamforge_buffer_utilization_ratio",
      help: "Share of MAX_BUFFERED_BYTES in use",
      registers,
      collect() {
        this.set(bufferShare());
      },
    }),
  };
}

/** Sets how many wait, whenever metrics are read. */
export function registerWaitGauges(registry: Registry, waiting: () => { requests: number; events: number }): void {
  for (const what of ["requests", "events"] as const) {
    new Gauge({
      name: `streamforge_waiting_${what}`,
      help: what === "requests" ? "Requests that wait for their events (Prefer: wait)" : "Events that are waited for",
      registers: [registry],
      collect() {
        this.set(waiting()[what]);
      },
    });
  }
}

const DOORS = ["password", "admin-token", "api-key"] as const;

/** @returns counts one failed try at a door */
export function createSignInMetrics(registry: Registry): (door: (typeof DOORS)[number]) => void {
  const failures = new Counter({
    name: "streamforge_sign_in_failures_total",
    help: "Wrong passwords, admin tokens and API keys, those refused unseen included",
    labelNames: ["kind"],
    registers: [registry],
  });
  for (const kind of DOORS) failures.inc({ kind }, 0);
  return (kind) => failures.inc({ kind });
}

/** What a source of events besides HTTP counts. */
export function createSourceMetrics(registry: Registry) {
  const registers = [registry];
  const messages = new Counter({
    name: "streamforge_source_messages_total",
    help: "Messages taken in from Kafka, by topic and what became of them (invalid and conflict are on their way to a dead letter)",
    labelNames: ["topic", "result"],
    registers,
  });
  const labelNames = ["topic", "partition"];
  return {
    messages,
    deleted: new Gauge({
      name: "streamforge_source_deleted_messages",
      help: "Messages that Kafka deleted before they were read",
      registers,
    }),
    up: new Gauge({ name: "streamforge_source_up", help: "1 while the source has joined its group and brokers answer", registers }),
    lagMessages: new Gauge({
      name: "streamforge_source_lag_messages",
      help: "Messages of a partition that are not yet durable here",
      labelNames,
      registers,
    }),
    lagSeconds: new Gauge({ name: "streamforge_source_lag_seconds", help: "Age of the oldest of them", labelNames, registers }),
    paused: new Gauge({
      name: "streamforge_source_paused",
      help: "1 while a partition waits for the backlog or its tenant's rate",
      labelNames,
      registers,
    }),
  };
}

export type IngestMetrics = ReturnType<typeof createIngestMetrics>;

/** @param exemplars there are traces */
export function createWorkerMetrics(registry: Registry, exemplars = false) {
  const registers = [registry];
  const events = new Counter({
    name: "streamforge_worker_events_total",
    help: "Events settled, by outcome",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of SETTLED_OUTCOMES) events.inc({ outcome }, 0);
  const eventsOld = new Counter({ name: "stream_events_processed_total", help: "Events stored (older name)", registers });
  const dead = new Counter({ name: "streamforge_worker_dlq_total", help: "Dead letters, by reason", labelNames: ["reason"], registers });
  for (const reason of reasonCodes) dead.inc({ reason }, 0);
  const deadOld = new Counter({ name: "stream_dlq_total", help: "Dead letters (older name)", registers });
  const help = "Time of one bulk, from first step to settled";
  const write = latencyHistogram(registry, exemplars, "streamforge_db_write_duration_seconds", help);
  const writeOld = latencyHistogram(registry, false, "stream_db_write_latency_seconds", "Time of one bulk (older name)");
  const circuit = new Gauge({ name: "streamforge_circuit_state", help: "0 closed, 1 half-open, 2 open", registers });
  return {
    settled(outcome: (typeof SETTLED_OUTCOMES)[number], n: number) {
      events.inc({ outcome }, n);
      if (outcome === "stored") eventsOld.inc(n);
    },
    died(reason: ReasonCode) {
      dead.inc({ reason });
      deadOld.inc();
    },
    wrote(seconds: number, span?: TraceContext) {
      write(seconds, span);
      writeOld(seconds);
    },
    erased: new Counter({ name: "streamforge_erased_events_total", help: "Stored events that an erasure has removed", registers }),
    expired: new Counter({ name: "streamforge_expired_events_total", help: "Events that retention has removed", registers }),
    retries: new Counter({ name: "streamforge_worker_retry_total", help: "Events put into the retry set", registers }),
    putOff: new Counter({
      name: "streamforge_worker_put_off_total",
      help: "Times an event was put off because its tenant's checks take more than their share of a worker",
      registers,
    }),
    circuit(state: "closed" | "half-open" | "open") {
      circuit.set({ closed: 0, "half-open": 1, open: 2 }[state]);
    },
  };
}

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

/** @returns counts parts of exports that have appeared in a target */
export function createExportMetrics(registry: Registry): (target: ExportTargetName, parts: { rows: number; bytes: number }[]) => void {
  const counter = (what: string, help: string) => {
    const made = new Counter({ name: `streamforge_export_${what}_total`, help, labelNames: ["target"], registers: [registry] });
    for (const target of exportTargets) made.inc({ target }, 0);
    return made;
  };
  const events = counter("events", "Events exported to Parquet");
  const parts = counter("parts", "Parts of exports that have appeared");
  const bytes = counter("bytes", "Bytes of these parts");
  return (target, appeared) => {
    parts.inc({ target }, appeared.length);
    for (const part of appeared) {
      events.inc({ target }, part.rows);
      bytes.inc({ target }, part.bytes);
    }
  };
}
