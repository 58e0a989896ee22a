import type { LetterStore } from "../../dead-letters/letters.js";
import type { Step } from "../batch.js";

/**
 * A corrected resend was stored: the open letters of its identity are done with. The look costs one query by id a bulk
 * while there are open letters (1,000 events: 4 ms, as many as are open: a million or one), and 1 ms while there are none.
 */
export function supersede(letters: Pick<LetterStore, "anyOpen" | "supersede">): Step {
  return async function supersedeLetters(batch) {
    const stored = batch.events.filter(({ outcome, past }) => outcome?.kind === "stored" && !past);
    if (stored.length === 0 || !(await letters.anyOpen())) return;
    const own = await letters.supersede(
      stored.map(({ record: { context, eventId, receipt } }) => ({ tenantId: context.tenantId, eventId, receipt })),
    );
    if (own.size === 0) return;
    for (const event of stored) if (own.has(event.record.receipt.toString("hex"))) event.disputed = true;
  };
}
