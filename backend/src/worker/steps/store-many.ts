import { BSON } from "mongodb";
import { StorageUnavailableError } from "../../lib/errors.js";
import type { EventDocument } from "../../store/documents.js";
import type { EventStore, WriteFailure } from "../../store/events.js";
import { STORED, type Step, undecided, type WorkEvent } from "../batch.js";

/**
 * Writes all documents in one unordered bulk, acknowledged by a majority. What it finds in its place is left to `classify`.
 * Throws StorageUnavailableError when nothing in the bulk succeeded: an outage is not poison.
 */
export function storeMany(store: Pick<EventStore, "insert" | "rememberHours">): Step {
  return async function storeDocuments(batch) {
    const events = undecided(batch);
    if (events.length === 0) return;
    const documents = events.map((event) => event.document as EventDocument);
    // Before the events: an event that is stored must be found.
    await store.rememberHours(documents);
    const failures = await insertGuarded(store, events, documents);
    events.forEach((event, index) => {
      if (event.outcome) return;
      const failure = failures.get(index);
      if (failure?.kind === "exists") event.met = true;
      else event.outcome = failure ? outcomeOfFailure(failure) : STORED;
    });
  };
}

function outcomeOfFailure(failure: Exclude<WriteFailure, { kind: "exists" }>): WorkEvent["outcome"] {
  if (failure.kind === "refused") return { kind: "dead", reason: "UNPROCESSABLE", message: failure.message };
  return { kind: "again", message: failure.message, blamed: failure.kind === "failed" };
}

/** A document that BSON cannot hold throws before anything is sent: it is found, becomes a result, and the others continue. */
async function insertGuarded(
  store: Pick<EventStore, "insert">,
  events: WorkEvent[],
  documents: EventDocument[],
): Promise<Map<number, WriteFailure>> {
  try {
    return await store.insert(documents);
  } catch (error) {
    if (error instanceof StorageUnavailableError) throw error;
    const good: number[] = [];
    events.forEach((event, index) => {
      const flaw = bsonFlaw(documents[index] as EventDocument);
      if (flaw) event.outcome = { kind: "dead", reason: "UNPROCESSABLE", message: flaw };
      else good.push(index);
    });
    if (good.length === events.length) throw error;
    const failures =
      good.length === 0 ? new Map<number, WriteFailure>() : await store.insert(good.map((index) => documents[index] as EventDocument));
    return new Map([...failures].map(([index, failure]) => [good[index] as number, failure]));
  }
}

/** Why BSON cannot hold it; undefined when it can. */
export function bsonFlaw(document: EventDocument): string | undefined {
  try {
    BSON.serialize(document, { ignoreUndefined: true });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
