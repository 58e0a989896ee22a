import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import type { Database, PrismaClient } from "../accounts/database.js";
import { outageOf, sayOutage } from "../lib/errors.js";
import { every } from "../lib/every.js";
import { within } from "../lib/within.js";
import type { RedisKeys } from "../stream/keys.js";
import type { PublishedType } from "./registry.js";

/** Changes of event types, and their publication, one after the other over all processes; any number that nothing else locks with. */
const TYPES_LOCK = 5_700_722;

/** How often each API process compares what is published with what Postgres has. */
const RECONCILE_MS = 2_000;
/** Every so many times it reads all types, whatever the digest of their number and newest change says. */
const FULL_EVERY = 15;
const REDIS_TIMEOUT_MS = 1_000;

export interface TypePublisher {
  /**
   * Publishes what Postgres has now. Every process knows it within half a second.
   * @throws StorageUnavailableError when Redis could not be told; the next comparison does it
   */
  publish(): Promise<void>;
  close(): Promise<void>;
}

export interface TypePublisherDeps {
  prisma: PrismaClient;
  redis: Redis;
  keys: RedisKeys;
  onError: (error: Error) => void;
}

/**
 * Brings the event types from Postgres, where they are, into Redis, where workers look: they have no connection to Postgres. At
 * once after a change, and every two seconds by comparison, which mends whatever went wrong: a process that died between the two, a
 * Redis that came back empty or older.
 */
export function createTypePublisher({ prisma, redis, keys, onError }: TypePublisherDeps): TypePublisher {
  let seen = "";
  let published = "";
  let rounds = 0;

  const publish = async (): Promise<void> => {
    const ofNow = await summary(prisma);
    // Read and written under one lock: of two publishers the later one has read the later state.
    await prisma.$transaction(
      async (db) => {
        await lockTypes(db);
        const types = JSON.stringify(await typesThatCount(db));
        const digest = hash("sha256", types).slice(0, 16);
        await within(REDIS_TIMEOUT_MS, "Redis", redis.hset(keys.eventTypes, { digest, types })).catch(
          sayOutage("The change is kept, but Redis could not be told of it; workers go by the old types until it can"),
        );
        published = digest;
      },
      { maxWait: 3_000, timeout: 8_000 },
    );
    // Taken before the types were read: what changed in between is seen at the next comparison.
    seen = ofNow;
  };
  const reconcile = async (): Promise<void> => {
    const inRedis = await redis.hget(keys.eventTypes, "digest");
    const due = ++rounds % FULL_EVERY === 0;
    if (due || inRedis === null || inRedis !== published || (await summary(prisma)) !== seen) await publish();
  };
  const comparisons = every(RECONCILE_MS, reconcile, {
    // An outage is seen by everybody, and the next comparison makes up for it.
    onError: (error) => void (outageOf(error) ?? onError(error)),
    now: true,
  });
  return { publish, close: comparisons.close };
}

/** Whoever changes event types holds this lock until the end of the transaction. */
export async function lockTypes(db: Database): Promise<void> {
  await db.$queryRaw`SELECT pg_advisory_xact_lock(${TYPES_LOCK})::text`;
}

/** Changes with every change of the table. */
async function summary(prisma: PrismaClient): Promise<string> {
  const { _count, _max } = await prisma.eventType.aggregate({ _count: true, _max: { updatedAt: true } });
  return `${_count}:${_max.updatedAt?.getTime() ?? 0}`;
}

/** Of each type the highest version that is not retired, or that it has none; in an order that depends on nothing else. */
async function typesThatCount(db: Database): Promise<PublishedType[]> {
  const newest = await db.eventType.findMany({
    where: { retiredAt: null },
    orderBy: [{ tenantId: "asc" }, { type: "asc" }, { version: "desc" }],
    distinct: ["tenantId", "type"],
    select: { tenantId: true, type: true, version: true, schema: true },
  });
  const names = await db.eventType.findMany({
    orderBy: [{ tenantId: "asc" }, { type: "asc" }],
    distinct: ["tenantId", "type"],
    select: { tenantId: true, type: true },
  });
  const nameOf = (one: { tenantId: string; type: string }) => `${one.tenantId}\0${one.type}`;
  const counting = new Set(newest.map(nameOf));
  return [
    ...newest.map(({ schema, ...rest }) => ({ ...rest, schema: JSON.stringify(schema) })),
    ...names.filter((one) => !counting.has(nameOf(one))).map((one) => ({ ...one, retired: true as const })),
  ];
}
