import { Buffer } from "node:buffer";
import { Binary } from "mongodb";
import type { EventDocument } from "../store/documents.js";
import { guarded } from "../store/events.js";
import type { Store } from "../store/mongo.js";

/** A body that is stored of an event, in whichever hour. */
export type StoredBody = Pick<EventDocument, "_id" | "hash" | "receivedAt">;

const HOUR_MS = 3_600_000;
/** Where an event's `_id` ends to be its hour and begins to be the digest of tenant and eventId. */
const HOUR_BYTES = 6;
/**
 * The newest hours of the tenant, six weeks when none is empty: each costs 5 µs a letter. A corrected resend has closed its
 * letter when it was stored; what is looked for here was stored by a worker that died before it came to that.
 */
const MOST_HOURS = 1_000;
const SLICE = 10_000;

const digestOf = (id: Binary): string => id.toString("hex").slice(HOUR_BYTES * 2);

/**
 * What is stored of the events with these ids, also in other hours than theirs: a corrected resend may name another time.
 * For letters alone; the way of live events has no such look.
 * @returns the bodies of one id
 */
export async function storedInAnyHour(
  { events, eventHours }: Pick<Store, "events" | "eventHours">,
  tenantId: string,
  ids: Binary[],
): Promise<(id: Binary) => StoredBody[]> {
  const found = new Map<string, StoredBody[]>();
  if (ids.length > 0) {
    const hours = await guarded(() => eventHours.find({ tenantId }).sort({ hour: -1 }).limit(MOST_HOURS).toArray());
    // Hour zero holds what came without a time of its own.
    const all = [...new Set([0, ...hours.map(({ hour }) => hour)])];
    const candidates = ids.flatMap((id) => [id, ...all.map((hour) => inHour(id, hour))]);
    for (let from = 0; from < candidates.length; from += SLICE) {
      const _id = { $in: candidates.slice(from, from + SLICE) };
      const projection = { hash: 1, receivedAt: 1 };
      const bodies = await guarded(() =>
        events.find<StoredBody>({ _id, tenantId }, { projection, hint: "_id_", batchSize: SLICE }).toArray(),
      );
      for (const body of bodies) found.set(digestOf(body._id), [...(found.get(digestOf(body._id)) ?? []), body]);
    }
  }
  return (id) => found.get(digestOf(id)) ?? [];
}

function inHour(id: Binary, hour: number): Binary {
  const bytes = Buffer.from(id.buffer);
  bytes.writeUIntBE(hour * HOUR_MS, 0, HOUR_BYTES);
  return new Binary(bytes, Binary.SUBTYPE_UUID);
}
