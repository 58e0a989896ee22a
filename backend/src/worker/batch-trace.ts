import { uuidText } from "../ingest/identify.js";
import { beginGroup, type GroupTrace, type StoredContext } from "../telemetry/group-trace.js";
import { type Attributes, inSpan, type Span, type Traces } from "../telemetry/traces.js";
import { type Batch, type Step, undecided, type WorkEvent } from "./batch.js";

const MESSAGING = {
  "messaging.system": "redis",
  "messaging.operation.name": "process",
  "messaging.operation.type": "process",
  "messaging.destination.name": "events",
};

type Run = (batch: Batch) => Promise<void>;

/** Runs a batch within a trace, when a trace of its events is recorded: 35 spans at most, of which two are the steps below. */
export function traced(traces: Traces, run: Run): Run {
  if (!traces.on) return run;
  return (batch) => {
    const group = beginGroup(traces, contextsOf(batch), {
      name: "process batch",
      part: "process events",
      kind: "consumer",
      startedAtMs: batch.startedAtMs,
    });
    group?.span.set(MESSAGING);
    return group ? runInGroup(group, batch, run) : run(batch);
  };
}

/** The same of dead letters that are tried again: a part of their job's trace, when that is recorded, and linked with their own. */
export function tracedReplay(traces: Traces, job: Span | undefined, run: Run): Run {
  if (!traces.on) return run;
  return (batch) => {
    const span = job?.begin("replay letters");
    const group = beginGroup(traces, contextsOf(batch), { name: "replay letters", part: "replay event", span });
    return group ? runInGroup(group, batch, run) : run(batch);
  };
}

async function runInGroup(group: GroupTrace, batch: Batch, run: Run): Promise<void> {
  batch.trace = group.span;
  try {
    await run(batch);
  } catch (error) {
    group.fail((error as Error).name);
    throw error;
  } finally {
    // Most events belong to no recorded trace.
    const events = batch.events.filter(({ record }) => record.context.traceparent !== "");
    const all = Map.groupBy(events, ({ record }) => group.partOf(record.context));
    for (const part of group.parts()) tell(part, all.get(part) ?? []);
    group.span.set({ "messaging.batch.message_count": batch.events.length });
    group.end();
  }
}

/** A step of a batch as a span below the batch's. */
export function asSpan(name: string, attributes: (batch: Batch) => Attributes, step: Step): Step {
  return (batch) => {
    const span = batch.trace?.begin(name, { kind: "client" });
    if (!span) return step(batch);
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

function* contextsOf({ entries }: Batch): Generator<StoredContext> {
  for (const { records } of entries) for (const { context } of records) if (context.traceparent !== "") yield context;
}

/** Says of a part what became of its events. */
function tell(part: Span, events: WorkEvent[]): void {
  const counts: Record<string, number> = {};
  for (const { outcome } of events) {
    if (!outcome) continue;
    const name = `streamforge.events.${outcome.kind}`;
    counts[name] = (counts[name] ?? 0) + 1;
    if (outcome.kind === "dead") part.fail(outcome.reason);
  }
  part.set({ ...MESSAGING, ...counts, "messaging.batch.message_count": events.length });
  const [only] = events;
  if (events.length === 1 && only)
    part.set({ "messaging.message.id": uuidText(only.record.id), "streamforge.attempt": only.record.attempt + 1 });
}
