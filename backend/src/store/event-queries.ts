import { Buffer } from "node:buffer";
import { Binary, BSON, type Filter, type FindCursor, MongoServerError, type Sort } from "mongodb";
import { SlowQueryError } from "../lib/errors.js";
import { readPage } from "../lib/page.js";
import { behind, encodeCursor, type Position } from "./cursor.js";
import type { EventDocument } from "./documents.js";
import { eventAtPlace, hourKey, placeOf } from "./event-hours.js";
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
  /**
   * The stored event with this eventId, among the tenant's newest 1,000 hours and those that have a place of their own; the one of
   * the newest hour when there are several. Takes milliseconds.
   */
  byEventId(query: FindByEventId): Promise<{
    event: EventDocument | null;
    /** The tenant has older hours than this one; undefined: it was looked for in all. */
    before: number | undefined;
  }>;
  /**
   * The same in all hours before one, slice by slice, with as much rest in between as a slice takes.
   * @throws SlowQueryError when it takes longer than `LOOKUP_TIMEOUT_MS`
   */
  inOlderHours(query: FindByEventId, before: number, signal: AbortSignal): Promise<EventDocument | null>;
  byId(tenantId: string, id: Buffer, userId?: string): Promise<EventDocument | null>;
  /** Whether retention has removed events of the tenant in this hour. */
  hasExpired(tenantId: string, hourMs: number): Promise<boolean>;
  /**
   * One page, by occurredAt, within `MOST_PAGE_BYTES`.
   * @param view events, as MongoDB keeps them, as they stand in the answer
   * @param signal ends the search
   * @throws SlowQueryError when one look takes longer than `QUERY_TIMEOUT_MS`
   */
  list(
    filter: EventFilter,
    order: "asc" | "desc",
    limit: number,
    after: Position | undefined,
    view: (documents: Uint8Array[]) => Promise<Buffer[]>,
    signal?: AbortSignal,
  ): Promise<{ items: Buffer[]; nextCursor: string | null }>;
  /**
   * For pages that are asked for by number: how many events there are, and the position of the one before the page.
   * @param skip events before the page
   * @returns `after` is undefined for the first page, null when the page is behind the end
   * @throws SlowQueryError when counting takes longer than `QUERY_TIMEOUT_MS`
   */
  beforePage(
    filter: EventFilter,
    order: "asc" | "desc",
    skip: number,
    signal: AbortSignal,
  ): Promise<{ total: number; after: Position | undefined | null }>;
}

/** A search that takes longer is ended: it would hold up writes that nobody may hold up. */
export const QUERY_TIMEOUT_MS = 5_000;

/** Candidates in one `$in`. */
const SLICE = 1_000;
/** A look-up in all hours of a tenant; MAX_EVENT_HOURS_PER_TENANT and ten years of live traffic are done in a second. */
export const LOOKUP_TIMEOUT_MS = 4_000;
/** Between two slices as much time belongs to others as one took, up to this. */
const MOST_REST_MS = 50;
/** Most places of one name that are looked at; more of one eventId are a test, not data. */
const MOST_PLACES = 100;
const HOUR_MS = 3_600_000;
const MAX_TIME_EXPIRED = 50;

