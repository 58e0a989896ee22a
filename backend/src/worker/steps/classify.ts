import type { Binary } from "mongodb";
import type { EventStore } from "../../store/events.js";
import { type Outcome, STORED, type Step } from "../batch.js";

/** What decided its death stands, though its entry comes again: the ledger has it as dead, and its letter as resolved. */
const REPLAYED: Outcome = Object.freeze({ kind: "dead", reason: "UNPROCESSABLE", message: "it was a dead letter, and a replay stored it" });

/**
 * Whose document was in the way? Same receipt: our own, written before (a redelivery), unless a replay of its letter wrote it.
 * Other receipt, same hash: a late resend.
 * Other hash: another event under the same identity. Gone again: try again. Never decided from the error's text.
 */
export function classify(store: Pick<EventStore, "proofs">): Step {
  return async function classifyMet(batch) {
    const met = batch.events.filter((event) => event.met && event.outcome === undefined);
    if (met.length === 0) return;
    const proofs = await store.proofs(met.map((event) => event.document?._id as Binary));
    for (const event of met) {
      const { record } = event;
      const found = proofs.get(record.id.toString("hex"));
      if (!found) event.outcome = { kind: "again", message: "a document was in the way, then gone", blamed: false };
      else if (record.receipt.equals(found.receipt.buffer)) event.outcome = found.byReplay ? REPLAYED : STORED;
      else if (record.hash.equals(found.hash.buffer)) event.outcome = { kind: "duplicate" };
      else event.outcome = { kind: "dead", reason: "IDENTITY_CONFLICT", message: "another event with this identity is stored" };
    }
  };
}
