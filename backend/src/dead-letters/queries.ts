import type { Buffer } from "node:buffer";
import type { LetterStatus, ReasonCode } from "@streamforge/shared";
import { letterStatuses } from "@streamforge/shared";
import { Binary, type Filter } from "mongodb";
import { behind, encodeCursor, type Position } from "../store/cursor.js";
import type { AttemptDocument, DeadLetterDocument } from "../store/documents.js";
import { bounded, QUERY_TIMEOUT_MS } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";

export interface LetterFilter {
  /** null: all tenants. */
  tenantId: string | null;
  reasonCode?: ReasonCode;
  fingerprint?: string;
  eventType?: string;
  status?: LetterStatus;
  /** When it died last, from (inclusive) and to (exclusive). */
  from?: Date;
  to?: Date;
}

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
}

export interface LetterQueries {
  /** One page, those that died last first. */
  list(filter: LetterFilter, limit: number, after?: Position): Promise<{ items: DeadLetterDocument[]; nextCursor: string | null }>;
  /** @param id the 24 bytes of its `_id` */
  byId(tenantId: string | null, id: Buffer): Promise<DeadLetterDocument | null>;
  /** The letter to show for an event: an open one before any other, then the one that died last. */
  ofEvent(tenantId: string, event: { eventId: string } | { id: Buffer }): Promise<DeadLetterDocument | null>;
  /** Attempts that failed, of one acceptance when a receipt is given, oldest first. */
  attempts(eventDocId: Uint8Array, receipt?: Uint8Array): Promise<AttemptDocument[]>;
  /** Open letters by cause, the most frequent first. */
  reasons(tenantId: string | null, limit: number): Promise<LetterGroup[]>;
  /** How many open letters there are, of all tenants. */
  open(): Promise<number>;
  /** How many letters there are, by status. */
  counts(tenantId: string | null): Promise<Record<LetterStatus, number>>;
}

const LIMITS = { maxTimeMS: QUERY_TIMEOUT_MS };
const MOST_ATTEMPTS = 500;

export function createLetterQueries(store: Store): LetterQueries {
  const { deadLetters, attempts } = store;
  return {
    async list(filter, limit, after) {
      const conditions: Filter<DeadLetterDocument>[] = [conditionsOf(filter)];
      if (after) conditions.push(behind("lastFailedAt", after, new Binary(after.id), "desc"));
      const found = await bounded(() =>
        deadLetters
          .find({ $and: conditions }, { ...LIMITS, projection: { raw: 0, history: 0 } })
          .sort({ lastFailedAt: -1, _id: -1 })
          .limit(limit + 1)
          .batchSize(limit + 1)
          .toArray(),
      );
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: found.length > limit && last ? encodeCursor(last.lastFailedAt.getTime(), last._id.buffer) : null };
    },

    byId: (tenantId, id) => bounded(() => deadLetters.findOne({ _id: new Binary(id), ...ofTenant(tenantId) }, LIMITS)),

    async ofEvent(tenantId, event) {
      const which = "id" in event ? { eventDocId: new Binary(event.id, Binary.SUBTYPE_UUID) } : { eventId: event.eventId };
      const found = await bounded(() =>
        deadLetters
          .find({ tenantId, ...which }, LIMITS)
          .sort({ lastFailedAt: -1 })
          .limit(100)
          .toArray(),
      );
      return found.find(({ status }) => status === "open") ?? found[0] ?? null;
    },

    attempts(eventDocId, receipt) {
      const filter = { eventDocId: new Binary(eventDocId, Binary.SUBTYPE_UUID), ...(receipt ? { receipt: new Binary(receipt) } : {}) };
      return bounded(() => attempts.find(filter, LIMITS).sort({ at: 1 }).limit(MOST_ATTEMPTS).toArray());
    },

    async reasons(tenantId, limit) {
      // Counted in the index alone (150,000 open letters: 110 ms; reading each of them: 600), then one look at both ends of each group.
      const match = { status: "open" as const, ...ofTenant(tenantId) };
      const groups = await bounded(() =>
        deadLetters
          .aggregate<{ _id: string; count: number; last: Date }>(
            [
              { $match: match },
              { $group: { _id: "$fingerprint", count: { $sum: 1 }, last: { $max: "$lastFailedAt" } } },
              { $sort: { count: -1, last: -1 } },
              { $limit: limit },
            ],
            { ...LIMITS, hint: "status_fingerprint" },
          )
          .toArray(),
      );
      const end = (fingerprint: string, direction: 1 | -1) =>
        bounded(() =>
          deadLetters.findOne(
            { ...match, fingerprint },
            { ...LIMITS, sort: { lastFailedAt: direction }, projection: { raw: 0, history: 0 } },
          ),
        );
      const described = await Promise.all(
        groups.map(async ({ _id: fingerprint, count }): Promise<LetterGroup[]> => {
          const [newest, oldest] = await Promise.all([end(fingerprint, -1), end(fingerprint, 1)]);
          if (!newest || !oldest) return []; // The last one was settled meanwhile.
          const { reasonCode, eventType, message, lastFailedAt: lastSeen, _id: sampleId } = newest;
          return [{ reasonCode, eventType, fingerprint, count, firstSeen: oldest.failedAt, lastSeen, sampleId, message }];
        }),
      );
      return described.flat();
    },

    open: () => bounded(() => deadLetters.countDocuments({ status: "open" }, { ...LIMITS, hint: "status_fingerprint" })),

    async counts(tenantId) {
      const found = await bounded(() =>
        deadLetters
          .aggregate<{ _id: LetterStatus; count: number }>(
            [{ $match: ofTenant(tenantId) }, { $group: { _id: "$status", count: { $sum: 1 } } }],
            LIMITS,
          )
          .toArray(),
      );
      const counts = Object.fromEntries(letterStatuses.map((status) => [status, 0])) as Record<LetterStatus, number>;
      for (const { _id, count } of found) counts[_id] = count;
      return counts;
    },
  };
}

function ofTenant(tenantId: string | null): { tenantId?: string } {
  return tenantId === null ? {} : { tenantId };
}

function conditionsOf({ tenantId, reasonCode, fingerprint, eventType, status, from, to }: LetterFilter): Filter<DeadLetterDocument> {
  const conditions: Filter<DeadLetterDocument> = ofTenant(tenantId);
  if (reasonCode !== undefined) conditions.reasonCode = reasonCode;
  if (fingerprint !== undefined) conditions.fingerprint = fingerprint;
  if (eventType !== undefined) conditions.eventType = eventType;
  if (status !== undefined) conditions.status = status;
  if (from || to) conditions.lastFailedAt = { ...(from ? { $gte: from } : {}), ...(to ? { $lt: to } : {}) };
  return conditions;
}