export function createEventQueries(store: Store): EventQueries {
  const among = async (
    candidates: Buffer[],
    { tenantId, eventId, userId }: FindByEventId,
    maxTimeMS = QUERY_TIMEOUT_MS,
    signal?: AbortSignal,
  ): Promise<EventDocument | null> => {
    const _id = { $in: candidates.map(uuid) };
    const shard = userId === undefined ? {} : { userId };
    const found = await bounded(
      () =>
        store.events
          .find({ _id, tenantId, eventId, ...shard }, { maxTimeMS, hint: "_id_", ...(signal ? { signal } : {}) })
          .sort({ _id: -1 })
          .limit(1)
          .toArray(),
      WITH_ITS_TIME,
      signal,
    );
    return found[0] ?? null;
  };

  /** The next hours, newest first. */
  const hoursBefore = (tenantId: string, hour: number, signal?: AbortSignal): Promise<number[]> =>
    bounded(
      () =>
        store.eventHours
          .find({ tenantId, hour: { $lt: hour, $gt: 0 } }, { projection: { hour: 1 }, ...LIMITS, ...(signal ? { signal } : {}) })
          .sort({ hour: -1 })
          .limit(SLICE)
          .batchSize(SLICE)
          .toArray()
          .then((found) => found.map((one) => one.hour)),
      WITH_ITS_TIME,
      signal,
    );

  const placesOf = async ({ idAt }: FindByEventId): Promise<Buffer[]> => {
    const [$gte, $lte] = [0, LAST_HOUR_MS].map((hourMs) => placeOf(uuid(idAt(hourMs)))) as [Binary, Binary];
    const places = await bounded(() =>
      store.eventPlaces.find({ _id: { $gte, $lte } }, LIMITS).sort({ _id: -1 }).limit(MOST_PLACES).toArray(),
    );
    return places.map(({ _id }) => eventAtPlace(_id));
  };

  // The hints keep a plan that looked best for one value from being used for all others of the same shape.
  const find = async function* (
    conditions: Filter<EventDocument>[],
    sort: Sort,
    most: number,
    hint: "tenant_time" | "user_time",
    signal?: AbortSignal,
  ): AsyncGenerator<RawEvent> {
    // As bytes: what they cost to read is the business of `view`.
    const cursor = store.events
      .find({ $and: conditions }, { ...LIMITS, hint, signal, raw: true })
      .sort(sort)
      .limit(most)
      .batchSize(most) as unknown as FindCursor<Uint8Array>;
    for await (const document of each(cursor, HOW_TO_NARROW, signal)) yield { document, ...placeInTime(document) };
  };

  const ofTenant: EventReader = (conditions, order, most, after, signal) => {
    const rest = after ? [behind("occurredAt", after, uuid(after.id), order)] : [];
    return find([conditions, ...rest], { occurredAt: direction(order), _id: direction(order) }, most, "tenant_time", signal);
  };

  /**
   * A user's index ends with occurredAt: to sort by `_id` too, MongoDB would read all events of the user (100,000: 180 ms), and
   * `_id` in the index would make it larger by two thirds. So events of one time are put in order here, by reading them once more:
   * those of the time at which the page before ended are finished first.
   */
  const ofUser: EventReader = async function* (conditions, order, most, after, signal) {
    const towards = { asc: { time: "$gt", id: "$gt" }, desc: { time: "$lt", id: "$lt" } }[order];
    const ties = (atMs: number, left: number, behindId?: Buffer) => {
      const rest = behindId ? [{ _id: { [towards.id]: uuid(behindId) } }] : [];
      return find([conditions, { occurredAt: new Date(atMs) }, ...rest], { _id: direction(order) }, left, "user_time", signal);
    };
    let left = most;
    if (after) {
      for await (const event of ties(after.atMs, left, after.id)) {
        left--;
        yield event;
      }
    }
    if (left === 0) return;
    const past = after ? [{ occurredAt: { [towards.time]: new Date(after.atMs) } }] : [];
    let first: RawEvent | undefined;
    let ofOneTime = 0;
    let found = 0;
    const group = async function* (isLast: boolean): AsyncGenerator<RawEvent> {
      // One alone is the whole group, unless the limit cut it off.
      if (first && ofOneTime === 1 && !(isLast && found === left)) yield first;
      else if (first) yield* ties(first.atMs, ofOneTime);
    };
    for await (const event of find([conditions, ...past], { occurredAt: direction(order) }, left, "user_time", signal)) {
      found++;
      if (first?.atMs === event.atMs) ofOneTime++;
      else {
        yield* group(false);
        first = event;
        ofOneTime = 1;
      }
    }
    yield* group(true);
  };

  return {
    async byEventId(query) {
      if (query.hourMs !== undefined) return { event: await among([query.idAt(query.hourMs)], query), before: undefined };
      const [hours, places] = await Promise.all([hoursBefore(query.tenantId, Number.MAX_SAFE_INTEGER), placesOf(query)]);
      // Hour zero holds what came without a time of its own; it costs nothing to look there at once.
      const event = await among([query.idAt(0), ...places, ...hours.map((hour) => query.idAt(hour * HOUR_MS))], query);
      return { event, before: hours.length < SLICE ? undefined : hours.at(-1) };
    },

    async inOlderHours(query, before, signal) {
      const endsAt = performance.now() + LOOKUP_TIMEOUT_MS;
      let last: number | undefined = before;
      while (last !== undefined) {
        const startedAt = performance.now();
        if (startedAt > endsAt) throw new SlowQueryError(LOOKUP_TIMEOUT_MS, WITH_ITS_TIME);
        const hours = await hoursBefore(query.tenantId, last, signal);
        const candidates = hours.map((hour) => query.idAt(hour * HOUR_MS));
        const found = candidates.length > 0 ? await among(candidates, query, Math.ceil(endsAt - startedAt), signal) : null;
        if (found) return found;
        last = hours.length < SLICE ? undefined : hours.at(-1);
        await new Promise((resolve) => setTimeout(resolve, Math.min(MOST_REST_MS, performance.now() - startedAt)));
      }
      return null;
    },

    byId(tenantId, id, userId) {
      const shard = userId === undefined ? {} : { userId };
      return bounded(() => store.events.findOne({ _id: uuid(id), tenantId, ...shard }, LIMITS));
    },

    async hasExpired(tenantId, hourMs) {
      const _id = hourKey(tenantId, hourMs / HOUR_MS);
      return (await bounded(() => store.eventHours.findOne({ _id }, { ...LIMITS, projection: { expiredAt: 1 } })))?.expiredAt !== undefined;
    },

    async list(filter, order, limit, after, view, signal) {
      const read = filter.userId === undefined ? ofTenant : ofUser;
      const conditions = conditionsOf(filter);
      const { items, more } = await readPage<Viewed>(
        limit,
        async function* (most, last) {
          for await (const group of grouped(read(conditions, order, most, last ?? after, signal))) {
            const views = await view(group.map(({ document }) => document));
            signal?.throwIfAborted();
            for (const [i, { atMs, id }] of group.entries()) yield { bytes: views[i] as Buffer, atMs, id };
          }
        },
        ({ bytes }) => bytes.length,
      );
      const last = items.at(-1);
      return { items: items.map(({ bytes }) => bytes), nextCursor: more && last ? encodeCursor(last.atMs, last.id) : null };
    },

    async beforePage(filter, order, skip, signal) {
      const options = { ...LIMITS, hint: filter.userId === undefined ? "tenant_time" : "user_time", signal };
      const total = await bounded(() => store.events.countDocuments(conditionsOf(filter), options), HOW_TO_NARROW, signal);
      if (skip === 0 || skip >= total) return { total, after: skip === 0 ? undefined : null };
      // Two fields of each are put in order, not whole events.
      const stages = [
        { $match: conditionsOf(filter) },
        { $project: { occurredAt: 1 } },
        { $sort: { occurredAt: direction(order), _id: direction(order) } },
        { $skip: skip - 1 },
        { $limit: 1 },
      ];
      const [last] = await bounded(
        () => store.events.aggregate<Pick<EventDocument, "_id" | "occurredAt">>(stages, options).toArray(),
        HOW_TO_NARROW,
        signal,
      );
      return { total, after: last ? { atMs: last.occurredAt.getTime(), id: Buffer.from(last._id.buffer) } : null };
    },
  };
}

