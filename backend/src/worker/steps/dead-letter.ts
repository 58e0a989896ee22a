import { Binary } from "mongodb";
import { type Death, fingerprintOf, type LetterStore, letterId } from "../../dead-letters/letters.js";
import type { AttemptDocument, DeadLetterDocument } from "../../store/documents.js";
import type { EventStore } from "../../store/events.js";
import type { Step, WorkEvent } from "../batch.js";

export interface DeadLetterOptions {
  letters: LetterStore;
  store: Pick<EventStore, "proofs">;
  worker: string;
  maxAttempts: number;
}

/**
 * A failure that blames no event says the same of thousands: a shard that is away for ten minutes under 5,000 events a second
 * would leave three million rows. What names an event is always recorded.
 */
const INFRASTRUCTURE_ROWS_PER_MINUTE = 1_000;

type Dead = WorkEvent & { outcome: { kind: "dead" } };

/**
 * Turns what is exhausted into dead letters, writes them, and one row for each attempt that failed. All of it is durable before
 * the entry is settled. A letter whose event turns out to be stored (two workers had it) is taken back: stored wins.
 */
export function deadLetter(options: DeadLetterOptions): Step {
  const { letters, store, worker, maxAttempts } = options;
  const mayRecord = perMinute(INFRASTRUCTURE_ROWS_PER_MINUTE);
  return async function writeDeadLetters(batch) {
    const failed = batch.events.filter(
      ({ outcome }) => outcome?.kind === "dead" || (outcome?.kind === "again" && outcome.afterMs === undefined),
    );
    if (failed.length === 0) return;
    for (const event of failed) exhaust(event, maxAttempts);

    const dead = failed.filter((event): event is Dead => event.outcome?.kind === "dead");
    const documents = dead.map((event) => toLetter(event, worker));
    await letters.write(documents);
    const recorded = failed.filter(
      ({ outcome }) => outcome?.kind === "dead" || (outcome?.kind === "again" && outcome.blamed) || mayRecord(),
    );
    await letters.recordAttempts(recorded.map((event) => toAttempt(event, worker, batch.startedAtMs)));

    // Every reason but a conflict means "this is stored nowhere": make sure of it, now that the letter can be seen.
    const claims = dead.filter((event) => event.outcome.reason !== "IDENTITY_CONFLICT");
    if (claims.length === 0) return;
    const proofs = await store.proofs(claims.map((event) => new Binary(event.record.id, Binary.SUBTYPE_UUID)));
    const undone: Death[] = [];
    for (const event of claims as WorkEvent[]) {
      const { id, hash, receipt } = event.record;
      const proof = proofs.of(id.toString("hex"), event.record);
      // The hash alone: a late resend that the schema of today refuses, or one whose patched event was stored by a replay.
      if (proof === undefined || !hash.equals(proof.hash.buffer)) continue;
      const isOurs = receipt.equals(proof.receipt.buffer);
      // A replay stored it before this entry was settled: it died, and its letter is the replay's.
      if (isOurs && proof.byReplay) continue;
      event.outcome = { kind: isOurs ? "stored" : "duplicate" };
      undone.push({ letterId: letterId(id, hash), receipt });
    }
    if (undone.length > 0) await letters.withdraw(undone);
  };
}

/** Says yes so many times a minute. */
export function perMinute(most: number, now: () => number = Date.now): () => boolean {
  let minute = 0;
  let used = 0;
  return () => {
    const current = Math.floor(now() / 60_000);
    if (current !== minute) {
      minute = current;
      used = 0;
    }
    return used++ < most;
  };
}

/** Only failures that named the event count; an outage never makes a dead letter. */
function exhaust(event: WorkEvent, maxAttempts: number): void {
  const outcome = event.outcome;
  if (outcome?.kind !== "again" || !outcome.blamed || event.record.attempt + 1 < maxAttempts) return;
  event.outcome = { kind: "dead", reason: "RETRY_EXHAUSTED", message: `${maxAttempts} attempts failed, the last with: ${outcome.message}` };
}

function toLetter(event: Dead, worker: string): DeadLetterDocument {
  const { entry, record, outcome } = event;
  const now = new Date();
  const letter: DeadLetterDocument = {
    _id: letterId(record.id, record.hash),
    eventDocId: new Binary(record.id, Binary.SUBTYPE_UUID),
    tenantId: record.context.tenantId,
    eventId: record.eventId,
    status: "open",
    reasonCode: outcome.reason,
    message: outcome.message,
    fingerprint: fingerprintOf(outcome.reason, event.event?.eventType, outcome.message),
    raw: record.text,
    ...(record.context.format === "json" ? {} : { format: record.context.format }),
    ...(record.context.origin === undefined ? {} : { origin: record.context.origin }),
    context: contextOf(record),
    receipt: new Binary(record.receipt),
    hash: new Binary(record.hash),
    ...(entry.place === undefined ? {} : { entry: entry.place }),
    ...(record.acceptedAtMs > 0 ? { acceptedAt: new Date(record.acceptedAtMs) } : {}),
    attempts: record.attempt + 1,
    deaths: 1,
    correlationId: record.context.correlationId,
    receivedAt: new Date(record.receivedAtMs),
    failedAt: now,
    lastFailedAt: now,
    worker,
    history: [{ at: now, who: worker, what: `dead letter: ${outcome.reason}` }],
  };
  if (event.document) {
    letter.eventType = event.document.eventType;
    letter.userId = event.document.userId;
    letter.source = event.document.source;
  }
  if (event.failures && outcome.reason === "SCHEMA_INVALID") letter.failures = event.failures;
  return letter;
}

function contextOf({ context }: WorkEvent["record"]): DeadLetterDocument["context"] {
  const { keyName, defaultType, traceparent, tracestate } = context;
  return { keyName, defaultType, traceparent, ...(tracestate === undefined ? {} : { tracestate }) };
}

function reasonToTryAgain(outcome: WorkEvent["outcome"]): string {
  if (outcome?.kind !== "again" || !(outcome.blamed || outcome.fault)) return "INFRASTRUCTURE";
  return outcome.fault ? "INTERNAL" : "FAILED";
}

function toAttempt(event: WorkEvent, worker: string, startedAtMs: number): AttemptDocument {
  const { entry, record, outcome } = event;
  const status = outcome?.kind === "dead" ? "dead" : "retrying";
  const message = outcome?.kind === "dead" || outcome?.kind === "again" ? outcome.message : "";
  return {
    // Each attempt has a stream entry of its own, also when the one before it did not count; a second look at the entry is the same one.
    _id: `${record.id.toString("hex")}${record.receipt.toString("hex")}:${entry.place}:${status}`,
    eventDocId: new Binary(record.id, Binary.SUBTYPE_UUID),
    receipt: new Binary(record.receipt),
    tenantId: record.context.tenantId,
    eventId: record.eventId,
    attempt: record.attempt + 1,
    status,
    reason_code: outcome?.kind === "dead" ? outcome.reason : reasonToTryAgain(outcome),
    error_message: message.slice(0, 2_000),
    duration_ms: Date.now() - startedAtMs,
    worker,
    at: new Date(),
  };
}
