import type { Redis } from "ioredis";
import type { Db } from "mongodb";
import type { RedisKeys } from "../stream/keys.js";
import { ledgerCollection } from "./archive.js";
import { createRowReader, MINUTE_MS, type PartRow } from "./rows.js";
import type { TotalsSample } from "./samples.js";

/** The state that came back may be this much younger than its last counted look. */
const SLACK_MS = 2_000;

/**
 * After Redis came back older: rows that were copied to MongoDB after that state was made carry no mark in it. Copied again under
 * a new one, their events would count twice. So each gets the mark back under which its copy is known.
 *
 * Rows of minutes that the older state cannot have known are new: their events add to those copied. In the one minute in which the
 * state was made both are in one row; there the larger counts win, and the ledger may show too little. The alarm covers that minute.
 */
export async function adoptMarks({
  redis,
  keys,
  db,
  after,
}: {
  redis: Redis;
  keys: RedisKeys;
  db: Db;
  after: TotalsSample;
}): Promise<void> {
  const { rows } = await createRowReader(redis, keys, after.partitions.length)();
  const returned = rows.filter(({ part, partition, minute }) => {
    const madeAtMs = (after.partitions[partition]?.sampledAtMs ?? 0) + SLACK_MS;
    return part === undefined && minute * MINUTE_MS <= madeAtMs;
  });
  if (returned.length === 0) return;
  const copies = await ledgerCollection(db)
    .find({ _id: { $in: returned.map(nameOf) } })
    .toArray();
  const parts = new Map(copies.map((copy) => [copy._id, copy.parts]));
  for (const row of returned) {
    // Several copies of one row: it came back after its move, when a clock had been set back. The first and largest is meant.
    const known = Object.entries(parts.get(nameOf(row)) ?? {})
      .filter(([part]) => part.startsWith(`${row.partition}_`))
      .sort(([, one], [, other]) => other.accepted - one.accepted)[0];
    if (!known) continue;
    await redis.hsetnx(keys.partition(row.partition).ledgerMarks, nameOf(row), known[0].slice(known[0].indexOf("_") + 1));
  }
}

const nameOf = ({ minute, tenantId }: PartRow): string => `${minute}:${tenantId}`;