/** Events in order, behind a position. */
type EventReader = (
  conditions: Filter<EventDocument>,
  order: "asc" | "desc",
  most: number,
  after?: Position,
  signal?: AbortSignal,
) => AsyncIterable<RawEvent>;

/** An event as MongoDB keeps it, and where it stands in lists. */
interface RawEvent extends Position {
  document: Uint8Array;
}

/** What is kept of an event that is on a page. */
interface Viewed extends Position {
  bytes: Buffer;
}

/** Viewed together: one of the largest events. With four at once others waited twice as long (docs/measurements.md). */
const GROUP_BYTES = 256 * 1024;

async function* grouped(events: AsyncIterable<RawEvent>): AsyncGenerator<RawEvent[]> {
  let group: RawEvent[] = [];
  let bytes = 0;
  for await (const event of events) {
    group.push(event);
    bytes += event.document.length;
    if (bytes < GROUP_BYTES) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

/** The two fields by which lists are in order, without the rest: that may be 255 KB. */
function placeInTime(document: Uint8Array): Position {
  const { parseToElements, NumberUtils, ByteUtils } = BSON.onDemand;
  let atMs = 0;
  let id = Buffer.alloc(0);
  for (const [, nameAt, nameLength, valueAt, length] of parseToElements(document)) {
    const name = ByteUtils.toUTF8(document, nameAt, nameAt + nameLength, false);
    if (name === "occurredAt") atMs = Number(NumberUtils.getBigInt64LE(document, valueAt));
    // Behind its length and its subtype.
    else if (name === "_id") id = Buffer.from(document.subarray(valueAt + 5, valueAt + length));
  }
  return { atMs, id };
}

const WITH_ITS_TIME = "with occurredAt: the hour in which the event occurred";
/** The last hour that an id can hold. */
const LAST_HOUR_MS = 2 ** 48 - 1;

const uuid = (id: Buffer): Binary => new Binary(id, Binary.SUBTYPE_UUID);
const direction = (order: "asc" | "desc"): 1 | -1 => (order === "desc" ? -1 : 1);

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

const HOW_TO_NARROW = "with from and to, or with userId";

/**
 * Runs a read.
 * @param how what narrows it
 * @param signal of who asks, as given to the operation: nobody is to blame when they left
 * @throws SlowQueryError, StorageUnavailableError
 */
export async function bounded<T>(operation: () => Promise<T>, how = HOW_TO_NARROW, signal?: AbortSignal): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    return failed(error, how, signal);
  }
}

/** What a cursor finds, one by one. The rest as for `bounded`. */
export async function* each<T>(cursor: FindCursor<T>, how = HOW_TO_NARROW, signal?: AbortSignal): AsyncGenerator<T> {
  try {
    yield* cursor;
  } catch (error) {
    await failed(error, how, signal);
  } finally {
    await cursor.close();
  }
}

function failed(error: unknown, how: string, signal: AbortSignal | undefined): Promise<never> {
  if (signal?.aborted) throw signal.reason;
  if (error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED) throw new SlowQueryError(QUERY_TIMEOUT_MS, how);
  return guarded(() => Promise.reject(error));
}
