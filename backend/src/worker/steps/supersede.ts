import type { LetterStore } from "../../dead-letters/letters.js";
import type { Step } from "../batch.js";

/**
 * A corrected resend was stored: the open letters of its identity are done with. The look costs one query by id a bulk
 * while there are open letters (1,000 events: 5 ms, as many as are open: a million or one), and 1 ms while there are none.
 */
export function supersede(letters: Pick<LetterStore, "anyOpen" | "supersede">): Step {
  return async function supersedeLetters(batch) {
    const stored = batch.events.filter(({ outcome }) => outcome?.kind === "stored");
    if (stored.length === 0 || !(await letters.anyOpen())) return;
    await letters.supersede(stored.map(({ record }) => ({ tenantId: record.context.tenantId, eventId: record.eventId })));
  };
}
