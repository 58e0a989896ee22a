import type { ReasonCode } from "@streamforge/shared";
import type { NormalEvent } from "../ingest/normalize.js";
import type { DeadLetterDocument, EventDocument } from "../store/documents.js";
import type { Accepted } from "../store/erasure-watch.js";
import type { Consumer, Entry } from "../stream/consumer.js";
import type { StreamRecord } from "../stream/record.js";
import type { Span } from "../telemetry/traces.js";

/** What became of an event. */
export type Outcome =
  | { kind: "stored" }
  /** Another acceptance of the same event was stored before: a late resend. */
  | { kind: "duplicate" }
  | { kind: "dead"; reason: ReasonCode; message: string }
  /**
   * Not yet. `blamed` says whether the error named this event; only then the attempt counts. `afterMs`: it was not tried at all,
   * and is to be after so long; no attempt is written down. `fault`: an error of our own stopped it, which says nothing about the event
   * either; it waits the longest time.
   */
  | { kind: "again"; message: string; blamed: boolean; afterMs?: number; fault?: true };

/** The outcome of nearly every event: one object for all. */
export const STORED: Outcome = Object.freeze({ kind: "stored" });

/** An event in a worker's hands. */
export interface WorkEvent {
  entry: Entry;
  record: StreamRecord;
  event: NormalEvent | undefined;
  document: EventDocument | undefined;
  /** Was in its place when the document was to be written; `classify` finds out whose it is. */
  met: boolean;
  outcome: Outcome | undefined;
  /** It is stored, and another worker wrote a letter of this acceptance: what the ledger says is what was settled first. */
  disputed?: true;
  /** Where it was accepted, if it does not come from the stream. */
  accepted?: Accepted;
  /** An erasure concerns it: nothing of it is written, whatever its outcome says. */
  past?: true;
  /** Where its payload does not fit the schema of its type. */
  failures?: DeadLetterDocument["failures"];
  /** What is stored comes from a replay with a patch, and says so. */
  patched?: EventDocument["patched"];
  /** Its values are texts, though it is JSON: a patch made it of XML. */
  texts?: true;
}

/** Whole entries that go through the pipeline together. */
export interface Batch {
  consumer: Consumer;
  entries: Entry[];
  events: WorkEvent[];
  startedAtMs: number;
  /** Another worker had settled some of its entries. */
  late?: true;
  /** Its span, when a trace of its events is recorded. */
  trace?: Span;
}

export type Step = (batch: Batch) => Promise<void> | void;

/** Runs steps one after the other over the same batch. A step that throws stops the batch unacknowledged. */
export function pipeline(...steps: Step[]): (batch: Batch) => Promise<void> {
  return async (batch) => {
    for (const step of steps) await step(batch);
  };
}

/** The events that no step has decided yet. */
export function undecided(batch: Batch): WorkEvent[] {
  return batch.events.filter((event) => event.outcome === undefined);
}
