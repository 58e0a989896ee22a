import { Buffer } from "node:buffer";
import { Binary, type Filter } from "mongodb";
import { pushHistory } from "../dead-letters/history.js";
import type { LetterPlan } from "../dead-letters/plan.js";
import { behind, type Position } from "../store/cursor.js";
import type { AttemptDocument, DeadLetterDocument, ReplayOutcome } from "../store/documents.js";
import { guarded, writeOnce } from "../store/guarded.js";
import type { Store } from "../store/mongo.js";
import type { Decision } from "./decision.js";
import { storedInAnyHour } from "./other-hours.js";

/** A letter as it is met on the way: enough to decide whether to take it. */
export type MetLetter = Pick<DeadLetterDocument, "_id" | "eventId" | "status" | "lastFailedAt">;

/** Who replays, as the letters' history names it. */
export interface Replayer {
  id: string;
  by: string;
  worker: string;
}

export interface ReplayLetters {
  /** The next letters behind a position, those that died first come first. None of them was taken by this replay before. */
  next(replayId: string, plan: LetterPlan, after: Position | undefined, most: number): Promise<MetLetter[]>;
  /** The same, whole, for a dry run. */
  read(plan: LetterPlan, after: Position | undefined, most: number): Promise<DeadLetterDocument[]>;
  /** Marks letters as ours, unless this replay has had them before: a worker that was frozen comes late. @returns those that are now */
  claim(replayId: string, ids: Binary[]): Promise<DeadLetterDocument[]>;
  /** Letters that this replay took and has not decided: of a worker that died, or of this one. */
  inHand(replayId: string, most: number): Promise<DeadLetterDocument[]>;
  /** The replays that letters are in the hands of. */
  jobsInHand(): Promise<string[]>;
  /** Writes what was decided. Repeating it changes nothing, and neither does a worker that was frozen and comes late with it. */
  apply(replayer: Replayer, decisions: Decision[], atMs: number): Promise<void>;
  /** Letters that were not decided become open again. */
  giveBack(replayId: string, ids: Binary[]): Promise<void>;
  /** When these events were received, by id in hex: what is stored under an identity may be older or newer than a letter. */
  receivedAt(eventIds: Binary[]): Promise<Map<string, Date>>;
  /**
   * Open letters of these events that are older than what is stored, in whichever hour, are superseded, and those with the same
   * body resolved. For what was stored by live traffic while a letter was in a replay's hands, and for other bodies of what a
   * replay stored.
   */
  supersedeOlder(tenantId: string, eventIds: string[]): Promise<void>;
  /**
   * Which of these letters (hex, all of one tenant) have a corrected body stored in another hour: one that was received since. An
   * older one is another event, as it would have been without the death.
   */
  overtaken(letters: DeadLetterDocument[]): Promise<Set<string>>;
}

/** Which states a replay takes letters from. `discarded` only when they were asked for: see `jobFilter`. */
const TAKEN_FROM = ["open", "discarded"] as const;

