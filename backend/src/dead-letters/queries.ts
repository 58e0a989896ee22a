import type { Buffer } from "node:buffer";
import type { LetterStatus, ReasonCode } from "@streamforge/shared";
import { letterStatuses, reasonCodes } from "@streamforge/shared";
import { Binary } from "mongodb";
import { readPage } from "../lib/page.js";
import { behind, encodeCursor, type Position } from "../store/cursor.js";
import type { AttemptDocument, DeadLetterDocument } from "../store/documents.js";
import { bounded, each, QUERY_TIMEOUT_MS } from "../store/event-queries.js";
import type { Store } from "../store/mongo.js";
import { createCauses } from "./causes.js";
import { createGroups, type LetterGroups } from "./groups.js";
import { NARROWED_BY, planFor } from "./plan.js";
import type { LetterConditions } from "./selector.js";

/** Which letters to list. */
export interface LetterFilter extends LetterConditions {
  /** null: all tenants. */
  tenantId: string | null;
}

/** How many letters there are, as of a moment that may be some seconds ago (see `createCauses`). */
export interface LetterCounts {
  atMs: number;
  byStatus: Record<LetterStatus, number>;
  /** Open ones. */
  byReason: Record<ReasonCode, number>;
}

export interface LetterQueries {
  /**
   * One page, those that died last first, within `MOST_PAGE_BYTES`.
   * @param view a letter as it stands in the answer; it has neither its body nor its history
   * @param signal ends the search, in MongoDB as well
   * @throws SlowQueryError when one look takes longer than `QUERY_TIMEOUT_MS`
   */
  list<T>(
    filter: LetterFilter,
    limit: number,
    after: Position | undefined,
    view: (letter: DeadLetterDocument) => T,
    signal?: AbortSignal,
  ): Promise<{ items: T[]; nextCursor: string | null }>;
  /** @param id the 24 bytes of its `_id` */
  byId(tenantId: string | null, id: Buffer): Promise<DeadLetterDocument | null>;
  /** The letter to show for an event: an open one before any other, then the one that died last. */
  ofEvent(tenantId: string, event: { eventId: string } | { id: Buffer }): Promise<DeadLetterDocument | null>;
  /** The last attempts that failed, of one acceptance when a receipt is given, oldest first. */
  attempts(eventDocId: Uint8Array, receipt?: Uint8Array): Promise<AttemptDocument[]>;
  /** The last attempt that failed of each of these events, by id and receipt in hex. @param ids 16 bytes each */
  lastAttempts(ids: Buffer[], signal?: AbortSignal): Promise<Map<string, AttemptDocument>>;
  /** Letters of one state by cause, the most frequent first. */
  reasons(tenantId: string | null, status: LetterStatus, limit: number, signal?: AbortSignal): Promise<LetterGroups>;
  /** How many open letters there are, of all tenants, now. */
  open(): Promise<number>;
  /** How many letters there are, by status. */
  counts(tenantId: string | null, signal?: AbortSignal): Promise<Record<LetterStatus, number>>;
  /** The same with the reasons of what is open, and its age. */
  summary(tenantId: string | null, signal?: AbortSignal): Promise<LetterCounts>;
  /** To be told when this process changed letters, so that the next count is a new one. */
  changed(): void;
}

const LIMITS = { maxTimeMS: QUERY_TIMEOUT_MS };
const MOST_ATTEMPTS = 500;

