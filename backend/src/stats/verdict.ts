import type { Stats } from "@streamforge/shared";
import type { LedgerSummary } from "../ledger/ledger.js";
import type { Depth } from "../stream/depth.js";
import { clock, events } from "./warnings.js";

/** A ledger that was read longer ago than this proves nothing about now. */
const STALE_MS = 60_000;

/** The ledger's verdict, in a sentence that begins with what matters. */
export function verdictOf(depth: Depth, ledger: LedgerSummary | undefined, nowMs: number): Stats["ledger"] {
  const missing = ledger?.missing ?? 0;
  const { accepted } = depth.totals;
  if (ledger && missing > 0) {
    const since = ledger.missingSinceMs === null ? "" : ` since ${clock(ledger.missingSinceMs)} UTC`;
    return {
      missing,
      verdict: "missing",
      sentence: `${events(missing)} ${missing === 1 ? "is" : "are"} missing${since}: accepted, yet neither stored nor a dead letter.`,
    };
  }
  if (!depth.redisOk)
    return { missing, verdict: "unknown", sentence: "Not known right now: Redis, which keeps the ledger, does not answer." };
  if (!ledger || nowMs - ledger.atMs > STALE_MS)
    return { missing, verdict: "unknown", sentence: "Not known right now: the ledger could not be read." };
  if (ledger.surplus > 0)
    return {
      missing,
      verdict: "unknown",
      sentence: "Not known: more events were settled than accepted, so Redis lost part of its ledger.",
    };
  if (depth.backlogEvents > 0) {
    const n = depth.backlogEvents;
    return {
      missing,
      verdict: "in-flight",
      sentence: `Nothing is missing: of ${events(accepted)} accepted, ${n.toLocaleString("en-US")} ${n === 1 ? "is" : "are"} in flight, all others are stored or dead letters.`,
    };
  }
  if (accepted === 0) return { missing, verdict: "complete", sentence: "Nothing is missing: no event has been accepted yet." };
  if (accepted === 1)
    return { missing, verdict: "complete", sentence: "Nothing is missing: the one accepted event is stored or a dead letter." };
  return {
    missing,
    verdict: "complete",
    sentence: `Nothing is missing: all ${accepted.toLocaleString("en-US")} accepted events are stored or dead letters.`,
  };
}