export function createReplayLetters(store: Store): ReplayLetters {
  const { deadLetters, events, attempts } = store;
  const page = (filter: Filter<DeadLetterDocument>, after: Position | undefined): Filter<DeadLetterDocument> =>
    after ? { $and: [filter, behind("lastFailedAt", after, new Binary(after.id), "asc") as Filter<DeadLetterDocument>] } : filter;
  const order = { lastFailedAt: 1, _id: 1 } as const;

  return {
    next: (replayId, { filter, hint }, after, most) =>
      guarded(() =>
        deadLetters
          .find<MetLetter>(
            { $and: [page(filter, after), { "replay.id": { $ne: replayId } }] },
            { hint, projection: { eventId: 1, status: 1, lastFailedAt: 1 } },
          )
          .sort(order)
          .limit(most)
          .toArray(),
      ),

    read: ({ filter, hint }, after, most) =>
      guarded(() => deadLetters.find(page(filter, after), { hint }).sort(order).limit(most).toArray()),

    claim: (replayId, ids) =>
      guarded(async () => {
        const mine = { _id: { $in: ids }, status: "replaying" as const, "replay.id": replayId };
        await deadLetters.updateMany(
          { _id: { $in: ids }, status: { $in: [...TAKEN_FROM] }, "replay.id": { $ne: replayId } },
          { $set: { status: "replaying", replay: { id: replayId, at: new Date() } } },
        );
        return deadLetters.find(mine).toArray();
      }),

    inHand: (replayId, most) =>
      guarded(() =>
        deadLetters
          .find({ "replay.id": replayId, "replay.outcome": { $exists: false }, status: "replaying" })
          .limit(most)
          .toArray(),
      ),

    jobsInHand: () =>
      guarded(async () => {
        const group = [{ $match: { status: "replaying" } }, { $group: { _id: "$replay.id" } }];
        const jobs = await deadLetters.aggregate<{ _id: string | null }>(group, { hint: "status_time" }).toArray();
        return jobs.flatMap(({ _id }) => _id ?? []);
      }),

    async apply(replayer, decisions, atMs) {
      const claimed = decisions.filter((decision) => decision.claimed);
      if (claimed.length === 0) return;
      const at = new Date(atMs);
      const failed = claimed.filter((decision) => decision.outcome === "failed");
      const done = (["stored", "already-stored", "superseded"] as const).flatMap((outcome) => settled(replayer, claimed, outcome, at));
      const died = failed.flatMap((decision) => reopened(replayer, decision, at));
      await guarded(() => deadLetters.bulkWrite([...done, ...died], { ordered: true }));
      const tried = failed.filter(({ code }) => code !== "PATCH_FAILED");
      if (tried.length > 0) await recordAttempts(replayer, tried, at);
    },

    giveBack: (replayId, ids) =>
      guarded(() =>
        deadLetters.updateMany(
          { _id: { $in: ids }, "replay.id": replayId, "replay.outcome": { $exists: false }, status: "replaying" },
          { $set: { status: "open" }, $unset: { replay: 1 } },
        ),
      ).then(() => undefined),

    receivedAt: (eventIds) =>
      guarded(async () => {
        const found = await events.find({ _id: { $in: eventIds } }, { projection: { receivedAt: 1 } }).toArray();
        return new Map(found.map(({ _id, receivedAt }) => [_id.toString("hex"), receivedAt]));
      }),

    supersedeOlder: (tenantId, eventIds) =>
      guarded(async () => {
        const open = { status: "open" as const, reasonCode: { $ne: "IDENTITY_CONFLICT" as const } };
        const letters = await deadLetters
          .find(
            { tenantId, eventId: { $in: eventIds }, ...open },
            { projection: { eventDocId: 1, hash: 1, receivedAt: 1 }, hint: "tenant_event" },
          )
          .toArray();
        const bodiesOf = await storedInAnyHour(
          store,
          tenantId,
          letters.map(({ eventDocId }) => eventDocId),
        );
        const updates = letters.flatMap(({ _id, eventDocId, hash, receivedAt }) => {
          const stored = bodiesOf(eventDocId);
          if (stored.some((body) => sameBytes(body._id, eventDocId) && sameBytes(body.hash, hash)))
            return [closing({ _id, ...open }, "resolved", "stored already, unchanged")];
          if (!stored.some((body) => body.receivedAt >= receivedAt)) return [];
          return [closing({ _id, ...open }, "superseded", "another body of this event is stored")];
        });
        if (updates.length > 0) await deadLetters.bulkWrite(updates, { ordered: false });
      }),

    async overtaken(letters) {
      const [first] = letters;
      if (!first) return new Set();
      const bodiesOf = await storedInAnyHour(
        store,
        first.tenantId,
        letters.map(({ eventDocId }) => eventDocId),
      );
      const since = ({ eventDocId, receivedAt }: DeadLetterDocument) =>
        bodiesOf(eventDocId).some((body) => !sameBytes(body._id, eventDocId) && body.receivedAt >= receivedAt);
      return new Set(letters.filter(since).map(({ _id }) => _id.toString("hex")));
    },
  };

  /** One row for each attempt that failed; its number is the letter's, which the same bulk has counted up. */
  async function recordAttempts(replayer: Replayer, tried: Decision[], at: Date): Promise<void> {
    const letters = await guarded(() =>
      deadLetters
        .find({ _id: { $in: tried.map(({ id }) => binaryOf(id)) }, "replay.id": replayer.id })
        .project<DeadLetterDocument>({ eventDocId: 1, receipt: 1, tenantId: 1, eventId: 1, attempts: 1 })
        .toArray(),
    );
    const byId = new Map(tried.map((decision) => [decision.id, decision]));
    const upserts = letters.map((letter) => {
      const decision = byId.get(letter._id.toString("hex")) as Decision;
      const { _id, ...fields } = attemptRow(letter, decision, replayer.worker, at);
      return { updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true } };
    });
    if (upserts.length > 0) await writeOnce("attempts", () => attempts.bulkWrite(upserts, { ordered: false }));
  }
}