export function createLetterQueries(store: Store): LetterQueries {
  const { deadLetters, attempts } = store;
  const causes = createCauses(store);
  const groups = createGroups(store, causes);

  const summary = async (tenantId: string | null, signal?: AbortSignal): Promise<LetterCounts> => {
    const { value, atMs } = await causes.tallies(tenantId, signal);
    const byStatus = zeros(letterStatuses);
    const byReason = zeros(reasonCodes);
    for (const { reasonCode, status, count } of value) {
      byStatus[status] += count;
      if (status === "open") byReason[reasonCode] += count;
    }
    return { atMs, byStatus, byReason };
  };

  return {
    async list({ tenantId, ...conditions }, limit, after, view, signal) {
      const { filter, hint } = await bounded(() => planFor(deadLetters, tenantId, conditions), NARROWED_BY, signal);
      const { items, more } = await readPage<{ item: ReturnType<typeof view>; position: Position }>(
        limit,
        async function* (most, before) {
          const from = before ? before.position : after;
          const rest = from ? [behind("lastFailedAt", from, new Binary(from.id), "desc")] : [];
          const found = deadLetters
            .find({ $and: [filter, ...rest] }, { ...LIMITS, hint, signal, projection: { raw: 0, history: 0, failures: 0 } })
            .sort({ lastFailedAt: -1, _id: -1 })
            .limit(most)
            .batchSize(most);
          for await (const letter of each(found, NARROWED_BY, signal))
            yield { item: view(letter), position: { atMs: letter.lastFailedAt.getTime(), id: letter._id.buffer as Buffer } };
        },
        ({ item }) => JSON.stringify(item).length,
      );
      const last = items.at(-1)?.position;
      return { items: items.map(({ item }) => item), nextCursor: more && last ? encodeCursor(last.atMs, last.id) : null };
    },

    byId: (tenantId, id) =>
      bounded(() => deadLetters.findOne({ _id: new Binary(id), ...(tenantId === null ? {} : { tenantId }) }, { ...LIMITS, hint: "_id_" })),

    async ofEvent(tenantId, event) {
      const which = "id" in event ? { eventDocId: new Binary(event.id, Binary.SUBTYPE_UUID) } : { eventId: event.eventId };
      // Without their bodies first: 100 of one event would be 25 MB.
      const found = await bounded(() =>
        deadLetters
          .find({ tenantId, ...which }, { ...LIMITS, hint: "id" in event ? "event" : "tenant_event", projection: { status: 1 } })
          .sort({ lastFailedAt: -1 })
          .limit(100)
          .toArray(),
      );
      const shown = found.find(({ status }) => status === "open") ?? found[0];
      return shown ? bounded(() => deadLetters.findOne({ _id: shown._id, tenantId }, { ...LIMITS, hint: "_id_" })) : null;
    },

    async attempts(eventDocId, receipt) {
      const filter = { eventDocId: new Binary(eventDocId, Binary.SUBTYPE_UUID), ...(receipt ? { receipt: new Binary(receipt) } : {}) };
      return (await bounded(() => attempts.find(filter, LIMITS).sort({ at: -1 }).limit(MOST_ATTEMPTS).toArray())).reverse();
    },

    async lastAttempts(ids, signal) {
      if (ids.length === 0) return new Map();
      const eventDocId = { $in: ids.map((id) => new Binary(id, Binary.SUBTYPE_UUID)) };
      const lastOfEach = [
        { $match: { eventDocId } },
        { $sort: { at: -1 } },
        { $group: { _id: { eventDocId: "$eventDocId", receipt: "$receipt" }, last: { $first: "$$ROOT" } } },
      ];
      const found = await bounded(
        () => attempts.aggregate<{ last: AttemptDocument }>(lastOfEach, { ...LIMITS, signal }).toArray(),
        undefined,
        signal,
      );
      return new Map(found.map(({ last }) => [`${last.eventDocId.toString("hex")}${last.receipt.toString("hex")}`, last]));
    },

    reasons: groups.top,

    open: () => bounded(() => deadLetters.countDocuments({ status: "open" }, { ...LIMITS, hint: "status_time" })),

    counts: async (tenantId, signal) => (await summary(tenantId, signal)).byStatus,

    summary,

    changed: causes.forget,
  };
}

function zeros<T extends string>(names: readonly T[]): Record<T, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<T, number>;
}
