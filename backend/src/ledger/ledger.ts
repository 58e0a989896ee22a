import type { Redis } from "ioredis";
import type { Db } from "mongodb";
import { bounded, QUERY_TIMEOUT_MS } from "../store/event-queries.js";
import type { RedisKeys } from "../stream/keys.js";
import { type LedgerDocument, ledgerCollection } from "./archive.js";
import { type Counts, createRowReader, MINUTE_MS, type RedisLedger } from "./rows.js";

/** A minute of acceptance of one tenant, judged. */
export interface LedgerMinute extends Counts {
  minute: number;
  tenantId: string;
  /** Accepted, neither stored, duplicate nor dead, and the minute is not closed. */
  inFlight: number;
  /** The same, and the minute is closed: lost. */
  missing: number;
  /** Settled without having been accepted: Redis lost data, or something was counted twice. */
  surplus: number;
  closed: boolean;
}

export interface LedgerRange {
  /** null: all tenants. */
  tenantId: string | null;
  /** ms; the minute it falls into is part of the range. */
  fromMs?: number;
  /** ms, exclusive. */
  toMs?: number;
}

export type LedgerTotal = Omit<LedgerMinute, "minute" | "tenantId" | "closed">;

/** What the ledger says about all tenants and all times, for the verdict. */
export interface LedgerSummary {
  atMs: number;
  missing: number;
  surplus: number;
  /** The first minute with a missing event, in ms; null when none is missing. */
  missingSinceMs: number | null;
}

export interface Ledger {
  /** @returns the newest `limit` minutes of the range, newest first, and the sums over the whole range */
  read(range: LedgerRange, limit: number): Promise<{ items: LedgerMinute[]; total: LedgerTotal }>;
  summary(): Promise<LedgerSummary>;
}

/** The ledger over both places where it lives. */
export function createLedger({ redis, keys, partitions, db }: { redis: Redis; keys: RedisKeys; partitions: number; db: Db }): Ledger {
  const readRows = createRowReader(redis, keys, partitions);
  const collection = ledgerCollection(db);
  const archived = (filter: object) => bounded(() => collection.find(filter, { maxTimeMS: QUERY_TIMEOUT_MS, batchSize: 10_000 }).toArray());

  return {
    async read({ tenantId, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER }, limit) {
      const from = Math.floor(fromMs / MINUTE_MS);
      const to = Math.ceil(toMs / MINUTE_MS);
      // Redis first: a minute that moves in between is then seen twice, never not at all; and twice is recognised by its mark.
      const current = await readRows();
      const documents = await archived({ ...(tenantId === null ? {} : { tenantId }), minute: { $gte: from, $lt: to } });
      const within = (row: { minute: number; tenantId: string }) =>
        row.minute >= from && row.minute < to && (tenantId === null || row.tenantId === tenantId);
      const minutes = merge({ ...current, rows: current.rows.filter(within) }, documents);
      return { items: minutes.slice(0, limit), total: sumOf(minutes) };
    },

    async summary() {
      const current = await readRows();
      const minutes = merge(current, await archived({ missing: { $ne: 0 } }));
      const lost = minutes.filter(({ missing }) => missing > 0);
      const { missing, surplus } = sumOf(minutes);
      return {
        atMs: Date.now(),
        missing,
        surplus,
        missingSinceMs: lost.length > 0 ? Math.min(...lost.map(({ minute }) => minute)) * MINUTE_MS : null,
      };
    },
  };
}

/** One row per minute and tenant, newest first. What is in Redis under a mark counts there, and not again in its document. */
function merge({ rows, closedUntilMs }: RedisLedger, documents: LedgerDocument[]): LedgerMinute[] {
  const merged = new Map<string, { minute: number; tenantId: string } & Counts>();
  const add = (minute: number, tenantId: string, counts: Counts): void => {
    const key = `${minute}:${tenantId}`;
    const row = merged.get(key) ?? { minute, tenantId, accepted: 0, stored: 0, duplicate: 0, dead: 0 };
    merged.set(key, plus(row, counts));
  };
  const moving = new Set<string>();
  for (const row of rows) {
    add(row.minute, row.tenantId, row);
    if (row.part !== undefined) moving.add(`${row.minute}:${row.tenantId}:${row.part}`);
  }
  for (const { _id, minute, tenantId, parts } of documents) {
    for (const [part, counts] of Object.entries(parts)) if (!moving.has(`${_id}:${part}`)) add(minute, tenantId, counts);
  }
  return [...merged.values()]
    .map((row) => judged(row, (row.minute + 1) * MINUTE_MS <= closedUntilMs))
    .sort((a, b) => b.minute - a.minute || (a.tenantId < b.tenantId ? -1 : 1));
}

function plus<T extends Counts>(row: T, counts: Counts): T {
  return {
    ...row,
    accepted: row.accepted + counts.accepted,
    stored: row.stored + counts.stored,
    duplicate: row.duplicate + counts.duplicate,
    dead: row.dead + counts.dead,
  };
}

function judged(row: { minute: number; tenantId: string } & Counts, closed: boolean): LedgerMinute {
  const open = row.accepted - row.stored - row.duplicate - row.dead;
  return { ...row, closed, inFlight: closed ? 0 : Math.max(0, open), missing: closed ? Math.max(0, open) : 0, surplus: Math.max(0, -open) };
}

function sumOf(minutes: LedgerMinute[]): LedgerTotal {
  const total = { accepted: 0, stored: 0, duplicate: 0, dead: 0, inFlight: 0, missing: 0, surplus: 0 };
  for (const minute of minutes) for (const column of Object.keys(total) as (keyof LedgerTotal)[]) total[column] += minute[column];
  return total;
}
