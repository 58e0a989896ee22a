import type { Redis } from "ioredis";
import type { Db } from "mongodb";
import { bounded, QUERY_TIMEOUT_MS } from "../store/event-queries.js";
import { removalsCollection } from "../store/removal-documents.js";
import type { RedisKeys } from "../stream/keys.js";
import { type AlarmDocument, createAlarms, windowOf } from "./alarms.js";
import { type LedgerDocument, ledgerCollection } from "./archive.js";
import { COUNTS, type Counts, createRowReader, laterOf, MINUTE_MS, type PartRow, partName, type RedisLedger } from "./rows.js";
import { type CheckDocument, lastCheck } from "./verify.js";

/** A minute of acceptance of one tenant, judged. */
export interface LedgerMinute extends Counts {
  minute: number;
  tenantId: string;
  /** Accepted, neither stored, duplicate nor dead, and the minute is not closed. */
  inFlight: number;
  /** The same, and the minute is closed: lost. */
  missing: number;
  /** How many of the missing an operator has acknowledged. */
  acknowledged: number;
  /** Settled without having been accepted, and not acknowledged: Redis lost data, or something was counted twice. */
  surplus: number;
  /** Of its stored events, those that retention and erasures have removed since. They stay counted as stored. */
  expired: number;
  erased: number;
  closed: boolean;
}

/** What the two places of the ledger say of a minute; what went since stands in a third. */
type Judged = Omit<LedgerMinute, "expired" | "erased">;

export interface LedgerRange {
  /** null: all tenants. */
  tenantId: string | null;
  /** ms; the minute it falls into is part of the range. */
  fromMs?: number;
  /** ms, exclusive. */
  toMs?: number;
  /** The items are minutes with something missing; everything else is of the whole range all the same. */
  onlyMissing?: boolean;
}

export interface LedgerReading {
  /** The newest minutes, newest first. */
  items: LedgerMinute[];
  /** There are older ones than these. */
  truncated: boolean;
  /** Over the whole range. */
  total: LedgerTotal;
  /** The first minute of the range with a missing event, acknowledged or not, in ms; null when none is missing. */
  missingSinceMs: number | null;
  /** Accepted events that no row shows. */
  unaccounted: number;
}

type JudgedTotal = Omit<Judged, "minute" | "tenantId" | "closed">;
export type LedgerTotal = Omit<LedgerMinute, "minute" | "tenantId" | "closed">;

/** What the ledger says about all tenants and all times, for the verdict. */
export interface LedgerSummary {
  atMs: number;
  /** Minutes that end by then are closed (Redis's clock): what of them is not settled is missing. */
  closedUntilMs: number;
  /** Not acknowledged. */
  missing: number;
  surplus: number;
  /** Missing, and acknowledged. */
  acknowledged: number;
  /** Not acknowledged, newest first. */
  alarms: AlarmDocument[];
  /** The last independent count that has ended; null when there was none. */
  check: CheckDocument | null;
  /** The first minute with a missing event, in ms; null when none is missing. */
  missingSinceMs: number | null;
}

export interface Ledger {
  /** @param limit most items @param signal ends the search, in MongoDB as well */
  read(range: LedgerRange, limit: number, signal?: AbortSignal): Promise<LedgerReading>;
  summary(): Promise<LedgerSummary>;
}

const NONE_GONE = { expired: 0, erased: 0 };
const NOTHING: Counts = { accepted: 0, stored: 0, duplicate: 0, dead: 0 };

