import type { AlarmKind } from "@streamforge/shared";
import type { PartitionSample, TotalsSample } from "./samples.js";

/** What an API process accepted around a loss: by its own count, which does not live in Redis. */
export interface AcceptReport {
  name: string;
  /** Events it accepted from the last sample until after the loss was noticed. */
  accepted: number;
  /** Events accepted by all, as Redis had it just before that count was taken. */
  redisAccepted: number;
}

/** What is known about a loss of Redis; its bound follows from it. */
export interface Loss {
  /** The last sample before. */
  before: TotalsSample;
  /** The first look at what Redis came back with. */
  after: PartitionSample[];
  /** Events a second at the last sample, the fastest of the minute before. */
  ratePerSecond: number;
  reports: AcceptReport[];
}

export interface Bound {
  /** Accepted by the last sample, not settled then, unknown to the state that Redis came back with. */
  known: number;
  /** Accepted between the last sample and the loss. */
  since: number;
  sinceBasis: "counted" | "estimated" | "none";
  countedBy: number;
}

/** With nobody left who counted: how long acceptance may have gone on unsampled (lease of a leader that died, and a sample's pause). */
const UNSAMPLED_SECONDS = 6;

/**
 * How many accepted events can be lost, at most. Lost is what was accepted after the state that Redis came back with and was not
 * settled: settled events are in MongoDB.
 *
 * By the last sample: of what the restored state does not know (accepted then − accepted in it), no more than what was unsettled
 * can be lost. The restored state's `accepted` is taken from its own last counted look: since it came back it may have accepted more.
 *
 * After the last sample only those who accepted can tell: each API process adds what it counted since, until after the loss was
 * noticed, and what Redis has accepted since it came back is taken off again. Without any, the rate before has to do.
 */
export function boundOf(kind: AlarmKind, { before, after, ratePerSecond, reports }: Loss): Bound {
  const foreign = kind === "redis-other";
  const known = sum(before.partitions, (sample, p) => {
    const now = after[p];
    if (!foreign && now && !isBehind(sample, now)) return 0;
    // Totals that are whole say nothing about a stream that was deleted beside them.
    const older = now && (now.samples < sample.samples || now.accepted < sample.accepted || now.settled < sample.settled);
    const floor = !foreign && older ? now.sampledAccepted : 0;
    return Math.max(0, Math.min(sample.accepted - floor, sample.accepted - sample.settled));
  });
  if (reports.length === 0) {
    const since = Math.ceil(ratePerSecond * UNSAMPLED_SECONDS);
    return { known, since, sinceBasis: "estimated", countedBy: 0 };
  }
  const counted = sum(reports, ({ accepted }) => accepted);
  // At the first look Redis had these; in an empty one all of them came after the loss.
  const base = kind === "redis-empty" ? 0 : sum(after, ({ accepted }) => accepted);
  const acceptedAfter = Math.max(0, Math.min(...reports.map(({ redisAccepted }) => redisAccepted)) - base);
  return { known, since: Math.max(0, counted - acceptedAfter), sinceBasis: "counted", countedBy: reports.length };
}

/** Whether a look shows less than an earlier sample of the same partition: data were lost in between. */
export function isBehind(earlier: PartitionSample, now: PartitionSample): boolean {
  return (
    now.samples < earlier.samples ||
    now.accepted < earlier.accepted ||
    now.settled < earlier.settled ||
    compareIds(now.lastId, earlier.lastId) < 0
  );
}

function compareIds(one: string, other: string): number {
  const [ms = 0, seq = 0] = one.split("-").map(Number);
  const [otherMs = 0, otherSeq = 0] = other.split("-").map(Number);
  return ms - otherMs || seq - otherSeq;
}

function sum<T>(items: readonly T[], of: (item: T, index: number) => number): number {
  return items.reduce((total, item, i) => total + of(item, i), 0);
}