function closing(filter: Filter<DeadLetterDocument>, status: "resolved" | "superseded", what: string) {
  return { updateOne: { filter, update: { $set: { status }, ...pushHistory({ at: new Date(), who: "replay", what }) } } };
}

/** Only a letter that this replay still has to decide is changed. */
function undecided(replayer: Replayer, ids: Binary[]) {
  return { _id: { $in: ids }, "replay.id": replayer.id, "replay.outcome": { $exists: false } };
}

/** Whatever state it is in: when its event is stored, it is not open, even if another acceptance of the same body died meanwhile. */
function settled(replayer: Replayer, claimed: Decision[], outcome: Exclude<ReplayOutcome, "failed">, at: Date) {
  const ids = claimed.filter((decision) => decision.outcome === outcome).map(({ id }) => binaryOf(id));
  if (ids.length === 0) return [];
  const status = outcome === "superseded" ? ("superseded" as const) : ("resolved" as const);
  const what = {
    stored: "stored",
    "already-stored": "stored already, unchanged",
    superseded: "another body of this event is stored; nothing was overwritten",
  }[outcome];
  const update = { $set: { status, "replay.outcome": outcome, "replay.at": at }, ...historyOf(replayer, what, at) };
  return [{ updateMany: { filter: undecided(replayer, ids), update } }];
}

/** It failed: open again, unless something else became of it meanwhile. */
function reopened(replayer: Replayer, decision: Decision, at: Date) {
  const { code, message = "", fingerprint, failures } = decision;
  const filter = undecided(replayer, [binaryOf(decision.id)]);
  const outcome = { "replay.outcome": "failed" as const, "replay.at": at };
  const again =
    code === undefined || code === "PATCH_FAILED"
      ? { $set: { status: "open" as const, ...outcome }, ...historyOf(replayer, `not tried: ${message}`, at) }
      : {
          $set: {
            status: "open" as const,
            ...outcome,
            reasonCode: code,
            message,
            lastFailedAt: at,
            ...(fingerprint ? { fingerprint } : {}),
            ...(failures ? { failures } : {}),
          },
          ...(failures ? {} : { $unset: { failures: 1 as const } }),
          $inc: { attempts: 1, deaths: 1 },
          ...historyOf(replayer, `failed again: ${code}`, at),
        };
  return [
    { updateMany: { filter: { ...filter, status: "replaying" as const }, update: again } },
    { updateMany: { filter, update: { $set: outcome } } },
  ];
}

function historyOf(replayer: Replayer, what: string, at: Date) {
  return pushHistory({ at, who: replayer.by, what: `replay ${replayer.id}: ${what}` });
}

function attemptRow(letter: DeadLetterDocument, decision: Decision, worker: string, at: Date): AttemptDocument {
  return {
    _id: `${letter.eventDocId.toString("hex")}${letter.receipt.toString("hex")}:${letter.attempts}`,
    eventDocId: letter.eventDocId,
    receipt: letter.receipt,
    tenantId: letter.tenantId,
    eventId: letter.eventId,
    attempt: letter.attempts,
    status: "dead",
    reason_code: decision.code ?? "UNPROCESSABLE",
    error_message: (decision.message ?? "").slice(0, 2_000),
    duration_ms: decision.durationMs ?? 0,
    worker,
    at,
  };
}

export function sameBytes(a: Binary, b: Binary): boolean {
  return Buffer.compare(a.buffer, b.buffer) === 0;
}

function binaryOf(hex: string): Binary {
  return new Binary(Buffer.from(hex, "hex"));
}
