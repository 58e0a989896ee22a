import { isName, type Scope, type TenantLimits } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { Config } from "../config.js";
import { sayOutage } from "../lib/errors.js";
import { within } from "../lib/within.js";
import { luaScript } from "../stream/lua.js";
import type { PrismaClient } from "./database.js";
import { createSeal } from "./seal.js";

/** What a process needs to know of an API key: the row, its tenant's limits, and the version that orders copies of it. */
export interface KeyRecord {
  id: string;
  version: number;
  tenantId: string;
  name: string;
  scopes: Scope[];
  defaultType: string | null;
  limits: TenantLimits;
  secretHmac: Buffer;
  /** Unix ms; null never. */
  expiresAtMs: number | null;
  revoked: boolean;
}

/** Longest life of a copy in Redis. */
export const COPY_TTL_MS = 30_000;

/** A changed record stays longer than a slow reader could hold the old row, so that it cannot be overwritten by it. */
const CHANGED_TTL_MS = 60_000;

/** A row that took longer than this to come is not passed on: it may be older than a change whose copy has expired. */
const SLOW_LOAD_MS = 5_000;

/** Redis is only the faster way here: when it hesitates, Postgres is asked. */
const REDIS_TIMEOUT_MS = 250;

const REPLACE_TIMEOUT_MS = 1_000;

const KEEP_COPY = luaScript("keep-copy");

export interface KeyRecords {
  /** The copy in Redis; null when there is none, or Redis does not answer. */
  copy(id: string): Promise<KeyRecord | null>;
  /** The row in Postgres, left in Redis for others. Rejects with StorageUnavailableError when Postgres cannot say. */
  load(id: string): Promise<KeyRecord | null>;
  /** Replaces the copies of changed keys by their new rows. Rejects when Postgres or Redis does not answer. */
  replaceCopies(ids: string[]): Promise<void>;
}

export interface KeyRecordsDeps {
  prisma: PrismaClient;
  redis: Redis;
  /** Redis key of the copy of a key. */
  copyKey(id: string): string;
  config: Pick<Config, "KEY_PEPPER">;
}

/**
 * The name of a key is the source of its events that name none, and keys of earlier versions may have what an event may not: control
 * characters become blanks. A default type of that kind counts as none.
 */
function asEventName(name: string): string | undefined {
  if (isName(name)) return name;
  const clean = name
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, " ")
    .trim();
  return isName(clean) ? clean : undefined;
}

export function createKeyRecords({ prisma, redis, copyKey, config }: KeyRecordsDeps): KeyRecords {
  const seal = createSeal(config.KEY_PEPPER, "api-key");

  async function rows(ids: string[]): Promise<KeyRecord[]> {
    try {
      const found = await prisma.apiKey.findMany({ where: { id: { in: ids } }, include: { tenant: { select: { limits: true } } } });
      return found.map((row) => ({
        id: row.id,
        version: row.version,
        tenantId: row.tenantId,
        name: asEventName(row.name) ?? row.id,
        scopes: row.scopes as Scope[],
        defaultType: row.defaultType !== null && isName(row.defaultType) ? row.defaultType : null,
        limits: row.tenant.limits as TenantLimits,
        secretHmac: Buffer.from(row.secretHmac),
        expiresAtMs: row.expiresAt?.getTime() ?? null,
        revoked: row.revokedAt !== null,
      }));
    } catch (error) {
      return sayOutage("Postgres does not answer, so nobody can say whether this key is good")(error);
    }
  }

  const keep = (record: KeyRecord, ttlMs: number) =>
    redis.eval(KEEP_COPY, 1, copyKey(record.id), record.version, seal.close(record.id, encode(record, Date.now())), ttlMs);

  return {
    async copy(id) {
      try {
        const text = await within(REDIS_TIMEOUT_MS, "Redis", redis.hget(copyKey(id), "d"));
        const own = text === null ? null : seal.open(id, text);
        return own === null ? null : decode(own, Date.now());
      } catch {
        return null;
      }
    },

    async load(id) {
      const began = performance.now();
      const [record] = await rows([id]);
      if (!record) return null;
      if (performance.now() - began < SLOW_LOAD_MS) keep(record, COPY_TTL_MS).catch(() => {});
      return record;
    },

    async replaceCopies(ids) {
      const changed = await rows(ids);
      await within(REPLACE_TIMEOUT_MS, "Redis", Promise.all(changed.map((record) => keep(record, CHANGED_TTL_MS))));
    },
  };
}

function encode(record: KeyRecord, atMs: number): string {
  return JSON.stringify({ ...record, secretHmac: record.secretHmac.toString("base64"), atMs });
}

/** null when it is older than a copy lives: somebody put it back, and it may be from before a revocation. */
function decode(text: string, nowMs: number): KeyRecord | null {
  const { atMs, ...record } = JSON.parse(text) as Omit<KeyRecord, "secretHmac"> & { secretHmac: string; atMs: number };
  return Math.abs(nowMs - atMs) > CHANGED_TTL_MS ? null : { ...record, secretHmac: Buffer.from(record.secretHmac, "base64") };
}
