import { uuidText } from "../ingest/identify.js";
import type { Entry } from "../stream/consumer.js";
import { readTraceContext, type TraceContext } from "../telemetry/trace-context.js";
import { type Attributes, inSpan, type Span, type Traces } from "../telemetry/traces.js";
import { type Batch, type Step, undecided, type WorkEvent } from "./batch.js";

/**
 * Traces that a batch is linked with, at most. Each gets one span of its own, so that a batch makes no more than 35 spans, however
 * many events and senders it has; the batch says how many traces it left out.
 */
export const MOST_LINKS = 32;

const MESSAGING = { "messaging.system": "redis", "messaging.operation.type": "process", "messaging.destination.name": "events" };

/**
 * Runs a batch within a trace, when a trace of its events is recorded. The batch begins a trace of its own, because its events come from
 * many; links lead there and back:
 *
 *     request ─ append ─ process events  ⇄  process batch ─┬─ insert events
 *     (one for each sender's trace)         (one)          └─ settle events
 */
export function traced(traces: Traces, run: (batch: Batch) => Promise<void>): (batch: Batch) => Promise<void> {
  if (!traces.on) return run;
  return async (batch) => {
    const { senders, leftOut } = sendersOf(batch.entries);
    const links = [...senders.values()];
    if (links.length === 0) return run(batch);
    const span = traces.begin("process batch", { kind: "consumer", links, startedAtMs: batch.startedAtMs });
    if (!span) return run(batch);
    span.set({ ...MESSAGING, "messaging.operation.name": "process", "streamforge.traces.left_out": leftOut });
    const parts = new Map<string, Part>();
    for (const [traceparent, parent] of senders) {
      const part = traces.begin("process events", { kind: "consumer", parent, links: [span.context], startedAtMs: batch.startedAtMs });
      if (part) parts.set(traceparent, { span: part, events: [] });
    }
    batch.trace = span;
    try {
      await run(batch);
    } catch (error) {
      for (const failed of [span, ...[...parts.values()].map((part) => part.span)]) failed.fail((error as Error).name);
      throw error;
    } finally {
      for (const event of batch.events) parts.get(event.record.context.traceparent)?.events.push(event);
      for (const part of parts.values()) endPart(part);
      span.set({ "messaging.batch.message_count": batch.events.length });
      span.end();
    }
  };
}

/** A step of a batch as a span below the batch's. */
export function asSpan(name: string, attributes: (batch: Batch) => Attributes, step: Step): Step {
  return (batch) => {
    if (!batch.trace) return step(batch);
    const span = batch.trace.begin(name, { kind: "client" });
    span.set(attributes(batch));
    return inSpan(span, () => step(batch));
  };
}

export const bulkAttributes = (batch: Batch): Attributes => ({
  "db.system.name": "mongodb",
  "db.operation.name": "insert",
  "db.collection.name": "events",
  "db.operation.batch.size": undecided(batch).length,
});

export const settleAttributes = ({ entries }: Batch): Attributes => ({
  "messaging.system": "redis",
  "messaging.operation.name": "settle",
  "messaging.operation.type": "settle",
  "messaging.destination.name": "events",
  "messaging.batch.message_count": entries.length,
});

/** The events of one sender's trace in a batch. */
interface Part {
  span: Span;
  events: WorkEvent[];
}

/** The recorded traces of a batch's events, by the context that is stored with them. Neighbours mostly share theirs. */
function sendersOf(entries: readonly Entry[]): { senders: Map<string, TraceContext>; leftOut: number } {
  const senders = new Map<string, TraceContext>();
  const others = new Set<string>();
  let last = "";
  for (const { records } of entries) {
    for (const { context } of records) {
      const { traceparent } = context;
      if (traceparent === last || traceparent === "") continue;
      last = traceparent;
      const place = readTraceContext(traceparent);
      if (!place?.sampled || senders.has(traceparent)) continue;
      if (senders.size < MOST_LINKS) senders.set(traceparent, place);
      else others.add(traceparent);
    }
  }
  return { senders, leftOut: others.size };
}

function endPart({ span, events }: Part): void {
  const counts: Record<string, number> = {};
  for (const { outcome } of events) {
    if (!outcome) continue;
    const name = `streamforge.events.${outcome.kind}`;
    counts[name] = (counts[name] ?? 0) + 1;
    if (outcome.kind === "dead") span.fail(outcome.reason);
  }
  const [only] = events;
  if (events.length === 1 && only)
    span.set({ "messaging.message.id": uuidText(only.record.id), "streamforge.attempt": only.record.attempt + 1 });
  span.set({ ...MESSAGING, ...counts, "messaging.operation.name": "process", "messaging.batch.message_count": events.length });
  span.end();
}
