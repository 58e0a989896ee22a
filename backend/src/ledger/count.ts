import type { Binary, Db } from "mongodb";
import { removalsCollection } from "../store/removal-documents.js";

/** The count that the ledger is checked against: documents as they are, by tenant and day of receipt. Reads MongoDB only. */

export const DAY_MS = 86_400_000;

/**
 * `receivedAt` is taken before an event is appended, the ledger's minute when it is: at the end of a day (and of what is closed)
 * an event may stand on either side. It waits for APPEND_TIMEOUT_MS at most, and the clocks differ by some ms.
 */
export const BEFORE_MS = 60_000;
export const AFTER_MS = 5_000;

/** Events or dead letters of one tenant and day. */
export interface DayCount {
  /** Received that day, before the end of what is closed. */
  documents: number;
  /** Of these: so late on that day, or before that end, that the ledger may have them on the other side. */
  late: number;
  /** Of these: so early on that day that the ledger may have them on the day before. */
  early: number;
  /** Received right after the end of what is closed; not among `documents`. */
  beyond: number;
}

export type DayCounts = Map<string, DayCount>;

export const dayKey = (tenantId: string, day: number): string => `${day}:${tenantId}`;

const CHUNK = 20_000;
/** Of the time that a chunk took, so many times as long a pause: live traffic keeps the store for itself four fifths of the time. */
const PAUSE_SHARE = 4;

interface Group {
  _id: { t: string; d: number; z: "late" | "early" | "within" | "beyond" };
  n: number;
}

/** Sorts into days and their edges; day is that of `field`, days since 1970. */
function stages(field: string, closedUntilMs: number) {
  const ms = { $toLong: `$${field}` };
  const ofDay = { $mod: ["$ms", DAY_MS] };
  const isLate = { $or: [{ $gte: ["$ms", closedUntilMs - BEFORE_MS] }, { $gte: [ofDay, DAY_MS - BEFORE_MS] }] };
  const inside = { $cond: [isLate, "late", { $cond: [{ $lt: [ofDay, AFTER_MS] }, "early", "within"] }] };
  const zone = { $cond: [{ $gte: ["$ms", closedUntilMs] }, "beyond", inside] };
  return [
    { $match: { [field]: { $lt: new Date(closedUntilMs + AFTER_MS) } } },
    { $project: { _id: 0, t: "$tenantId", ms } },
    { $group: { _id: { t: "$t", d: { $toInt: { $floor: { $divide: ["$ms", DAY_MS] } } }, z: zone }, n: { $sum: 1 } } },
  ];
}

function add(counts: DayCounts, groups: Group[], closedUntilMs: number): void {
  for (const { _id, n } of groups) {
    // What came right after the end stands with the day that the end belongs to.
    const day = _id.z === "beyond" ? Math.floor((closedUntilMs - 1) / DAY_MS) : _id.d;
    const key = dayKey(_id.t, day);
    const count = counts.get(key) ?? { documents: 0, late: 0, early: 0, beyond: 0 };
    if (_id.z === "beyond") count.beyond += n;
    else count.documents += n;
    if (_id.z === "late" || _id.z === "early") count[_id.z] += n;
    counts.set(key, count);
  }
}

/**
 * Counts all events by walking `_id` in chunks, each counted where the documents are. There is no index by receipt (one costs each
 * event 4 to 9 µs), and one long scan would hold a core and the cache.
 * @param onChunk told after each chunk how many were looked at so far; throws to stop
 */
