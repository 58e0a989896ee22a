import { hash } from "node:crypto";
import type { Redis } from "ioredis";
import type { Database, PrismaClient } from "../accounts/database.js";
import { outageOf, sayOutage } from "../lib/errors.js";
import { every } from "../lib/every.js";
import { within } from "../lib/within.js";
import type { RedisKeys } from "../stream/keys.js";
import { luaScript } from "../stream/lua.js";
import { fieldOf, nameOf, type PublishedName } from "./published.js";

/** Changes of event types, and their publication, one after the other over all processes; any number that nothing else locks with. */
const TYPES_LOCK = 5_700_722;

/** How often each API process compares what is published with what Postgres has. */
const RECONCILE_MS = 2_000;
/** Every n-th time it looks at all types, whatever their number and newest change say. */
const FULL_EVERY = 15;
const REDIS_TIMEOUT_MS = 1_000;
/** Schemas that are read and written at once: 100 of 64 KiB are 6 MiB. */
const PAGE = 100;

export interface TypePublisher {
  /**
   * Publishes what Postgres has now and Redis has not. Every process knows it within half a second.
   * @param tenantId only what this tenant has
   * @throws StorageUnavailableError when Redis could not be told; the next comparison does it
   */
  publish(tenantId?: string): Promise<void>;
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
 * once after a change, and every two seconds by comparison, which repairs whatever went wrong: a process that died between the two, a
 * Redis that came back empty or older.
 */
export function createTypePublisher({ prisma, redis, keys, onError }: TypePublisherDeps): TypePublisher {
  let seen = "";
  let published = "";
  let rounds = 0;

  redis.defineCommand("sfPublishTypes", { numberOfKeys: 1, lua: luaScript("publish-types") });
  const script = (redis as unknown as { sfPublishTypes(...args: (string | number)[]): Promise<null> }).sfPublishTypes.bind(redis);
  const inRedis = async <T>(work: Promise<T>): Promise<T> =>
    within(REDIS_TIMEOUT_MS, "Redis", work).catch(
      sayOutage("The change is kept, but Redis could not be told of it; workers go by the old types until it can"),
    );

  /** What differs is written, a page at a time; with the last page the processes learn of it. */
  const bring = async (db: Database, tenantId: string | undefined): Promise<string> => {
    const fields = (await inRedis(redis.hkeys(keys.eventTypes))).filter((field) => nameOf(field));
    const has = fields.filter((field) => tenantId === undefined || nameOf(field)?.tenantId === tenantId);
    const wanted = new Map((await typesThatCount(db, tenantId)).map((one) => [fieldOf(one), one]));
    const present = new Set(has);
    const added = [...wanted.keys()].filter((field) => !present.has(field));
    const removed = new Set(has.filter((field) => !wanted.has(field)));
    const all = [...fields.filter((field) => !removed.has(field)), ...added].sort();
    const digest = hash("sha256", all.join("\n")).slice(0, 16);
    for (let from = 0; from === 0 || from < added.length; from += PAGE) {
      const page = added.slice(from, from + PAGE);
      const values = await schemasOf(
        db,
        page.map((field) => wanted.get(field) as PublishedName),
      );
      const isLast = from + PAGE >= added.length;
      const replaced = isLast ? [...removed] : [];
      await inRedis(
        script(
          keys.eventTypes,
          isLast ? digest : "",
          replaced.length,
          ...replaced,
          ...page.flatMap((field, i) => [field, values[i] ?? ""]),
        ),
      );
    }
    return digest;
  };

  const publish = async (tenantId?: string): Promise<void> => {
    const ofNow = await summary(prisma);
    // Read and written under one lock: of two publishers the later one has read the later state.
    const digest = await prisma.$transaction(
      async (db) => {
        await lockTypes(db);
        // A Redis without any has lost them: all are brought back at once, since a part would be taken for the whole.
        const isEmpty = (await inRedis(redis.hexists(keys.eventTypes, "digest"))) === 0;
        return bring(db, isEmpty ? undefined : tenantId);
      },
      { maxWait: 3_000, timeout: 8_000 },
    );
    if (tenantId !== undefined) return;
    published = digest;
    // Taken before the types were read: what changed in between is seen at the next comparison.
    seen = ofNow;
  };
  const reconcile = async (): Promise<void> => {
    const digest = await redis.hget(keys.eventTypes, "digest");
    const due = ++rounds % FULL_EVERY === 0;
    if (due || digest === null || digest !== published || (await summary(prisma)) !== seen) await publish();
  };
  const comparisons = every(RECONCILE_MS, reconcile, {
    // An outage is seen by everybody, and the next comparison makes up for it.
    onError: (error) => void (outageOf(error) ?? onError(error)),
    now: true,
  });
  return { publish, close: comparisons.close };
}

/** Anyone who changes event types holds this lock until the end of the transaction. */
export async function lockTypes(db: Database): Promise<void> {
  await db.$queryRaw`SELECT pg_advisory_xact_lock(${TYPES_LOCK})::text`;
}

/** Changes with every change of the table. */
async function summary(prisma: PrismaClient): Promise<string> {
  const { _count, _max } = await prisma.eventType.aggregate({ _count: true, _max: { updatedAt: true } });
  return `${_count}:${_max.updatedAt?.getTime() ?? 0}`;
}

/** Of each type the highest version that is not retired, or that it has none. `xmin` changes with every change of a row, also one made by hand. */
function typesThatCount(db: Database, tenantId: string | undefined): Promise<PublishedName[]> {
  return db.$queryRaw<(PublishedName & { retired: boolean })[]>`
    SELECT DISTINCT ON (tenant_id, type) tenant_id AS "tenantId", type, retired_at IS NOT NULL AS retired, version, xmin::text AS row
    FROM event_types WHERE ${tenantId ?? null}::text IS NULL OR tenant_id = ${tenantId ?? null}
    ORDER BY tenant_id, type, retired_at IS NOT NULL, version DESC`.then((rows) =>
    rows.map(({ retired, version, ...one }) => ({ ...one, version: retired ? undefined : version })),
  );
}

/** Their schemas as they were sent, in this order; "" for those that are retired. */
async function schemasOf(db: Database, names: readonly PublishedName[]): Promise<string[]> {
  const { tenantIds, types, versions } = {
    tenantIds: names.map(({ tenantId }) => tenantId),
    types: names.map(({ type }) => type),
    versions: names.map(({ version }) => version ?? 0),
  };
  const rows = await db.$queryRaw<{ schema: string }[]>`
    SELECT coalesce(one.schema::text, '') AS schema
    FROM unnest(${tenantIds}::text[], ${types}::text[], ${versions}::int[]) WITH ORDINALITY AS wanted (tenant_id, type, version, place)
    LEFT JOIN event_types AS one USING (tenant_id, type, version) ORDER BY place`;
  return rows.map(({ schema }) => schema);
}
