import { createHmac, randomBytes } from "node:crypto";
import { Binary, type Collection, type Db } from "mongodb";
import { guarded, writeOnce } from "./guarded.js";
import { expireAfterDays } from "./letter-indexes.js";

/**
 * Erasures that are in force, in the collection `erasures`: whose, and up to which place in each partition's stream. A user is named by a
 * digest alone. What an erasure concerns is a question of places, not of times: ids of a stream only rise, also when Redis's clock is set back.
 */
export interface ErasureDocument {
  /** Id of its job. */
  _id: string;
  tenantId: string;
  /** See `createUserDigest`. */
  user: Binary;
  /** Of each partition, the last id that its stream had given when the erasure was asked for; empty while that is not known yet. */
  upTo: string[];
  /** When that was, by Redis's clock. */
  at: Date;
  /**
   * `waiting`: entries up to there are still on their way. `settled`: none is, so what comes from there now was settled before.
   * `ended`: all of it has gone, too.
   */
  state: "waiting" | "settled" | "ended";
  /** Events of the user are refused from now on. */
  blocked: boolean;
  updatedAt: Date;
  /** When it is forgotten; absent while it is under way, or blocks the user. */
  expires?: Date;
}

/** The key of the digests, in the collection `erasure_keys`: made once, and only here, so that a copy of the audit log tells nobody's name. */
interface KeyDocument {
  _id: "user";
  key: Binary;
}

export type UserDigest = (tenantId: string, userId: string) => Buffer;

/** Workers that wake up late, and a Redis that comes back older, bring back what has gone for so long at most. */
export const REMEMBERED_DAYS = 30;
const DAY_MS = 86_400_000;

export const erasuresCollection = (db: Db): Collection<ErasureDocument> => db.collection<ErasureDocument>("erasures");

export async function ensureErasureIndexes(db: Db): Promise<void> {
  const erasures = erasuresCollection(db);
  await Promise.all([
    erasures.createIndexes([{ key: { updatedAt: 1 } }, { key: { tenantId: 1, user: 1 } }]),
    expireAfterDays(db, erasures, "expires", 0),
  ]);
}

/**
 * The digest by which a user is known once its data has gone: HMAC-SHA-256 of tenant and userId under a key that is made at first use. It
 * answers "was this user erased?" to who knows the userId, and gives the userId away to nobody.
 */
export async function createUserDigest(db: Db): Promise<UserDigest> {
  const keys = db.collection<KeyDocument>("erasure_keys");
  const made = {
    updateOne: { filter: { _id: "user" as const }, update: { $setOnInsert: { key: new Binary(randomBytes(32)) } }, upsert: true },
  };
  const read = () => guarded(() => keys.findOne({ _id: "user" }));
  let found = await read();
  if (!found) {
    await writeOnce("key of erasures", () => keys.bulkWrite([made]));
    found = await read();
  }
  const key = Buffer.from((found as KeyDocument).key.buffer);
  return (tenantId, userId) => createHmac("sha256", key).update(`${tenantId}\0${userId}`).digest();
}

/** What a job writes down about its erasure. All of it can be repeated. */
export interface ErasureLog {
  /** Puts it into force. @returns the places that it is in force up to: those of the first call count */
  begin(
    erasure: Pick<ErasureDocument, "_id" | "tenantId" | "user" | "blocked">,
    from: Pick<ErasureDocument, "upTo" | "at">,
  ): Promise<ErasureDocument>;
  /** Sets the places of one that began without, unless it has some. */
  place(id: string, from: Pick<ErasureDocument, "upTo" | "at">): Promise<ErasureDocument | null>;
  settled(id: string): Promise<void>;
  ended(id: string): Promise<void>;
  /** As if it had never been: somebody cancelled it. */
  drop(id: string): Promise<void>;
  /** Jobs whose erasures are under way. */
  underWay(): Promise<string[]>;
  /** @returns of how many erasures the block was taken away */
  unblock(tenantId: string, user: Buffer): Promise<number>;
}

export function createErasureLog(db: Db): ErasureLog {
  const erasures = erasuresCollection(db);
  const now = { $currentDate: { updatedAt: true as const } };
  const forgotten = (): Date => new Date(Date.now() + REMEMBERED_DAYS * DAY_MS);

  return {
    begin: ({ _id, ...erasure }, from) =>
      guarded(
        async () =>
          (await erasures.findOneAndUpdate(
            { _id },
            { $setOnInsert: { ...erasure, ...from, state: "waiting" }, ...now },
            { upsert: true, returnDocument: "after" },
          )) as ErasureDocument,
      ),
    place: (_id, from) =>
      guarded(async () => {
        await erasures.updateOne({ _id, upTo: [] }, { $set: from, ...now });
        return erasures.findOne({ _id });
      }),
    settled: (_id) => guarded(() => erasures.updateOne({ _id, state: "waiting" }, { $set: { state: "settled" }, ...now })).then(() => {}),
    ended: (_id) =>
      guarded(async () => {
        await erasures.updateOne({ _id }, { $set: { state: "ended" }, ...now });
        await erasures.updateOne({ _id, blocked: false }, { $set: { expires: forgotten() } });
      }),
    // Kept for a moment as one that concerns nothing: those who remember it learn that.
    drop: (_id) =>
      guarded(() => erasures.updateOne({ _id }, { $set: { state: "ended", blocked: false, upTo: [], expires: forgotten() }, ...now })).then(
        () => {},
      ),
    underWay: () =>
      guarded(async () => (await erasures.find({ state: { $ne: "ended" } }, { projection: { _id: 1 } }).toArray()).map(({ _id }) => _id)),
    unblock: (tenantId, user) =>
      guarded(async () => {
        const { modifiedCount } = await erasures.updateMany(
          { tenantId, user: new Binary(user), blocked: true },
          { $set: { blocked: false, expires: forgotten() }, ...now },
        );
        return modifiedCount;
      }),
  };
}
