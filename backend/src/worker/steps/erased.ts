import { Binary } from "mongodb";
import { letterId } from "../../dead-letters/letters.js";
import type { EventDocument } from "../../store/documents.js";
import type { Accepted, ErasureWatch } from "../../store/erasure-watch.js";
import { guarded } from "../../store/guarded.js";
import type { Store } from "../../store/mongo.js";
import { STORED, type Step, undecided, type WorkEvent } from "../batch.js";

/** Users whose events were erased, on the way of live events. Tenants without any erasure cost one look into a Map for each event. */

/**
 * Keeps out what must not be written any more.
 * - What an erasure concerns and was settled before it (a worker that woke up late has it, or a Redis that came back older): its
 *   event was decided once, and counts as stored, once more or not at all, as its entry is still there or not. Nothing is written.
 * - Events of a blocked user that were accepted before every process knew of the block: they count as duplicates, which is what the ledger
 *   calls an event that is settled without a document.
 */
export function keepOut(watch: ErasureWatch): Step {
  return function keepErasedOut(batch) {
    for (const event of undecided(batch)) {
      const { document, record } = event;
      if (!document || !watch.concerns(record.context.tenantId)) continue;
      if (watch.isPast(document.tenantId, document.userId, acceptedOf(event))) {
        event.outcome = STORED;
        event.past = true;
      } else if (watch.isBlocked(document.tenantId, document.userId, acceptedOf(event))) event.outcome = { kind: "duplicate" };
    }
  };
}

/** The same for what a replay stores from dead letters: theirs are left as they are, and go with the others of their user. */
export function leaveOut(watch: ErasureWatch): Step {
  return function leaveErasedOut(batch) {
    for (const event of undecided(batch)) {
      const { document } = event;
      if (!document || !watch.concerns(document.tenantId)) continue;
      const { tenantId, userId } = document;
      const accepted = acceptedOf(event);
      const isOut =
        watch.isBlocked(tenantId, userId) || watch.isGoing(tenantId, userId, accepted) || watch.isPast(tenantId, userId, accepted);
      if (!isOut) continue;
      event.past = true;
      event.outcome = { kind: "again", message: ERASED, blamed: false };
    }
  };
}

/** Why a replay leaves a letter alone. */
export const ERASED = "its user is being erased, or is blocked";

const WAIT_MS = 500;

/**
 * What was sent again is not the duplicate of an event that is about to be erased: it waits until that has gone, and is then stored. Only
 * events that met another one come here, and only then the erasures are read anew: one that has released the identity is known by then.
 */
export function waitForErasure(watch: ErasureWatch, { events }: Pick<Store, "events">): Step {
  return async function waitUntilErased(batch) {
    const met = batch.events.filter(({ met, outcome }) => met && (outcome?.kind === "duplicate" || isConflict(outcome)));
    if (met.length === 0) return;
    await watch.refresh();
    const concerned = met.filter(({ record }) => watch.concerns(record.context.tenantId));
    if (concerned.length === 0) return;
    const ids = concerned.map(({ record }) => new Binary(record.id, Binary.SUBTYPE_UUID));
    const found = await guarded(() => events.find({ _id: { $in: ids } }, { projection: PLACE, batchSize: ids.length + 1 }).toArray());
    // What has gone since `classify` read it is in nobody's way any more.
    const stays = new Set(
      found.filter((one) => !watch.isGoing(one.tenantId, one.userId, acceptedOfStored(one))).map(({ _id }) => _id.toString("hex")),
    );
    for (const event of concerned)
      if (!stays.has(event.record.id.toString("hex")))
        event.outcome = { kind: "again", message: "the event that has its identity is being erased", blamed: false, afterMs: WAIT_MS };
  };
}

/**
 * The last look of a worker that was late: another one had settled its entries, and what it has written since of an erased user goes again.
 * Nothing counts it: the ledger has what was settled first.
 */
export function takeBack(watch: ErasureWatch, { events, deadLetters, attempts }: Store): Step {
  return async function takeBackErased(batch) {
    if (!batch.late) return;
    await watch.refresh();
    const erased = batch.events.filter((event) => isErased(watch, event));
    if (erased.length === 0) return;
    const ids = erased.map(({ record }) => new Binary(record.id, Binary.SUBTYPE_UUID));
    const receipts = erased.map(({ record }) => new Binary(record.receipt));
    const letters = erased.map(({ record }) => letterId(record.id, record.hash));
    await guarded(() =>
      Promise.all([
        events.deleteMany({ _id: { $in: ids }, receipt: { $in: receipts } }),
        deadLetters.deleteMany({ _id: { $in: letters }, receipt: { $in: receipts } }),
        attempts.deleteMany({ eventDocId: { $in: ids }, receipt: { $in: receipts } }),
      ]),
    );
  };
}

const PLACE = { tenantId: 1, userId: 1, entry: 1, acceptedAt: 1, receivedAt: 1 } as const;

function isErased(watch: ErasureWatch, event: WorkEvent): boolean {
  const { document } = event;
  return document !== undefined && watch.concerns(document.tenantId) && watch.isPast(document.tenantId, document.userId, acceptedOf(event));
}

function isConflict(outcome: WorkEvent["outcome"]): boolean {
  return outcome?.kind === "dead" && outcome.reason === "IDENTITY_CONFLICT";
}

function acceptedOf({ entry, record, accepted }: WorkEvent): Accepted {
  return accepted ?? { entry: entry.place, acceptedAtMs: record.acceptedAtMs, receivedAtMs: record.receivedAtMs };
}

/** Where an event or dead letter was accepted, as it is stored. */
export function acceptedOfStored({ entry, acceptedAt, receivedAt }: Pick<EventDocument, "entry" | "acceptedAt" | "receivedAt">): Accepted {
  return { entry, acceptedAtMs: acceptedAt?.getTime(), receivedAtMs: receivedAt.getTime() };
}
