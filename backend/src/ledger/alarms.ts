import { type Alarm, type AlarmKind, counted } from "@streamforge/shared";
import { type Collection, type Db, MongoServerError } from "mongodb";
import { type LedgerDocument, ledgerCollection } from "./archive.js";
import { type AcceptReport, type Bound, boundOf, type Loss } from "./bound.js";
import { MINUTE_MS } from "./rows.js";

/** An alarm, in the collection `ledger_alarms`; kept for ever. */
export interface AlarmDocument {
  _id: string;
  kind: AlarmKind;
  /** What it is about was accepted from then… */
  from: Date;
  /** …until then. */
  to: Date;
  /** Minutes of the ledger from then on may show less than was: they were not closed when they were copied last. */
  rowsFrom: Date;
  noticedAt: Date;
  noticedBy: string;
  /** Of a Redis that lost data. */
  loss?: Loss;
  /** Accepted events whose rows are lost: known from the totals alone. */
  unaccounted: number;
  /** Of closed minutes that do not add up. */
  missing?: { events: number; surplus: number; minutes: number };
  acknowledged?: { at: Date; by: string; note: string; missing: number };
}

export interface Alarms {
  /** Announces a loss of Redis; an alarm of the same id stays as it is. @returns whether it is new */
  raise(alarm: AlarmDocument): Promise<boolean>;
  /** Adds what one API process counted; once for each process. */
  report(id: string, report: AcceptReport): Promise<void>;
  /**
   * Announces closed minutes that do not add up and are neither acknowledged nor part of a loss that was announced.
   * @param closedUntilMs minutes that end by then are closed
   */
  raiseMissing(closedUntilMs: number, by: string): Promise<void>;
  /** Newest first. */
  list(): Promise<AlarmDocument[]>;
  /** @returns the alarm as it was before, or null when there is none of this id; one that was acknowledged before stays as it is */
  acknowledge(id: string, by: string, note: string): Promise<AlarmDocument | null>;
}

export const alarmsCollection = (db: Db): Collection<AlarmDocument> => db.collection<AlarmDocument>("ledger_alarms");

const DUPLICATE_KEY = 11000;

export function createAlarms(db: Db): Alarms {
  const collection = alarmsCollection(db);
  const minutes = ledgerCollection(db);

  /** Explains these minutes by the alarm: they are lost, known to be, and may end with their time. */
  const settleMinutes = async (alarm: AlarmDocument, closedUntilMs: number): Promise<void> => {
    const { from, to } = windowOf(alarm);
    const until = Math.min(to, Math.floor(closedUntilMs / MINUTE_MS) - 1);
    await minutes.updateMany({ minute: { $gte: from, $lte: until }, unacknowledged: { $ne: 0 } }, [
      {
        $set: {
          acknowledged: { missing: "$missing", alarm: alarm._id },
          unacknowledged: 0,
          expires: { $toDate: { $multiply: [{ $toLong: "$minute" }, MINUTE_MS] } },
        },
      },
    ]);
  };

  const list = () => collection.find({}).sort({ noticedAt: -1, _id: -1 }).toArray();

  return {
    async raise(alarm) {
      try {
        await collection.insertOne(alarm);
        return true;
      } catch (error) {
        if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return false;
        throw error;
      }
    },

    async report(id, report) {
      await collection.updateOne(
        { _id: id, loss: { $exists: true }, "loss.reports.name": { $ne: report.name } },
        { $push: { "loss.reports": report } },
      );
    },

    async raiseMissing(closedUntilMs, by) {
      const before = Math.floor(closedUntilMs / MINUTE_MS);
      const wrong = { minute: { $lt: before }, unacknowledged: { $ne: 0 } };
      if ((await minutes.countDocuments(wrong, { limit: 1 })) === 0) return;
      const alarms = await list();
      for (const alarm of alarms) if (alarm.loss && alarm.acknowledged) await settleMinutes(alarm, closedUntilMs);
      const open = alarms.filter(({ acknowledged }) => !acknowledged);
      const losses = open.filter(({ loss }) => loss).map(windowOf);
      const unexplained = (await minutes.find(wrong).sort({ minute: 1 }).toArray()).filter(
        ({ minute }) => !losses.some(({ from, to }) => minute >= from && minute <= to),
      );
      if (unexplained.length > 0) await announceMissing(collection, unexplained, by);
    },

    list,

    async acknowledge(id, by, note) {
      const alarm = await collection.findOne({ _id: id });
      if (!alarm || alarm.acknowledged) return alarm;
      const { from, to } = windowOf(alarm);
      // Minutes of a loss are explained by its window, whenever they close; those of `events-missing` are closed already.
      if (!alarm.loss) await settleMinutes(alarm, Number.MAX_SAFE_INTEGER);
      const [sum] = await minutes
        .aggregate<{ missing: number }>([
          { $match: { minute: { $gte: from, $lte: to }, missing: { $gt: 0 } } },
          { $group: { _id: null, missing: { $sum: "$missing" } } },
        ])
        .toArray();
      const acknowledged = { at: new Date(), by, note, missing: alarm.loss ? 0 : (sum?.missing ?? 0) };
      await collection.updateOne({ _id: id, acknowledged: { $exists: false } }, { $set: { acknowledged } });
      return alarm;
    },
  };
}

