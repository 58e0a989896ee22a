import { Buffer } from "node:buffer";
import { Binary, type Filter, MongoServerError, type Sort } from "mongodb";
import { SlowQueryError } from "../lib/errors.js";
import { behind, encodeCursor, type Position } from "./cursor.js";
import type { EventDocument } from "./documents.js";
import { guarded } from "./events.js";
import type { Store } from "./mongo.js";

export interface FindByEventId {
  tenantId: string;
  eventId: string;
  /** The `_id` that the event has if it occurred in the hour that begins at `hourMs`. */
  idAt: (hourMs: number) => Buffer;
  /** The hour to look in, ms; all hours of the tenant when absent. */
  hourMs?: number;
  /** Sends the look-up to one shard. */
  userId?: string;
}

export interface EventFilter {
  tenantId: string;
  userId?: string;
  source?: string;
  eventType?: string;
  correlationId?: string;
  /** occurredAt, from (inclusive) and to (exclusive). */
  from?: Date;
  to?: Date;
}

export interface EventQueries {
  /** The stored event with this eventId; the one of the newest hour when there are several. */
  byEventId(query: FindByEventId): Promise<EventDocument | null>;
  byId(tenantId: string, id: Buffer, userId?: string): Promise<EventDocument | null>;
  /**
   * One page, by occurredAt.
   * @throws SlowQueryError when it takes longer than `QUERY_TIMEOUT_MS`
   */
  list(
    filter: EventFilter,
    order: "asc" | "desc",
    limit: number,
    after?: Position,
  ): Promise<{ items: EventDocument[]; nextCursor: string | null }>;
}

/** A search that takes longer is ended: it would hold up writes that nobody may hold up. */
export const QUERY_TIMEOUT_MS = 5_000;

/** Candidates in one `$in`: 720 take 2–4 ms, 20,000 about 20 ms (measured). */
const SLICE = 1_000;
const HOUR_MS = 3_600_000;
const MAX_TIME_EXPIRED = 50;

