import { createHash } from "node:crypto";
import type { ReasonCode } from "@streamforge/shared";
import { Binary } from "mongodb";
import type { AttemptDocument, DeadLetterDocument } from "../store/documents.js";
import { DUPLICATE_KEY, guarded, notWritten, refusedBy, writeOnce } from "../store/guarded.js";
import type { Store } from "../store/mongo.js";
import { longerHistory, pushHistory } from "./history.js";

/** An acceptance that was stored. Its event's letters are found by eventId: a corrected resend may have another hour, and so another `_id`. */
export interface Acceptance {
  tenantId: string;
  eventId: string;
  receipt: Uint8Array;
}

/** An acceptance that died. */
export interface Death {
  letterId: Binary;
  receipt: Uint8Array;
}

export interface LetterStore {
  /** Writes letters. One that is there already is reopened when another acceptance of the same body died; from the same acceptance it stays as it is. */
  write(letters: DeadLetterDocument[]): Promise<void>;
  /** The letters of these events, by the receipt (hex) of the acceptance that died. */
  byReceipt(eventIds: Binary[]): Promise<Map<string, { reasonCode: ReasonCode; message: string }>>;
  /** Whether any letter is open. */
  anyOpen(): Promise<boolean>;
  /**
   * Takes back the deaths of acceptances that turned out to be stored: stored wins. A letter of nothing else goes; one whose body
   * had died before, or been replayed, stays and is done with.
   */
  withdraw(deaths: Death[]): Promise<void>;
  /** Their events are stored although the ledger has counted them as dead: resolved, as after a replay. */
  resolveLate(deaths: Death[]): Promise<void>;
  /**
   * These events were stored: open letters of the same tenant and eventId are done with, whatever their hour.
   * @returns receipts (hex) of those that have a letter of their own: another worker decided otherwise, `settle` tells who was first
   */
  supersede(stored: Acceptance[]): Promise<Set<string>>;
  recordAttempts(attempts: AttemptDocument[]): Promise<void>;
}

/** Of a letter whose last acceptance did not die after all. */
const NO_RECEIPT = new Binary(Buffer.alloc(0));

export function createLetterStore(store: Store): LetterStore {
  return {
    async write(letters) {
      if (letters.length === 0) return;
      const refused = await refusedBy(() => store.deadLetters.insertMany(letters, { ordered: false }));
      const others = refused.filter(({ code }) => code !== DUPLICATE_KEY);
      if (others.length > 0) throw notWritten("dead letter", others);
      const reopened = refused.map(({ index }) => reopen(letters[index] as DeadLetterDocument));
      if (reopened.length > 0) await guarded(() => store.deadLetters.bulkWrite(reopened, { ordered: false }));
    },

    byReceipt: (eventIds) =>
      guarded(async () => {
        const found = await store.deadLetters
          .find({ eventDocId: { $in: eventIds } }, { projection: { receipt: 1, reasonCode: 1, message: 1 } })
          .toArray();
        return new Map(found.map(({ receipt, reasonCode, message }) => [receipt.toString("hex"), { reasonCode, message }]));
      }),

    anyOpen: () =>
      guarded(async () => (await store.deadLetters.findOne({ status: "open" }, { projection: { _id: 1 }, hint: "status_time" })) !== null),

    withdraw: (deaths) =>
      guarded(async () => {
        const ours = { ...lettersOf(deaths), status: "open" as const };
        await store.deadLetters.deleteMany({ ...ours, deaths: 1, replay: { $exists: false } });
        const history = { at: new Date(), who: "worker", what: "died again, yet it is stored" };
        await store.deadLetters.updateMany(ours, [
          {
            $set: {
              status: { $cond: [{ $in: ["$replay.outcome", ["stored", "already-stored"]] }, "resolved", "superseded"] },
              deaths: { $subtract: ["$deaths", 1] },
              receipt: NO_RECEIPT,
              history: longerHistory(history),
            },
          },
        ]);
      }),

    resolveLate: (deaths) =>
      guarded(async () => {
        const history = { at: new Date(), who: "worker", what: "stored after all, by a worker that woke up late" };
        const change = { $set: { status: "resolved" as const, storedLate: true as const }, ...pushHistory(history) };
        await store.deadLetters.updateMany({ ...lettersOf(deaths), status: "open" }, change);
      }),

    // A look first: of 1,000 stored events hardly one has a letter, and an update that changes nothing still waits for a majority.
    // One that a replay has in hand is the replay's to decide.
    supersede: (stored) =>
      guarded(async () => {
        const open = { status: "open" as const, reasonCode: { $ne: "IDENTITY_CONFLICT" as const } };
        const found = await store.deadLetters
          .find({ $or: byTenant(stored), ...open }, { projection: { receipt: 1 }, hint: "tenant_event", batchSize: stored.length })
          .toArray();
        if (found.length === 0) return new Set();
        const receipts = new Set(stored.map(({ receipt }) => hexOf(receipt)));
        const isOwn = ({ receipt }: Pick<DeadLetterDocument, "receipt">) => receipts.has(receipt.toString("hex"));
        const history = { at: new Date(), who: "worker", what: "a corrected resend was stored" };
        await store.deadLetters.updateMany(
          { _id: { $in: found.filter((letter) => !isOwn(letter)).map(({ _id }) => _id) }, ...open },
          { $set: { status: "superseded" }, ...pushHistory(history) },
        );
        return new Set(found.filter(isOwn).map(({ receipt }) => receipt.toString("hex")));
      }),

    async recordAttempts(attempts) {
      if (attempts.length === 0) return;
      const upserts = attempts.map(({ _id, ...fields }) => ({
        updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true },
      }));
      await writeOnce("attempts", () => store.attempts.bulkWrite(upserts, { ordered: false }));
    },
  };
}

