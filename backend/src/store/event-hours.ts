import { Buffer } from "node:buffer";
import { Binary } from "mongodb";
import type { EventDocument } from "./documents.js";
import { guarded, writeOnce } from "./guarded.js";
import type { Store } from "./mongo.js";

/**
 * Where a look-up by eventId has to look, when it knows no more: an event's `_id` is its hour and a digest of its name, so each hour
 * in which the tenant has events is one candidate.
 *
 * - Hours of now (`event_hours`) are one document each: 24 a day, whatever is sent in them.
 * - Hours of the past are, too, up to a number for each tenant. What lies in further ones (a backfill of decades, or a tenant that
 *   gives each event an hour of its own) gets a place of its own (`event_places`): one small document an event, found by its
 *   name at once. So hours are never refused, and a look-up stays bounded; who spreads events over time pays for it.
 */
export interface EventHours {
  /** Must be durable before such an event is: a look-up starts here. */
  remember(documents: readonly EventDocument[]): Promise<void>;
}

const HOUR_MS = 3_600_000;
/** Hours that are no older than this are those of live traffic. */
const LIVE_HOURS = 48;
/** What a process remembers of each tenant, so that it asks once; and of how many tenants. */
const REMEMBERED_HOURS = 10_000;
const REMEMBERED_TENANTS = 1_000;
/** Where the hour ends in an `_id`, and the digest of tenant and eventId begins. */
const HOUR_BYTES = 6;

const WALK = { hint: "tenant_hour", maxTimeMS: 5_000 } as const;

interface Tenant {
  hours: Set<number>;
  /** Hours of the past in `event_hours`, of all processes when this one first asked, and its own since. */
  past: number | undefined;
}

/** @param most hours of the past for each tenant; several workers may each exceed it by what the others added meanwhile */
export function createEventHours(store: Pick<Store, "eventHours" | "eventPlaces">, most: number): EventHours {
  const tenants = new Map<string, Tenant>();

  const tenantOf = (tenantId: string): Tenant => {
    let tenant = tenants.get(tenantId);
    if (!tenant) {
      if (tenants.size >= REMEMBERED_TENANTS) tenants.clear();
      tenant = { hours: new Set(), past: undefined };
      tenants.set(tenantId, tenant);
    }
    return tenant;
  };

  /** Of hours of the past, those that are to be, or are, in `event_hours`. */
  const admitted = async (tenantId: string, tenant: Tenant, past: number[], liveFrom: number): Promise<Set<number>> => {
    tenant.past ??= await guarded(() =>
      store.eventHours.countDocuments({ tenantId, hour: { $lt: liveFrom } }, Number.isFinite(most) ? { limit: most } : {}),
    );
    if (tenant.past + past.length <= most) {
      tenant.past += past.length;
      return new Set(past);
    }
    tenant.past = most;
    const known = await guarded(() =>
      store.eventHours.find({ _id: { $in: past.map((hour) => hourKey(tenantId, hour)) } }, { batchSize: past.length + 1 }).toArray(),
    );
    return new Set(known.map(({ hour }) => hour));
  };

  const ofTenant = async (tenantId: string, documents: readonly EventDocument[]) => {
    const tenant = tenantOf(tenantId);
    const unseen = documents.filter(({ _id }) => !tenant.hours.has(hourOfEventId(_id)));
    if (unseen.length === 0) return { hours: [], places: [] };
    const liveFrom = Math.floor(Date.now() / HOUR_MS) - LIVE_HOURS;
    const all = [...new Set(unseen.map(({ _id }) => hourOfEventId(_id)))];
    const past = all.filter((hour) => hour < liveFrom);
    const inside = past.length === 0 ? new Set<number>() : await admitted(tenantId, tenant, past, liveFrom);
    const hours = all.filter((hour) => hour >= liveFrom || inside.has(hour));
    const covered = new Set(hours);
    return { hours, places: unseen.filter(({ _id }) => !covered.has(hourOfEventId(_id))) };
  };

  return {
    async remember(documents) {
      const byTenant = Map.groupBy(documents, ({ tenantId }) => tenantId);
      const found = await Promise.all([...byTenant].map(async ([tenantId, own]) => ({ tenantId, ...(await ofTenant(tenantId, own)) })));
      const upserts = found.flatMap(({ tenantId, hours }) =>
        hours.map((hour) => ({
          updateOne: { filter: { _id: hourKey(tenantId, hour) }, update: { $setOnInsert: { tenantId, hour } }, upsert: true },
        })),
      );
      const places = found.flatMap(({ tenantId, places }) => places.map(({ _id }) => ({ _id: placeOf(_id), tenantId })));
      await Promise.all([
        upserts.length > 0 && writeOnce("hours of events", () => store.eventHours.bulkWrite(upserts, { ordered: false })),
        places.length > 0 && writeOnce("places of events", () => store.eventPlaces.insertMany(places, { ordered: false })),
      ]);
      for (const { tenantId, hours } of found) {
        const { hours: remembered } = tenantOf(tenantId);
        if (remembered.size > REMEMBERED_HOURS) remembered.clear();
        for (const hour of hours) remembered.add(hour);
      }
    },
  };
}

/** The tenant with the most hours: a walk over all of them in the index (100,000: 60 ms), for a look once a minute. */
export async function mostHours({ eventHours }: Pick<Store, "eventHours">): Promise<{ tenantId: string; hours: number } | undefined> {
  const stages = [{ $group: { _id: "$tenantId", hours: { $sum: 1 } } }, { $sort: { hours: -1 } }, { $limit: 1 }];
  const [found] = await guarded(() => eventHours.aggregate<{ _id: string; hours: number }>(stages, WALK).toArray());
  return found && { tenantId: found._id, hours: found.hours };
}

/** Hours since 1970 in an event's `_id`. */
export function hourOfEventId(id: Binary): number {
  return Buffer.from(id.buffer.buffer, id.buffer.byteOffset, HOUR_BYTES).readUIntBE(0, HOUR_BYTES) / HOUR_MS;
}

/** An event's `_id` with the hour last: all places of one name stand together. */
export function placeOf(id: Binary): Binary {
  return new Binary(Buffer.concat([id.buffer.subarray(HOUR_BYTES), id.buffer.subarray(0, HOUR_BYTES)]), Binary.SUBTYPE_UUID);
}

/** The `_id` of the event at a place. */
export function eventAtPlace(place: Binary): Buffer {
  const digestBytes = place.buffer.length - HOUR_BYTES;
  return Buffer.concat([place.buffer.subarray(digestBytes), place.buffer.subarray(0, digestBytes)]);
}

export function hourKey(tenantId: string, hour: number): string {
  return `${tenantId}:${hour}`;
}
