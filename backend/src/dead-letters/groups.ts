import { type LetterStatus, type ReasonCode, reasonCodes } from "@streamforge/shared";
import type { Binary } from "mongodb";
import type { DeadLetterDocument } from "../store/documents.js";
import { bounded, QUERY_TIMEOUT_MS } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";
import { type CauseCount, type Causes, TREND_STEPS } from "./causes.js";

/** Letters of one cause. */
export interface LetterGroup {
  reasonCode: ReasonCode;
  eventType: string | undefined;
  fingerprint: string;
  count: number;
  firstSeen: Date;
  lastSeen: Date;
  sampleId: Binary;
  message: string;
  /** How many open letters died in each two hours of the last 24, the oldest first. */
  trend: number[];
}

export interface LetterGroups {
  items: LetterGroup[];
  /** Of when the counts are, ms. */
  atMs: number;
}

/** What all counts of one cause at the tenants that are looked at come to. */
interface Cause {
  fingerprint: string;
  count: number;
  newest: CauseCount;
  oldest: CauseCount;
}

type Ends = { newest: DeadLetterDocument; oldest: DeadLetterDocument } | undefined;

const LIMITS = { maxTimeMS: QUERY_TIMEOUT_MS };
/** Reasons are remembered for so many causes; then they are looked up anew. */
const MOST_REMEMBERED = 20_000;
const AT_ONCE = 8;

/** Groups by cause: numbers from the picture of `causes`, words from the letters at both ends of each group. */
export function createGroups({ deadLetters }: Pick<Store, "deadLetters">, causes: Causes) {
  // A cause's reason never changes: it is part of what the fingerprint is made of.
  const reasonOf = new Map<string, ReasonCode>();
  let described = { atMs: 0, ends: new Map<string, Promise<Ends>>() };

  /** The letter that died at this moment; another one of its cause and state when it is gone meanwhile. */
  const letterAt = async ({ tenantId, fingerprint, status }: CauseCount, lastFailedAt: Date): Promise<DeadLetterDocument | null> => {
    const options = { ...LIMITS, hint: "tenant_cause", projection: { raw: 0, history: 0 } };
    const exact = await bounded(() => deadLetters.findOne({ tenantId, fingerprint, status, lastFailedAt }, options));
    return exact ?? bounded(() => deadLetters.findOne({ tenantId, fingerprint, status }, { ...options, sort: { lastFailedAt: -1 } }));
  };
  const endsOf = async ({ newest, oldest }: Cause): Promise<Ends> => {
    const [last, first] = await Promise.all([letterAt(newest, newest.last), letterAt(oldest, oldest.first)]);
    return last && first ? { newest: last, oldest: first } : undefined;
  };

  return {
    async top(tenantId: string | null, status: LetterStatus, limit: number): Promise<LetterGroups> {
      const [{ value, atMs }, trends] = await Promise.all([
        causes.counts(),
        status === "open" ? causes.trends() : Promise.resolve({ value: [], atMs: 0 }),
      ]);
      if (described.atMs !== atMs) described = { atMs, ends: new Map() };
      const { ends } = described;
      const ranked = causesOf(value, tenantId, status)
        .sort((a, b) => b.count - a.count || b.newest.last.getTime() - a.newest.last.getTime())
        .slice(0, limit);
      const trendOf = trendsOf(trends.value, tenantId);
      const items = await someAtOnce(ranked, async (cause): Promise<LetterGroup[]> => {
        const key = `${tenantId ?? ""} ${status} ${cause.fingerprint}`;
        const known = ends.get(key) ?? endsOf(cause);
        ends.set(key, known);
        const found = await known.catch((error) => {
          ends.delete(key);
          throw error;
        });
        if (!found) return []; // The last one was settled meanwhile.
        const { reasonCode, eventType, message, lastFailedAt: lastSeen, _id: sampleId } = found.newest;
        const { fingerprint, count } = cause;
        const firstSeen = found.oldest.failedAt;
        const trend = trendOf.get(fingerprint) ?? new Array<number>(TREND_STEPS).fill(0);
        return [{ reasonCode, eventType, fingerprint, count, firstSeen, lastSeen, sampleId, message, trend }];
      });
      return { items: items.flat(), atMs };
    },

    /** How many open letters have each reason. */
    async byReason(tenantId: string | null): Promise<Record<ReasonCode, number>> {
      const open = causesOf((await causes.counts()).value, tenantId, "open");
      if (reasonOf.size > MOST_REMEMBERED) reasonOf.clear();
      const unknown = open.filter(({ fingerprint }) => !reasonOf.has(fingerprint));
      await someAtOnce(unknown, async ({ fingerprint, newest }) => {
        const letter = await letterAt(newest, newest.last);
        if (letter) reasonOf.set(fingerprint, letter.reasonCode);
      });
      const byReason = Object.fromEntries(reasonCodes.map((code) => [code, 0])) as Record<ReasonCode, number>;
      for (const { fingerprint, count } of open) {
        const reason = reasonOf.get(fingerprint);
        if (reason) byReason[reason] += count;
      }
      return byReason;
    },
  };
}

function causesOf(counts: CauseCount[], tenantId: string | null, status: LetterStatus): Cause[] {
  const causes = new Map<string, Cause>();
  for (const row of counts) {
    if (row.status !== status || (tenantId !== null && row.tenantId !== tenantId)) continue;
    const cause = causes.get(row.fingerprint);
    if (!cause) {
      causes.set(row.fingerprint, { fingerprint: row.fingerprint, count: row.count, newest: row, oldest: row });
      continue;
    }
    cause.count += row.count;
    if (row.last > cause.newest.last) cause.newest = row;
    if (row.first < cause.oldest.first) cause.oldest = row;
  }
  return [...causes.values()];
}

function trendsOf(counts: { tenantId: string; fingerprint: string; step: number; count: number }[], tenantId: string | null) {
  const trends = new Map<string, number[]>();
  for (const row of counts) {
    if (tenantId !== null && row.tenantId !== tenantId) continue;
    const trend = trends.get(row.fingerprint) ?? new Array<number>(TREND_STEPS).fill(0);
    const step = Math.min(row.step, TREND_STEPS - 1);
    trend[step] = (trend[step] as number) + row.count;
    trends.set(row.fingerprint, trend);
  }
  return trends;
}

/** In order, some at once: fifty causes are a hundred small queries, and a pool has twenty connections for everybody. */
async function someAtOnce<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
  return results;
}
