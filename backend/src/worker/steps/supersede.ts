import type { Binary } from "mongodb";
import type { LetterStore } from "../../dead-letters/letters.js";
import type { Step } from "../batch.js";

/**
 * A corrected resend was stored: the open letters of its identity are done with. The look costs one small query a bulk
 * while there are open letters, and next to nothing while there are none.
 */
export function supersede(letters: Pick<LetterStore, "anyOpen" | "supersede">): Step {
  return async function supersedeLetters(batch) {
    const stored = batch.events.filter((event) => event.outcome?.kind === "stored" && event.document);
    if (stored.length === 0 || !(await letters.anyOpen())) return;
    await letters.supersede(stored.map((event) => event.document?._id as Binary));
  };
}
