import { Buffer } from "node:buffer";
import type { Binary } from "mongodb";
import { isContentIdentity } from "../../ingest/identify.js";
import { formOf, formOfSent } from "../../ingest/same-event.js";
import type { Contents } from "../../store/contents.js";
import type { EventStore } from "../../store/events.js";
import type { StreamRecord } from "../../stream/record.js";
import { type Outcome, STORED, type Step, type WorkEvent } from "../batch.js";

/** What decided its death stands, though its entry comes again: the ledger has it as dead, and its letter as resolved. */
const REPLAYED: Outcome = Object.freeze({ kind: "dead", reason: "UNPROCESSABLE", message: "it was a dead letter, and a replay stored it" });

/**
 * Whose document was in the way? Same receipt: our own, written before (a redelivery), unless a replay of its letter wrote it.
 * Other receipt, same hash: a late resend. Other hash: the contents decide; the same in another spelling is a late resend, too, and
 * anything else another event under the same identity. Gone again: try again. Never decided from the error's text.
 */
export function classify(store: Pick<EventStore, "proofs">, contents: Contents): Step {
  return async function classifyMet(batch) {
    const met = batch.events.filter((event) => event.met && event.outcome === undefined);
    if (met.length === 0) return;
    const proofs = await store.proofs(met.map((event) => event.document?._id as Binary));
    const doubted: WorkEvent[] = [];
    for (const event of met) {
      const { record } = event;
      const found = proofs.of(record.id.toString("hex"), record);
      if (!found) event.outcome = { kind: "again", message: "a document was in the way, then gone", blamed: false };
      else if (record.receipt.equals(found.receipt.buffer)) event.outcome = found.byReplay ? REPLAYED : STORED;
      else if (record.hash.equals(found.hash.buffer) || isContentIdentity(record.context.tenantId, record.eventId, record.id))
        event.outcome = { kind: "duplicate" };
      else doubted.push(event);
    }
    if (doubted.length > 0) await compareContents(contents, doubted);
  };
}

/** One document at a time, as it is read: those of a whole bulk could be 256 MB. What is gone by now stays without an outcome: again. */
async function compareContents(contents: Contents, doubted: WorkEvent[]): Promise<void> {
  const wanted = doubted.map((event) => ({ event, id: Buffer.from(event.record.id) }));
  for await (const { wanted: of, content } of contents(wanted)) {
    const { event } = of;
    const same = formOf(content) === formOfSent(sentOf(event.record));
    event.outcome = same
      ? { kind: "duplicate" }
      : { kind: "dead", reason: "IDENTITY_CONFLICT", message: "another event with this identity is stored" };
  }
  for (const event of doubted)
    event.outcome ??= { kind: "again", message: "a document was in the way, then its content was gone", blamed: false };
}

function sentOf({ text, context, receivedAtMs }: StreamRecord) {
  return { text, format: context.format, keyName: context.keyName, defaultType: context.defaultType, receivedAtMs };
}
