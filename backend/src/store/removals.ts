import type { Binary, ClientSession, Filter } from "mongodb";
import type { DeadLetterDocument, EventDocument } from "./documents.js";
import { hourKey, hourOfEventId, placeOf } from "./event-hours.js";
import { guarded } from "./guarded.js";
import type { Store } from "./mongo.js";
import {
  type JobCountDocument,
  jobCountsCollection,
  type RemovalReason,
  type RemovedWhat,
  removalsCollection,
} from "./removal-documents.js";

/**
 * Events and dead letters that go for good, by retention or erasure. What goes and what counts it are one transaction of MongoDB: a
 * worker that is killed anywhere leaves both or neither, and two workers at once count nothing twice. So the ledger needs no repair.
 */

/** An event, as far as its removal needs it. */
export type RemovableEvent = Pick<
  EventDocument,
  "_id" | "tenantId" | "eventType" | "receivedAt" | "storedAt" | "occurredAt" | "entry" | "acceptedAt"
>;
/** The fields of one, for the projection of a search for them. */
export const REMOVABLE = { tenantId: 1, eventType: 1, receivedAt: 1, storedAt: 1, occurredAt: 1, entry: 1, acceptedAt: 1 } as const;

export interface Removals {
  /**
   * Removes those of these events that are there and (still) satisfy `goes`, with their failed attempts and places, and counts them.
   * @param ids at most 1,000, else a transaction becomes long
   * @param goes asked of each event as the transaction sees it: one that was sent again since it was listed is another one
   * @returns those that went
   */
  events(job: RemovalJob, ids: readonly Binary[], goes: (event: RemovableEvent) => boolean): Promise<RemovableEvent[]>;
  /**
   * The same for dead letters. One that a replay has in hand stays.
   * @param filter which; the first `most` of them go
   * @param hint the index that serves the filter
   */
  letters(job: RemovalJob, filter: Filter<DeadLetterDocument>, hint: string, most: number): Promise<number>;
  /** What a job has removed so far, by tenant, what and type. */
  countsOf(jobId: string): Promise<JobCountDocument[]>;
}

export interface RemovalJob {
  id: string;
  reason: RemovalReason;
}

const MINUTE_MS = 60_000;
const UNTYPED = "";

