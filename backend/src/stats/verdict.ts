import { counted, grouped, type Stats } from "@streamforge/shared";
import { alarmView } from "../ledger/alarms.js";
import type { LedgerSummary } from "../ledger/ledger.js";
import type { Depth } from "../stream/depth.js";
import { clock } from "./warning-words.js";

/** A ledger that was read longer ago than this proves nothing about now. */
const STALE_MS = 60_000;
/** So long after Redis went back the alarm is raised, or cannot be. */
const ANNOUNCED_WITHIN_MS = 3_000;
const MINUTE_MS = 60_000;
const MOST_ALARMS = 10;

/** The ledger's verdict, in a sentence that begins with what matters. While an alarm is not acknowledged, nothing is called complete. */
export function verdictOf(depth: Depth, ledger: LedgerSummary | undefined, nowMs: number): Stats["ledger"] {
  const alarms = (ledger?.alarms ?? []).slice(0, MOST_ALARMS).map((alarm) => {
    const { id, kind, sentence, upTo, noticedAt } = alarmView(alarm);
    return { id, kind, sentence, upTo, noticedAt };
  });
  const known = { missing: ledger?.missing ?? 0, acknowledged: ledger?.acknowledged ?? 0, alarms };
  return { ...known, ...judge(depth, ledger, alarms, nowMs) };
}

function judge(
  depth: Depth,
  ledger: LedgerSummary | undefined,
  alarms: Stats["ledger"]["alarms"],
  nowMs: number,
): Pick<Stats["ledger"], "verdict" | "sentence"> {
  const missing = ledger?.missing ?? 0;
  const loss = alarms.find(({ kind }) => kind !== "events-missing");
  if (loss)
    return { verdict: loss.upTo + missing > 0 ? "missing" : "unknown", sentence: `${loss.sentence} Alarm ${loss.id} is not acknowledged.` };
  if (ledger && missing > 0) {
    const since = ledger.missingSinceMs === null ? "" : ` since ${clock(ledger.missingSinceMs)}`;
    const verb = missing === 1 ? "is" : "are";
    return {
      verdict: "missing",
      sentence: `${counted(missing, "event")} ${verb} missing${since}: accepted, yet neither stored nor a dead letter.`,
    };
  }
  if (alarms[0]) return { verdict: "missing", sentence: `${alarms[0].sentence} Alarm ${alarms[0].id} is not acknowledged.` };
  if (!depth.redisOk) return { verdict: "unknown", sentence: "Not known right now: Redis, which keeps the ledger, does not answer." };
  if (!ledger || nowMs - ledger.atMs > STALE_MS)
    return { verdict: "unknown", sentence: "Not known right now: the ledger could not be read." };
  if (ledger.atMs <= depth.wentBackAtMs + ANNOUNCED_WITHIN_MS && depth.wentBackAtMs > 0)
    return {
      verdict: "unknown",
      sentence: "Not known right now: Redis has less than it had a moment ago, and what is lost is being found out.",
    };
  if (ledger.surplus > 0)
    return { verdict: "unknown", sentence: "Not known: more events were settled than accepted, so Redis lost part of its ledger." };
  if (depth.goneEvents > ledger.acknowledged && ledger.closedUntilMs < (Math.floor(depth.goneSinceMs / MINUTE_MS) + 1) * MINUTE_MS) {
    const gone = depth.goneEvents - ledger.acknowledged;
    return {
      verdict: "unknown",
      sentence: `Not known right now: ${counted(gone, "event")} ${gone === 1 ? "is" : "are"} neither under way nor settled; when their minute has closed, the ledger says whether they are missing.`,
    };
  }
  return balanced(depth, ledger.acknowledged);
}

function balanced({ totals, backlogEvents: n }: Depth, acknowledged: number): Pick<Stats["ledger"], "verdict" | "sentence"> {
  const { accepted } = totals;
  // A resend that comes too late to be recognised on its way in is accepted, and found out when it is to be stored.
  const duplicates = totals.duplicate > 0 ? ", duplicates" : "";
  const settled = `stored${duplicates} or dead letters`;
  const lost =
    acknowledged > 0 ? ` ${counted(acknowledged, "event")} before that ${acknowledged === 1 ? "is" : "are"} acknowledged as lost.` : "";
  if (n > 0) {
    const inFlight = `${grouped(n)} ${n === 1 ? "is" : "are"} in flight`;
    return {
      verdict: "in-flight",
      sentence: `Nothing is missing: of ${counted(accepted, "event")} accepted, ${inFlight}, all others are ${settled}.${lost}`,
    };
  }
  const all =
    accepted === 0
      ? "no event has been accepted yet."
      : accepted === 1
        ? `the one accepted event is ${duplicates ? "a duplicate" : "stored or a dead letter"}.`
        : `all ${grouped(accepted)} accepted events are ${settled}.`;
  return { verdict: "complete", sentence: `Nothing is missing: ${all}${lost}` };
}