export function createEventQueries(store: Store): EventQueries {
  const among = async (candidates: Buffer[], { tenantId, eventId, userId }: FindByEventId): Promise<EventDocument | null> => {
    const _id = { $in: candidates.map(uuid) };
    const shard = userId === undefined ? {} : { userId };
    const found = await bounded(() =>
      store.events
        .find({ _id, tenantId, eventId, ...shard }, LIMITS)
        .sort({ _id: -1 })
        .limit(1)
        .toArray(),
    );
    return found[0] ?? null;
  };

  // The hints keep a plan that looked best for one value from being used for all others of the same shape.
  const find = (
    conditions: Filter<EventDocument>[],
    sort: Sort,
    limit: number,
    hint: "tenant_time" | "user_time",
  ): Promise<EventDocument[]> =>
    bounded(() =>
      store.events
        .find({ $and: conditions }, { ...LIMITS, hint })
        .sort(sort)
        .limit(limit)
        .batchSize(limit)
        .toArray(),
    );

  const ofTenant: PageReader = (conditions, order, limit, after) => {
    const rest = after ? [behind("occurredAt", after, uuid(after.id), order)] : [];
    return find([conditions, ...rest], { occurredAt: direction(order), _id: direction(order) }, limit, "tenant_time");
  };

  /**
   * A user's index ends with occurredAt: to sort by `_id` too, MongoDB would read all events of the user (100,000: 180 ms), and
   * `_id` in the index would make it larger by two thirds. So ties are put in order here: the group in which the page
   * before ended is finished first, and the one in which this page ends is read once more, in order.
   */
  const ofUser: PageReader = async (conditions, order, limit, after) => {
    const towards = { asc: { time: "$gt", id: "$gt" }, desc: { time: "$lt", id: "$lt" } }[order];
    const ties = (at: Date, most: number, behindId?: Buffer) => {
      const rest = behindId ? [{ _id: { [towards.id]: uuid(behindId) } }] : [];
      return find([conditions, { occurredAt: at }, ...rest], { _id: direction(order) }, most, "user_time");
    };
    const items = after ? await ties(new Date(after.atMs), limit, after.id) : [];
    const wanted = limit - items.length;
    if (wanted <= 0) return items;
    const past = after ? [{ occurredAt: { [towards.time]: new Date(after.atMs) } }] : [];
    const next = await find([conditions, ...past], { occurredAt: direction(order) }, wanted, "user_time");
    const end = next.at(-1)?.occurredAt;
    if (next.length < wanted || !end) return [...items, ...inOrder(next, order)];
    const whole = next.filter(({ occurredAt }) => occurredAt.getTime() !== end.getTime());
    return [...items, ...inOrder(whole, order), ...(await ties(end, wanted - whole.length))];
  };

  return {
    async byEventId(query) {
      if (query.hourMs !== undefined) return among([query.idAt(query.hourMs)], query);
      // Hour zero holds what came without a time of its own; it costs nothing to look there at once.
      let candidates = [query.idAt(0)];
      let before = Number.MAX_SAFE_INTEGER;
      for (;;) {
        const hours = await bounded(() =>
          store.eventHours
            .find({ tenantId: query.tenantId, hour: { $lt: before, $gt: 0 } }, { projection: { hour: 1 }, ...LIMITS })
            .sort({ hour: -1 })
            .limit(SLICE)
            .batchSize(SLICE)
            .toArray(),
        );
        candidates = candidates.concat(hours.map(({ hour }) => query.idAt(hour * HOUR_MS)));
        const found = candidates.length > 0 ? await among(candidates, query) : null;
        if (found || hours.length < SLICE) return found;
        before = hours.at(-1)?.hour as number;
        candidates = [];
      }
    },

    byId(tenantId, id, userId) {
      const shard = userId === undefined ? {} : { userId };
      return bounded(() => store.events.findOne({ _id: uuid(id), tenantId, ...shard }, LIMITS));
    },

    async list(filter, order, limit, after) {
      const page = filter.userId === undefined ? ofTenant : ofUser;
      const found = await page(conditionsOf(filter), order, limit + 1, after);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: found.length > limit && last ? encodeCursor(last.occurredAt.getTime(), last._id.buffer) : null };
    },
  };
}

type PageReader = (conditions: Filter<EventDocument>, order: "asc" | "desc", limit: number, after?: Position) => Promise<EventDocument[]>;

const uuid = (id: Buffer): Binary => new Binary(id, Binary.SUBTYPE_UUID);
const direction = (order: "asc" | "desc"): 1 | -1 => (order === "desc" ? -1 : 1);

function inOrder(events: EventDocument[], order: "asc" | "desc"): EventDocument[] {
  const sign = direction(order);
  return events.sort((a, b) => sign * (a.occurredAt.getTime() - b.occurredAt.getTime() || Buffer.compare(a._id.buffer, b._id.buffer)));
}

const LIMITS = { maxTimeMS: QUERY_TIMEOUT_MS };

function conditionsOf({ tenantId, userId, source, eventType, correlationId, from, to }: EventFilter): Filter<EventDocument> {
  const conditions: Filter<EventDocument> = { tenantId };
  if (userId !== undefined) conditions.userId = userId;
  if (source !== undefined) conditions.source = source;
  if (eventType !== undefined) conditions.eventType = eventType;
  if (correlationId !== undefined) conditions.correlationId = correlationId;
  if (from || to) conditions.occurredAt = { ...(from ? { $gte: from } : {}), ...(to ? { $lt: to } : {}) };
  return conditions;
}

/**
 * Runs a read.
 * @param how what narrows it
 * @param signal of who asks, as given to the operation: nobody is to blame when they left
 * @throws SlowQueryError, StorageUnavailableError
 */
export async function bounded<T>(operation: () => Promise<T>, how = "with from and to, or with userId", signal?: AbortSignal): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED) throw new SlowQueryError(QUERY_TIMEOUT_MS, how);
    return guarded(() => Promise.reject(error));
  }
}