export async function countEvents(
  db: Db,
  closedUntilMs: number,
  onChunk: (documents: number) => Promise<void>,
  chunk = CHUNK,
): Promise<DayCounts> {
  const events = db.collection<{ _id: Binary }>("events");
  const counts: DayCounts = new Map();
  let from: Binary | undefined;
  for (let documents = chunk; ; documents += chunk) {
    const startedAt = performance.now();
    const rest = from ? { _id: { $gte: from } } : {};
    const end = await events
      .find(rest, { projection: { _id: 1 } })
      .sort({ _id: 1 })
      .skip(chunk)
      .limit(1)
      .next();
    const range = { _id: { ...(from ? { $gte: from } : {}), ...(end ? { $lt: end._id } : {}) } };
    const match = Object.keys(range._id).length > 0 ? [{ $match: range }] : [];
    add(counts, await events.aggregate<Group>([...match, ...stages("receivedAt", closedUntilMs)]).toArray(), closedUntilMs);
    if (!end) return counts;
    from = end._id;
    await onChunk(documents);
    await new Promise((resolve) => setTimeout(resolve, (performance.now() - startedAt) * PAUSE_SHARE));
  }
}

/** Dead letters whose event was stored by a replay, or late: documents that the ledger counts as dead. */
export async function countResolved(db: Db, closedUntilMs: number): Promise<DayCounts> {
  const counts: DayCounts = new Map();
  const resolved = { $match: { status: "resolved", $or: [{ "replay.outcome": "stored" }, { storedLate: true }] } };
  const groups = await db
    .collection("events_dlq")
    .aggregate<Group>([resolved, ...stages("receivedAt", closedUntilMs)])
    .toArray();
  add(counts, groups, closedUntilMs);
  return counts;
}

/** How many letters a replay has in hand, or has settled since then: documents that came while others were counted, or may have. */
export async function countReplayedSince(db: Db, since: Date): Promise<Map<string, number>> {
  const groups = await db
    .collection("events_dlq")
    .aggregate<{ _id: string; n: number }>([
      { $match: { $or: [{ status: "replaying" }, { status: "resolved", "replay.at": { $gte: since } }] } },
      { $group: { _id: "$tenantId", n: { $sum: 1 } } },
    ])
    .toArray();
  return new Map(groups.map(({ _id, n }) => [_id, n]));
}

/** What the ledger has as stored, by tenant and day, a day at a time. */
export async function sumStored(db: Db, fromDay: number, closedUntilMs: number, onDay: () => Promise<void>): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  const end = Math.floor(closedUntilMs / 60_000);
  for (let day = fromDay; day * 1440 < end; day++) {
    const minutes = { $gte: day * 1440, $lt: Math.min((day + 1) * 1440, end) };
    const groups = await db
      .collection("ledger")
      .aggregate<{ _id: string; n: number }>([{ $match: { minute: minutes } }, { $group: { _id: "$tenantId", n: { $sum: "$stored" } } }])
      .toArray();
    for (const { _id, n } of groups) sums.set(dayKey(_id, day), n);
    await onDay();
  }
  return sums;
}

/** What went of one tenant and day: stored events, and letters whose event a replay had stored. */
export interface DayRemovals {
  events: number;
  letters: number;
}

/**
 * What retention and erasures have removed, by tenant and day. It is what makes the count a watermark's: documents that are there, and
 * those that are known to have gone, are all that were stored.
 */
export async function sumRemoved(db: Db, fromDay: number, closedUntilMs: number): Promise<Map<string, DayRemovals>> {
  const minute = { $gte: fromDay * 1440, $lt: Math.floor(closedUntilMs / 60_000) };
  const sum = (...columns: string[]) => ({ $sum: { $sum: columns.map((column) => `$${column}`) } });
  const day = { $toInt: { $floor: { $divide: ["$minute", 1440] } } };
  const group = { $group: { _id: { t: "$tenantId", d: day }, events: sum("expired", "erased"), letters: sum("resolvedLetters") } };
  const groups = await removalsCollection(db)
    .aggregate<DayRemovals & { _id: { t: string; d: number } }>([{ $match: { minute } }, group])
    .toArray();
  return new Map(groups.map(({ _id, events, letters }) => [dayKey(_id.t, _id.d), { events, letters }]));
}