export function createRemovals(store: Store): Removals {
  const { client, db, events, deadLetters, attempts, eventPlaces, eventHours } = store;

  const transaction = <T>(work: (session: ClientSession) => Promise<T>): Promise<T> =>
    guarded(() =>
      client.withSession((session) =>
        session.withTransaction(() => work(session), { readConcern: { level: "snapshot" }, writeConcern: { w: "majority" } }),
      ),
    );

  /** Adds up by key and writes each sum once. */
  const count = async (session: ClientSession, { id, reason }: RemovalJob, gone: readonly Gone[], what: RemovedWhat): Promise<void> => {
    const at = new Date();
    const minutes = new Map<string, { gone: Gone; n: number }>();
    const kinds = new Map<string, { gone: Gone; n: number }>();
    for (const one of gone) {
      if (one.column) bump(minutes, `${one.minute}:${one.tenantId} ${one.column}`, one);
      bump(kinds, `${id}:${what}:${one.tenantId}:${one.type}`, one);
    }
    const byMinute = [...minutes.values()].map(({ gone: { minute, tenantId, column = reason }, n }) => ({
      updateOne: {
        filter: { _id: `${minute}:${tenantId}` },
        update: { $inc: { [column]: n }, $setOnInsert: { minute, tenantId, expires: new Date(minute * MINUTE_MS) } },
        upsert: true,
      },
    }));
    const byKind = [...kinds].map(
      ([
        _id,
        {
          gone: { tenantId, type },
          n,
        },
      ]) => ({
        updateOne: {
          filter: { _id },
          update: { $inc: { count: n }, $set: { at }, $setOnInsert: { job: id, tenantId, what, type } },
          upsert: true,
        },
      }),
    );
    if (byMinute.length > 0) await removalsCollection(db).bulkWrite(byMinute, { session });
    if (byKind.length > 0) await jobCountsCollection(db).bulkWrite(byKind, { session });
  };

  return {
    events: (job, ids, goes) =>
      transaction(async (session) => {
        const listed = { _id: { $in: [...ids] } };
        const there = await events
          .find<RemovableEvent>(listed, { projection: REMOVABLE, hint: "_id_", batchSize: ids.length + 1, session })
          .toArray();
        const going = there.filter(goes);
        if (going.length === 0) return [];
        const gone = going.map(({ _id }) => _id);
        await events.deleteMany({ _id: { $in: gone } }, { hint: "_id_", session });
        const lastReceivedAt = new Date(Math.max(...going.map(({ receivedAt }) => receivedAt.getTime())));
        // Attempts of a letter that outlives its event are younger, unless both are of one age.
        await attempts.deleteMany(
          job.reason === "erased" ? { eventDocId: { $in: gone } } : { eventDocId: { $in: gone }, at: { $lte: lastReceivedAt } },
          { session },
        );
        await eventPlaces.deleteMany({ _id: { $in: gone.map(placeOf) } }, { session });
        if (job.reason === "expired") {
          const hours = [...new Set(going.map(({ _id, tenantId }) => hourKey(tenantId, hourOfEventId(_id))))];
          // The hour stays: workers remember that it is there, and readers learn from it that something of it is gone.
          await eventHours.updateMany({ _id: { $in: hours } }, { $set: { expiredAt: new Date() } }, { session });
        }
        await count(
          session,
          job,
          going.map((event) => ({ minute: minuteOf(event), tenantId: event.tenantId, type: event.eventType, column: job.reason })),
          "events",
        );
        return going;
      }),

    letters: (job, filter, hint, most) =>
      transaction(async (session) => {
        const idle: Filter<DeadLetterDocument> = { $and: [filter, { status: { $ne: "replaying" } }] };
        const found = await deadLetters.find(idle, { projection: LETTER, hint, limit: most, batchSize: most + 1, session }).toArray();
        if (found.length === 0) return 0;
        await deadLetters.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } }, { hint: "_id_", session });
        if (job.reason === "erased")
          await attempts.deleteMany({ eventDocId: { $in: found.map(({ eventDocId }) => eventDocId) } }, { session });
        const gone = found.map((letter) => ({
          minute: Math.floor(letter.receivedAt.getTime() / MINUTE_MS),
          tenantId: letter.tenantId,
          type: letter.eventType ?? UNTYPED,
          column: isResolved(letter) ? ("resolvedLetters" as const) : undefined,
        }));
        await count(session, job, gone, "deadLetters");
        return found.length;
      }),

    countsOf: (jobId) => guarded(() => jobCountsCollection(db).find({ job: jobId }).toArray()),
  };
}

/** Something that went, and what counts it. */
interface Gone {
  minute: number;
  tenantId: string;
  type: string;
  column: RemovalReason | "resolvedLetters" | undefined;
}

const LETTER = { eventDocId: 1, tenantId: 1, eventType: 1, receivedAt: 1, status: 1, replay: 1, storedLate: 1 } as const;

/** As the independent count asks it (`ledger/count.ts`): the ledger counts its event as dead, and a document of it came nevertheless. */
function isResolved({ status, replay, storedLate }: Pick<DeadLetterDocument, "status" | "replay" | "storedLate">): boolean {
  return status === "resolved" && (replay?.outcome === "stored" || storedLate === true);
}

/** The minute of acceptance, as the ledger counts it: that of its stream entry; what a replay stored has none, and counts by its receipt. */
function minuteOf({ entry, acceptedAt, receivedAt }: RemovableEvent): number {
  const entryMs = () => (entry === undefined ? receivedAt.getTime() : Number.parseInt(entry.slice(entry.indexOf("/") + 1), 10));
  // What came through the retry set was accepted before its entry.
  const ms = acceptedAt?.getTime() ?? entryMs();
  return Math.floor(ms / MINUTE_MS);
}

function bump(sums: Map<string, { gone: Gone; n: number }>, key: string, gone: Gone): void {
  const sum = sums.get(key);
  if (sum) sum.n++;
  else sums.set(key, { gone, n: 1 });
}