/** The ledger over both places where it lives. */
export function createLedger({ redis, keys, partitions, db }: { redis: Redis; keys: RedisKeys; partitions: number; db: Db }): Ledger {
  const readRows = createRowReader(redis, keys, partitions);
  const collection = ledgerCollection(db);
  const alarms = createAlarms(db);
  const LIMITS = { maxTimeMS: QUERY_TIMEOUT_MS, batchSize: 10_000 };
  const archived = (filter: object, signal?: AbortSignal) =>
    bounded(() => collection.find(filter, { ...LIMITS, signal }).toArray(), undefined, signal);

  /**
   * Both places at one time. Redis first: a row that moves in between is then seen twice, never not at all; and twice is recognised
   * by its mark. One that gets its mark in between is not, so then both are read again.
   */
  const readBoth = async (filterOf: (rows: PartRow[]) => object, signal?: AbortSignal): Promise<[RedisLedger, LedgerDocument[]]> => {
    for (let again = 3; ; again--) {
      const current = await readRows();
      const documents = await archived(filterOf(current.rows), signal);
      if (again === 0 || !current.rows.some((row) => row.part === undefined && isCopied(row, documents))) return [current, documents];
    }
  };

  /** The newest documents of those that are settled. Their index has them in this order. */
  const newest = (filter: object, limit: number, signal?: AbortSignal) =>
    bounded(
      () =>
        collection
          .find(filter, { ...LIMITS, signal })
          .sort({ minute: -1, tenantId: 1 })
          .limit(limit)
          .toArray(),
      undefined,
      signal,
    );

  /** What settled documents add up to, where they are: a month of them is 43,200 for each tenant. */
  const sumsOf = async (filter: object, signal?: AbortSignal): Promise<Counts> => {
    const sums = Object.fromEntries(COUNTS.map((column) => [column, { $sum: `$${column}` }]));
    const stages = [{ $match: filter }, { $group: { _id: null, ...sums } }];
    const [found] = await bounded(() => collection.aggregate<Counts>(stages, { ...LIMITS, signal }).toArray(), undefined, signal);
    return found ?? NOTHING;
  };

  const removals = removalsCollection(db);
  /** What went of these minutes, by `<minute>:<tenantId>`. */
  const removed = async (minutes: Judged[], signal?: AbortSignal) => {
    const _id = { $in: minutes.map(({ minute, tenantId }) => `${minute}:${tenantId}`) };
    const found = await bounded(() => removals.find({ _id }, { ...LIMITS, signal }).toArray(), undefined, signal);
    return new Map(found.map(({ _id: key, expired = 0, erased = 0 }) => [key, { expired, erased }]));
  };
  const removedIn = async (filter: object, signal?: AbortSignal) => {
    const sums = { $group: { _id: null, expired: { $sum: "$expired" }, erased: { $sum: "$erased" } } };
    const [found] = await bounded(
      () => removals.aggregate<{ expired: number; erased: number }>([{ $match: filter }, sums], { ...LIMITS, signal }).toArray(),
      undefined,
      signal,
    );
    return { expired: found?.expired ?? 0, erased: found?.erased ?? 0 };
  };

  return {
    async read({ tenantId, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER, onlyMissing = false }, limit, signal) {
      const from = Math.floor(fromMs / MINUTE_MS);
      const to = Math.ceil(toMs / MINUTE_MS);
      const within = (row: { minute: number; tenantId: string }) =>
        row.minute >= from && row.minute < to && (tenantId === null || row.tenantId === tenantId);
      const ofTenant = tenantId === null ? {} : { tenantId };
      const range = { ...ofTenant, minute: { $gte: from, $lt: to } };
      // From the oldest row in Redis on each minute is judged by both places, and so is one that does not add up in MongoDB.
      const sinceOf = (rows: PartRow[]) => rows.filter(within).reduce((oldest, { minute }) => Math.min(oldest, minute), to);
      const [[current, documents], known] = await Promise.all([
        readBoth((rows) => ({ ...range, $or: [{ missing: { $ne: 0 } }, { minute: { $gte: sinceOf(rows) } }] }), signal),
        bounded(() => alarms.list()),
      ]);
      // The others are settled and add up: their sums and the newest of them are enough.
      const settled = { ...ofTenant, minute: { $gte: from, $lt: sinceOf(current.rows) }, missing: 0 };
      const [sums, rest] = await Promise.all([sumsOf(settled, signal), onlyMissing ? [] : newest(settled, limit + 1, signal)]);
      const inRange = { ...current, rows: current.rows.filter(within) };
      const judged = merge(inRange, documents, known);
      const lost = judged.filter(({ missing }) => missing > 0);
      const minutes = onlyMissing ? lost : merge(inRange, [...documents, ...rest], known);
      const [gone, goneInAll] = await Promise.all([
        removed(minutes.slice(0, limit), signal),
        removedIn({ ...ofTenant, minute: { $gte: from, $lt: to } }, signal),
      ]);
      const total = { ...sumOf(judged), ...goneInAll };
      const touched = known.filter((alarm) => alarm.loss && windowOf(alarm).from < to && windowOf(alarm).to >= from);
      return {
        items: minutes.slice(0, limit).map((row) => ({ ...row, ...(gone.get(`${row.minute}:${row.tenantId}`) ?? NONE_GONE) })),
        truncated: minutes.length > limit,
        total: { ...total, ...plus(total, sums) },
        missingSinceMs: sinceMs(lost),
        unaccounted: touched.reduce((sum, { unaccounted }) => sum + unaccounted, 0),
      };
    },

    async summary() {
      const atMs = Date.now();
      // What does not add up in MongoDB alone, and what does not in Redis alone: its other part may be in MongoDB.
      const unbalanced = (rows: PartRow[]) =>
        rows.filter(({ accepted, stored, duplicate, dead }) => accepted !== stored + duplicate + dead);
      const filterOf = (rows: PartRow[]) => ({
        $or: [{ unacknowledged: { $ne: 0 } }, { _id: { $in: unbalanced(rows).map(({ minute, tenantId }) => `${minute}:${tenantId}`) } }],
      });
      const [[current, documents], known, check] = await Promise.all([
        readBoth(filterOf),
        bounded(() => alarms.list()),
        bounded(() => lastCheck(db)),
      ]);
      const minutes = merge(current, documents, known);
      const lost = minutes.filter(({ missing, acknowledged }) => missing > acknowledged);
      const { missing, surplus, acknowledged } = sumOf(minutes);
      return {
        atMs,
        closedUntilMs: current.closedUntilMs,
        missing: missing - acknowledged,
        surplus,
        acknowledged: known.reduce((sum, alarm) => sum + (alarm.acknowledged?.missing ?? 0), 0),
        alarms: known.filter((alarm) => !alarm.acknowledged),
        check,
        missingSinceMs: sinceMs(lost),
      };
    },
  };
}

