import { Binary } from "mongodb";
import type { LetterStore } from "../../dead-letters/letters.js";
import { type Step, undecided } from "../batch.js";

/**
 * An entry that was delivered before may have become dead letters already, by a worker that died before it settled. What it
 * decided stands, whatever has changed since (a schema, an index): an event is never both dead and stored.
 */
export function decidedBefore(letters: Pick<LetterStore, "byReceipt">): Step {
  return async function findEarlierLetters(batch) {
    const again = undecided(batch).filter((event) => event.entry.deliveries > 1);
    if (again.length === 0) return;
    const found = await letters.byReceipt(again.map((event) => new Binary(event.record.id, Binary.SUBTYPE_UUID)));
    if (found.size === 0) return;
    for (const event of again) {
      const letter = found.get(event.record.receipt.toString("hex"));
      if (letter) event.outcome = { kind: "dead", reason: letter.reasonCode, message: letter.message };
    }
  };
}
