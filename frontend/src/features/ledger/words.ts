import type { Ledger } from "@streamforge/shared";
import { formatCount, plural } from "../../lib/format.js";
import type { Tone } from "../../ui/badge.js";

/** What the ledger says about a range, in a sentence that holds without the table. */
export interface Sentence {
  tone: Tone;
  headline: string;
  detail: string;
}

type Total = Pick<Ledger["total"], "accepted" | "stored" | "duplicate" | "dead" | "inFlight" | "missing">;

/**
 * @param since the first minute with a missing event, in words; undefined when it is not among the minutes that were read
 */
export function sentenceOf(total: Total, since: string | undefined): Sentence {
  const { accepted, stored, duplicate, dead, inFlight, missing } = total;
  if (accepted === 0)
    return { tone: "neutral", headline: "Nothing was accepted in this time", detail: "So nothing can be missing from it." };
  const parts = [
    `${formatCount(stored)} stored`,
    duplicate > 0 && `${plural(duplicate, "duplicate")}`,
    dead > 0 && `${plural(dead, "dead letter")}`,
    inFlight > 0 && `${formatCount(inFlight)} on ${inFlight === 1 ? "its" : "their"} way`,
  ].filter(Boolean);
  const sum = `Of ${plural(accepted, "accepted event")}: ${parts.join(", ")}.`;
  if (missing > 0) {
    return {
      tone: "bad",
      headline: `${plural(missing, "event")} missing${since ? `, first in the minute of ${since}` : ""}`,
      detail: `${sum} Accepted, on disk at that time, and neither stored nor a dead letter: Redis was restored from an older state or emptied, or somebody deleted stream entries by hand. Producers that keep their copies can send that time again; what is there already counts as a duplicate.`,
    };
  }
  if (inFlight > 0)
    return {
      tone: "good",
      headline: "Nothing is missing",
      detail: `${sum} Minutes with events on their way are judged when those are settled.`,
    };
  return { tone: "good", headline: "Nothing is missing", detail: sum };
}