function isCopied({ minute, tenantId, partition }: PartRow, documents: LedgerDocument[]): boolean {
  const copy = documents.find(({ _id }) => _id === `${minute}:${tenantId}`);
  return copy !== undefined && Object.keys(copy.parts).some((part) => part.startsWith(partName(partition, "")));
}

/** One row per minute and tenant, newest first. What is in both places under one mark counts once, as the later of the two says. */
function merge({ rows, closedUntilMs }: RedisLedger, documents: LedgerDocument[], alarms: AlarmDocument[]): Judged[] {
  const merged = new Map<string, { minute: number; tenantId: string; parts: Map<string, Counts>; acknowledged: number }>();
  const add = (minute: number, tenantId: string, part: string, counts: Counts) => {
    const key = `${minute}:${tenantId}`;
    const row = merged.get(key) ?? { minute, tenantId, parts: new Map(), acknowledged: 0 };
    const other = row.parts.get(part);
    row.parts.set(part, other ? laterOf(counts, other) : counts);
    merged.set(key, row);
    return row;
  };
  for (const row of rows) add(row.minute, row.tenantId, row.part ?? partName(row.partition, ""), row);
  for (const { minute, tenantId, parts, acknowledged } of documents) {
    for (const [part, counts] of Object.entries(parts)) add(minute, tenantId, part, counts).acknowledged = acknowledged?.missing ?? 0;
  }
  const explained = alarms.filter(({ loss, acknowledged }) => loss && acknowledged).map(windowOf);
  return [...merged.values()]
    .map(({ minute, tenantId, parts, acknowledged }) => {
      const counts = [...parts.values()].reduce(plus, NOTHING);
      const wholly = explained.some(({ from, to }) => minute >= from && minute <= to);
      const open = counts.accepted - counts.stored - counts.duplicate - counts.dead;
      return judged({ minute, tenantId, ...counts }, open, (minute + 1) * MINUTE_MS <= closedUntilMs, wholly ? open : acknowledged);
    })
    .sort((a, b) => b.minute - a.minute || (a.tenantId < b.tenantId ? -1 : 1));
}

/** @param minutes newest first */
function sinceMs(minutes: Judged[]): number | null {
  const first = minutes.at(-1);
  return first ? first.minute * MINUTE_MS : null;
}

function plus(one: Counts, other: Counts): Counts {
  return {
    accepted: one.accepted + other.accepted,
    stored: one.stored + other.stored,
    duplicate: one.duplicate + other.duplicate,
    dead: one.dead + other.dead,
  };
}

/** @param open accepted and not settled; below 0 more was settled than accepted @param known how much of it is acknowledged */
function judged(row: { minute: number; tenantId: string } & Counts, open: number, closed: boolean, known: number): Judged {
  const missing = closed ? Math.max(0, open) : 0;
  return {
    ...row,
    closed,
    inFlight: closed ? 0 : Math.max(0, open),
    missing,
    acknowledged: Math.min(missing, Math.max(0, known)),
    surplus: Math.max(0, Math.min(0, known) - open),
  };
}

function sumOf(minutes: Judged[]): JudgedTotal {
  const total = { accepted: 0, stored: 0, duplicate: 0, dead: 0, inFlight: 0, missing: 0, acknowledged: 0, surplus: 0 };
  for (const minute of minutes) for (const column of Object.keys(total) as (keyof JudgedTotal)[]) total[column] += minute[column];
  return total;
}