/**
 * The update for a letter whose body was accepted and died again. It is open again, unless a replay has it in hand: that one
 * decides, and may be storing the event at this moment.
 */
function reopen(letter: DeadLetterDocument) {
  const { _id, receipt, lastFailedAt, message, reasonCode, fingerprint, attempts, failures, entry, acceptedAt } = letter;
  const history = { at: lastFailedAt, who: "worker", what: `died again: ${reasonCode}` };
  return {
    updateOne: {
      filter: { _id, receipt: { $ne: receipt } },
      update: [
        {
          $set: {
            // Literals: a message may begin with "$", which would name a field.
            ...asLiterals({ receipt, lastFailedAt, message, reasonCode, fingerprint, attempts }),
            failures: failures ? { $literal: failures } : "$$REMOVE",
            entry: entry ?? "$$REMOVE",
            acceptedAt: acceptedAt ?? "$$REMOVE",
            status: { $cond: [{ $eq: ["$status", "replaying"] }, "replaying", "open"] },
            deaths: { $add: ["$deaths", 1] },
            history: longerHistory(history),
          },
        },
      ],
    },
  };
}

function asLiterals(fields: Record<string, unknown>): Record<string, { $literal: unknown }> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { $literal: value }]));
}

/** By receipt, too: two workers may take back the same death, and the one before must not go with it. */
function lettersOf(deaths: Death[]) {
  return {
    _id: { $in: deaths.map(({ letterId }) => letterId) },
    receipt: { $in: deaths.map(({ receipt }) => new Binary(receipt)) },
  };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

function byTenant(identities: Pick<Acceptance, "tenantId" | "eventId">[]): { tenantId: string; eventId: { $in: string[] } }[] {
  const eventIds = new Map<string, string[]>();
  for (const { tenantId, eventId } of identities) {
    const known = eventIds.get(tenantId);
    if (known) known.push(eventId);
    else eventIds.set(tenantId, [eventId]);
  }
  return [...eventIds].map(([tenantId, $in]) => ({ tenantId, eventId: { $in } }));
}

/** `_id` of a letter: event id and body hash. */
export function letterId(eventId: Uint8Array, hash: Uint8Array): Binary {
  return new Binary(Buffer.concat([eventId, hash]));
}

/** Reason, type and the message without what differs from event to event (numbers, ids, quoted values): one cause, one value. */
export function fingerprintOf(reasonCode: ReasonCode, eventType: string | undefined, message: string): string {
  const normal = message
    // MongoDB quotes the whole document that it refuses.
    .replaceAll(/\{.*\}/gs, "<document>")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, "<id>")
    .replaceAll(/"[^"]*"/g, "<value>")
    .replaceAll(/\d+/g, "<n>");
  return createHash("sha256")
    .update(`${reasonCode}\0${eventType ?? ""}\0${normal}`)
    .digest("hex")
    .slice(0, 16);
}
