import type { Redis } from "ioredis";
import type { Collection, Db } from "mongodb";
import type { RedisKeys } from "../stream/keys.js";
import { luaScript } from "../stream/lua.js";

/** One look at a partition's totals. */
export interface PartitionSample {
  /** How often the data themselves were looked at. */
  samples: number;
  accepted: number;
  /** stored + duplicate + dead. */
  settled: number;
  /** Last id that its stream has given. */
  lastId: string;
  /** When its oldest unsettled event was accepted, ms; null when all are settled. */
  oldestAtMs: number | null;
  /** When its data were last counted as looked at (ms by Redis's clock), and what was accepted then. */
  sampledAtMs: number;
  sampledAccepted: number;
}

/** The totals of all partitions at one moment. */
export interface TotalsSample {
  /** Redis's name of its data set; null when it has forgotten it. */
  epoch: string | null;
  /** By Redis's clock. */
  at: Date;
  partitions: PartitionSample[];
}

/** The newest sample, in the collection `totals`: the one that Redis must never fall behind. */
export interface NewestDocument extends TotalsSample {
  _id: "newest";
  /** Rises with each sample: two processes cannot both replace the same one. */
  seq: number;
  by: string;
  /** Events accepted a second, the fastest of the last minute. */
  ratePerSecond: number;
}

/** How far the rows of the ledger were copied to MongoDB, in the same collection. */
export interface CopiedDocument {
  _id: "copied";
  epoch: string | null;
  /** Events accepted since the epoch, by partition, that the rows in MongoDB hold at least. */
  accepted: number[];
  /** Minutes before are closed, and nothing of them is in Redis alone. */
  closedUntil: Date;
  /** Of minutes before, some may have expired. */
  expiredUntil?: Date;
  at: Date;
}

export const totalsCollection = (db: Db): Collection<NewestDocument | CopiedDocument> =>
  db.collection<NewestDocument | CopiedDocument>("totals");

/** The newest sample, as a majority has it; null before the first. */
export async function readNewest(db: Db): Promise<NewestDocument | null> {
  return (await totalsCollection(db).findOne({ _id: "newest" })) as NewestDocument | null;
}

export async function readCopied(db: Db): Promise<CopiedDocument | null> {
  return (await totalsCollection(db).findOne({ _id: "copied" })) as CopiedDocument | null;
}

type Reply = [
  nowMs: number,
  samples: number,
  accepted: number,
  settled: number,
  lastId: string,
  oldestMs: string,
  sampledAtMs: number,
  sampledAccepted: number,
  sampledSettled: number,
];

/** Looks at all partitions in one round trip. A partition that is behind `expected` is left as it is (see `ledger-sample.lua`). */
export function createLook(redis: Redis, keys: RedisKeys, partitions: number): (expected: TotalsSample | null) => Promise<TotalsSample> {
  redis.defineCommand("sfLedgerSample", { numberOfKeys: 3, lua: luaScript("ledger-sample") });
  const sample = (redis as unknown as { sfLedgerSample(...args: (string | number)[]): Promise<Reply> }).sfLedgerSample.bind(redis);
  return async (expected) => {
    const looks = Array.from({ length: partitions }, (_, p) => {
      const { totals, stream, retryAccepted } = keys.partition(p);
      const { samples = 0, accepted = 0, settled = 0 } = expected?.partitions[p] ?? {};
      return sample(totals, stream, retryAccepted, samples, accepted, settled);
    });
    const [epoch, ...replies] = await Promise.all([redis.get(keys.epoch), ...looks]);
    return {
      epoch,
      at: new Date(Math.max(0, ...replies.map(([now]) => now))),
      partitions: replies.map(([, samples, accepted, settled, lastId, oldest, sampledAtMs, sampledAccepted]) => ({
        samples,
        accepted,
        settled,
        lastId,
        oldestAtMs: oldest === "" ? null : Number(oldest),
        sampledAtMs,
        sampledAccepted,
      })),
    };
  };
}

/** Reads how many events all partitions have accepted since the epoch; nothing is changed by it. */
export async function readAccepted(redis: Redis, keys: RedisKeys, partitions: number): Promise<number> {
  const looks = Array.from({ length: partitions }, (_, p) => redis.hget(keys.partition(p).totals, "accepted"));
  return (await Promise.all(looks)).reduce((sum, accepted) => sum + Number(accepted ?? 0), 0);
}
