import { z } from "zod";
import { reasonCodes } from "./api.js";
import { countShown as countOf, MOST_NAME_LENGTH, timeShown as time } from "./vocabulary.js";

/**
 * The shapes of sending events. The server reads these bodies itself, byte by byte, and checks them with `normalize`: what stands
 * here of a sent event describes it to people and programs (OpenAPI), and is held against `normalize` by a test.
 */

export const nameSchema = z
  .unknown()
  .meta({ anyOf: [{ type: "string", minLength: 1, maxLength: MOST_NAME_LENGTH }, { type: "integer" }] })
  .describe("1 to 200 characters without control characters; an integer of up to 200 digits becomes its decimal text");

const nameOf = (what: string) => nameSchema.describe(what).optional();
const momentOf = (what: string) => z.string().meta({ format: "date-time" }).describe(what).optional();
/** Whatever does not fit is ordinary data, so it may be anything. */
const anotherNameOf = (field: string, also = "") =>
  z.unknown().optional().describe(`Another name of ${field}${also}. A value that does not fit is ordinary data`);
const epochToo = ", which also takes epoch numbers: up to 11 digits are seconds (with a fraction or not), 12 or 13 milliseconds";

export const sentEventSchema = z
  .looseObject({
    eventId: nameOf("Its identity within the tenant: the same id is stored once, however often it is sent"),
    event_id: anotherNameOf("eventId"),
    id: anotherNameOf("eventId"),
    eventType: nameOf("What happened. May be missing when the API key has a default type"),
    event_type: anotherNameOf("eventType"),
    type: anotherNameOf("eventType"),
    userId: nameOf("Whom it concerns: events of one user lie on one shard. Missing: partitionKey, else subject, else eventId"),
    user_id: anotherNameOf("userId"),
    subject: nameOf("What it concerns, such as the number of an order"),
    entityId: anotherNameOf("subject"),
    partitionKey: nameOf("Missing: subject"),
    occurredAt: momentOf("RFC 3339 with a zone, from 1970 to 24 hours from now; kept as it was sent. Missing: the time of receipt"),
    occurred_at: anotherNameOf("occurredAt", epochToo),
    timestamp: anotherNameOf("occurredAt", epochToo),
    time: anotherNameOf("occurredAt", epochToo),
    source: nameOf("Who sends it. Missing: the API key's name"),
    service: anotherNameOf("source"),
    schemaVersion: nameOf("Missing: 1.0.0"),
    specVersion: nameOf("Missing: 1.0"),
    payload: z
      .unknown()
      .optional()
      .describe("Any JSON. Missing: all fields that have no meaning of their own are the payload, so that flat events work"),
    data: z.unknown().optional().describe("Another name of payload"),
  })
  .describe(
    "One event. null counts as missing. When a field is there under two names the first one listed that fits counts, and the other is data like any. Further fields are kept: beside the payload, or as the payload when there is none.",
  );

export const itemStatuses = ["accepted", "duplicate", "conflict", "rejected", "retry"] as const;
export type ItemStatus = (typeof itemStatuses)[number];

export const acceptedSchema = z.object({
  eventId: z.string(),
  id: z.string().describe("UUIDv8 of the stored event"),
  status: z.literal("accepted"),
  receivedAt: time,
  detail: z.string().optional().describe("Says when an idempotency key was not used, because the event has an eventId"),
});

const deadLetter = z.string().describe("Id of its dead letter (GET /v1/admin/dlq/{id})");

/** With `Prefer: wait`, when it was decided in time. */
export const storedSchema = acceptedSchema.extend({ status: z.literal("stored"), storedAt: time });
export const deadSchema = acceptedSchema.extend({
  status: z.literal("dead"),
  deadLetter,
  code: z.enum(reasonCodes).describe("Why it died"),
  detail: z.string(),
});

/** Members of the problems `duplicate` and `identity-conflict`. */
export const firstAcceptedSchema = acceptedSchema
  .omit({ status: true, detail: true })
  .describe("The event that was accepted first under this identity");

export const itemResultSchema = z.object({
  index: countOf.describe("Position of the item; in a resumed stream it counts from the part that was sent"),
  eventId: z.string().optional(),
  status: z
    .enum([...itemStatuses, "stored", "dead"])
    .describe("With Prefer: wait an accepted item that was decided in time is stored or dead"),
  code: z.string().optional().describe("Problem code of an item that is neither accepted nor duplicate; reason code of a dead one"),
  storedAt: time.optional(),
  deadLetter: deadLetter.optional(),
  detail: z
    .string()
    .optional()
    .describe("What is wrong, and where: of NDJSON also the line (from 1; of a resumed stream, of this part) and the byte"),
});
export type ItemResult = z.infer<typeof itemResultSchema>;

export const batchSummarySchema = z.object({
  accepted: countOf,
  duplicates: countOf,
  conflicts: countOf,
  rejected: countOf,
  retry: countOf,
  stored: countOf.optional().describe("With Prefer: wait: how many of the accepted are stored by now"),
  dead: countOf.optional().describe("With Prefer: wait: how many of the accepted are dead letters by now; results lists them"),
  results: z.array(itemResultSchema).describe("What is neither accepted nor duplicate; everything with ?results=all"),
  detail: z.string().optional().describe("Says when an idempotency key was not used for some items, because they have an eventId"),
});
export type BatchSummary = z.infer<typeof batchSummarySchema>;

export const streamSummarySchema = batchSummarySchema.extend({
  results: z
    .array(itemResultSchema)
    .describe("What is neither accepted nor duplicate; everything with ?results=all. The first 10,000 of them"),
  resultsOmitted: countOf.optional().describe("How many more belong in results; only when there are any"),
  offset: countOf.describe("Decoded byte offset up to which every item is decided; resume there with X-Stream-Offset"),
});
export type StreamSummary = z.infer<typeof streamSummarySchema>;

/** A line of the answer to a stream that asks for lines. */
export const streamLineSchema = z
  .union([
    itemResultSchema.extend({ offset: countOf.describe("Where to resume when this was the last line that came") }),
    z.object({
      summary: streamSummarySchema.describe("results is empty: each item had its line"),
      problem: z
        .looseObject({ code: z.string(), status: countOf, title: z.string(), detail: z.string() })
        .optional()
        .describe("What ended the stream before its end"),
    }),
  ])
  .describe("The result of one item, or the last line");

const would = z
  .enum(["stored", "dead", "duplicate", "conflict"])
  .describe("What would become of it; an event that would die is accepted first");
const foreseenCodes = ["duplicate", "identity-conflict", ...reasonCodes] as const;

/** What would become of one event (`POST /v1/events/validate`). */
export const foreseenSchema = z.object({
  eventId: z.string(),
  id: z.string().describe("UUIDv8 that it would be stored under"),
  status: z.enum(["accepted", "duplicate", "conflict"]).describe("How sending it would be answered"),
  would,
  code: z.enum(foreseenCodes).optional().describe("Why it would not be stored"),
});

/** What would become of many. */
export const foreseenSummarySchema = batchSummarySchema.extend({
  results: z
    .array(
      itemResultSchema.extend({
        would: would.optional(),
        code: z.string().optional().describe("Why it would not be stored: a problem code or the reason code of a dead letter"),
      }),
    )
    .describe("Every item, in order; one that is rejected has no would"),
});
