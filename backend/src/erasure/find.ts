import { Binary, type Filter } from "mongodb";
import { behind, type Position } from "../store/cursor.js";
import type { DeadLetterDocument, EventDocument } from "../store/documents.js";
import { guarded } from "../store/guarded.js";
import type { Store } from "../store/mongo.js";
import type { Span } from "./job-shape.js";
import { isLetterOf } from "./user-of-letter.js";

/** What of a user there is. */

export type FoundEvent = Pick<EventDocument, "_id" | "eventId" | "receipt" | "occurredAt" | "entry" | "acceptedAt" | "receivedAt">;
export type FoundLetter = Pick<DeadLetterDocument, "_id" | "receipt" | "status" | "entry" | "acceptedAt" | "receivedAt">;

const EVENT = { eventId: 1, receipt: 1, occurredAt: 1, entry: 1, acceptedAt: 1, receivedAt: 1 } as const;
const LETTER = { receipt: 1, status: 1, entry: 1, acceptedAt: 1, receivedAt: 1 } as const;
const TEXT = { ...LETTER, raw: 1, format: 1, context: 1, eventType: 1, eventId: 1 } as const;

/** The next events of a user, newest first. `$eq`: a userId may begin with "$". */
export function nextEvents(
  { events }: Store,
  tenantId: string,
  userId: string,
  after: Position | undefined,
  most: number,
): Promise<FoundEvent[]> {
  const filter: Filter<EventDocument> = { userId: { $eq: userId }, tenantId };
  const rest = after && (behind("occurredAt", after, new Binary(after.id, Binary.SUBTYPE_UUID), "desc") as Filter<EventDocument>);
  return guarded(() =>
    events
      .find<FoundEvent>(rest ? { $and: [filter, rest] } : filter, { projection: EVENT, hint: "user_time", batchSize: most + 1 })
      .sort({ occurredAt: -1, _id: -1 })
      .limit(most)
      .toArray(),
  );
}

/** The next dead letters of a user by `_id`. */
export function nextLetters(
  { deadLetters }: Store,
  tenantId: string,
  userId: string,
  after: Binary | undefined,
  most: number,
): Promise<FoundLetter[]> {
  const rest = after ? { _id: { $gt: after } } : {};
  return guarded(() =>
    deadLetters
      .find<FoundLetter>({ tenantId, userId: { $eq: userId }, ...rest }, { projection: LETTER, hint: "tenant_user", batchSize: most + 1 })
      .sort({ _id: 1 })
      .limit(most)
      .toArray(),
  );
}

/** The next dead letters of a tenant of which nobody knows the user, and which of them are this one's. */
export async function nextUnknownLetters(
  { deadLetters }: Store,
  tenantId: string,
  userId: string,
  after: Binary | undefined,
  most: number,
): Promise<{ last: Binary | undefined; own: FoundLetter[] }> {
  const rest = after ? { _id: { $gt: after } } : {};
  const page = await guarded(() =>
    deadLetters
      .find<DeadLetterDocument>(
        { tenantId, userId: null as never, ...rest },
        { projection: TEXT, hint: "tenant_user", batchSize: most + 1 },
      )
      .sort({ _id: 1 })
      .limit(most)
      .toArray(),
  );
  return { last: page.length === most ? page.at(-1)?._id : undefined, own: page.filter((letter) => isLetterOf(letter, userId)) };
}

/** Types and times of a user's events. */
export function spansOf({ events }: Store, tenantId: string, userId: string): Promise<Span[]> {
  const ms = (field: string, which: "$min" | "$max") => ({ [which]: { $toLong: `$${field}` } });
  const stages = [
    { $match: { userId: { $eq: userId }, tenantId } },
    {
      $group: {
        _id: "$eventType",
        fromMs: ms("occurredAt", "$min"),
        toMs: ms("occurredAt", "$max"),
        storedFromMs: ms("storedAt", "$min"),
        storedToMs: ms("storedAt", "$max"),
      },
    },
    { $project: { _id: 0, eventType: "$_id", fromMs: 1, toMs: 1, storedFromMs: 1, storedToMs: 1 } },
    { $limit: 1_000 },
  ];
  return guarded(() => events.aggregate<Span>(stages, { hint: "user_time" }).toArray());
}

/** Exported parts that may hold events of these types and times. */
export async function partsHolding(
  { exportParts }: Store,
  tenantId: string,
  spans: Span[],
  most: number,
): Promise<{ locations: string[]; more: number }> {
  if (spans.length === 0) return { locations: [], more: 0 };
  const overlapping = spans.map(({ eventType, fromMs, toMs, storedFromMs, storedToMs }) => ({
    eventType,
    minOccurredAt: { $lte: new Date(toMs) },
    maxOccurredAt: { $gte: new Date(fromMs) },
    minStoredAt: { $lte: new Date(storedToMs) },
    maxStoredAt: { $gte: new Date(storedFromMs) },
  }));
  const filter = { tenantId, $or: overlapping };
  const [found, count] = await guarded(() =>
    Promise.all([
      exportParts
        .find(filter, { projection: { location: 1 } })
        .sort({ _id: 1 })
        .limit(most)
        .toArray(),
      exportParts.countDocuments(filter),
    ]),
  );
  return { locations: found.map(({ location }) => location), more: count - found.length };
}