/** One open alarm collects all such minutes until somebody acknowledges it. */
async function announceMissing(collection: Collection<AlarmDocument>, unexplained: LedgerDocument[], by: string): Promise<void> {
  const first = unexplained[0] as LedgerDocument;
  const last = unexplained.at(-1) as LedgerDocument;
  const events = unexplained.reduce((total, { unacknowledged }) => total + Math.max(0, unacknowledged), 0);
  const surplus = unexplained.reduce((total, { unacknowledged }) => total + Math.max(0, -unacknowledged), 0);
  const found = {
    from: new Date(first.minute * MINUTE_MS),
    rowsFrom: new Date(first.minute * MINUTE_MS),
    to: new Date((last.minute + 1) * MINUTE_MS - 1),
    missing: { events, surplus, minutes: unexplained.length },
  };
  const open = await collection.findOneAndUpdate({ kind: "events-missing", acknowledged: { $exists: false } }, { $set: found });
  if (open) return;
  const alarm = { _id: `missing-${Date.now().toString(36)}`, kind: "events-missing" as const, noticedAt: new Date(), noticedBy: by };
  await collection.insertOne({ ...alarm, ...found, unaccounted: 0 });
}

/** The minutes that an alarm is about, both included. */
export function windowOf({ rowsFrom, to }: AlarmDocument): { from: number; to: number } {
  return { from: Math.floor(rowsFrom.getTime() / MINUTE_MS), to: Math.floor(to.getTime() / MINUTE_MS) };
}

const NO_BOUND = { sinceBasis: "none", countedBy: 0, since: 0 } as const;

/** An alarm as it is shown: with its bound by what has been reported so far, in words. */
export function alarmView(alarm: AlarmDocument): Alarm {
  const { _id: id, kind, from, to, loss, missing, noticedAt, noticedBy, unaccounted, acknowledged } = alarm;
  const bound: Bound = loss ? boundOf(kind, loss) : { known: missing?.events ?? 0, ...NO_BOUND };
  return {
    id,
    kind,
    sentence: sentenceOf(alarm, bound),
    upTo: bound.known + bound.since,
    noticedAt: noticedAt.toISOString(),
    from: from.toISOString(),
    to: to.toISOString(),
    action: actionOf(alarm),
    bound: { ...bound, lastSampleAt: loss ? loss.before.at.toISOString() : null },
    unaccounted,
    noticedBy,
    acknowledged: acknowledged ? { at: acknowledged.at.toISOString(), by: acknowledged.by, note: acknowledged.note } : null,
  };
}

const CAME_BACK = {
  "redis-empty": "Redis lost all its data",
  "redis-older": "Redis came back with an older state",
  "redis-other": "Redis holds another data set than before",
} as const;

function sentenceOf({ kind, from, to, loss, missing }: AlarmDocument, bound: Bound): string {
  if (kind === "events-missing" || !loss) {
    const surplus = missing?.surplus ? ` and ${counted(missing.surplus, "event")} settled without having been accepted` : "";
    const neither = bound.known === 1 ? "is neither stored nor a dead letter" : "are neither stored nor dead letters";
    return `${counted(bound.known, "event")} accepted between ${clock(from)} and ${clock(to)} UTC ${neither}${surplus}.`;
  }
  const upTo = bound.known + bound.since;
  const head = `${CAME_BACK[kind]}: up to ${counted(upTo, "event")} accepted between ${clock(from)} and ${clock(to)} UTC can be lost.`;
  const known = ` ${counted(bound.known, "event")} ${bound.known === 1 ? "was" : "were"} not settled at the last sample (${clock(loss.before.at)})`;
  const since =
    bound.sinceBasis === "counted"
      ? `${counted(bound.since, "event")} at most came after it, by the count of ${bound.countedBy} API ${bound.countedBy === 1 ? "process" : "processes"} that lived through it.`
      : bound.since > 0
        ? `about ${counted(bound.since, "event")} may have come after it, by the rate before: no API process that lived through it has counted.`
        : "none were coming in then; no API process that lived through it has counted later ones.";
  return `${head}${known}; ${since}`;
}

function actionOf({ kind, unaccounted }: AlarmDocument): string {
  if (kind === "events-missing") {
    return "Look up the minutes in the ledger, ask the producers to send them again (duplicates do no harm), then acknowledge with a note.";
  }
  const rows = unaccounted > 0 ? ` ${counted(unaccounted, "event")} of the ledger have no row any more.` : "";
  return `Find out why (restored backup, FLUSHALL, another server under REDIS_URL, appendfsync). Ask producers to send that time again: what is stored is recognised by MongoDB, the rest is taken. Then acknowledge with a note.${rows}`;
}

/** Date and time to the second, without zone. */
function clock(at: Date): string {
  return at.toISOString().slice(0, 19).replace("T", " ");
}
