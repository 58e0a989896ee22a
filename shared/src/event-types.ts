import { z } from "zod";
import { countShown as countOf, exactText, jsonObject, proseText, tenantIdSchema, timeShown as time, whole } from "./vocabulary.js";

/** Event types: a JSON Schema per tenant, type and version. Times are RFC 3339 UTC. */

/** The rule for `eventType` of an event, so that every type an event can have can be registered. */
export const eventTypeNameSchema = exactText().describe("Event type, any characters but control characters");

export const MOST_VERSION = 1_000_000;
const eventTypeVersionSchema = whole(1, MOST_VERSION);

const jsonSchema = jsonObject.describe("JSON Schema, draft 2020-12, for the payload");

/** Where a payload does not fit, as a JSON Pointer from the payload's root, and why. */
export const payloadFailureSchema = z.object({ pointer: z.string(), detail: z.string() });
export type PayloadFailure = z.infer<typeof payloadFailureSchema>;

export const checkEventTypeSchema = z.strictObject({
  tenantId: tenantIdSchema.optional().describe("May be left to X-Tenant-Id, or to the key"),
  type: eventTypeNameSchema,
  version: eventTypeVersionSchema.optional().describe("The next one when absent"),
  schema: jsonSchema,
  description: proseText(1_000, 0).default(""),
});
export const registerEventTypeSchema = checkEventTypeSchema.extend({
  dryRun: z.boolean().default(false).describe("Register nothing, only say what would come of it"),
});

export const typeSampleSchema = z.object({
  checked: countOf.describe("Stored events of this type that were checked against the schema: up to 1,000, the newest"),
  failing: countOf.describe("How many of them would be dead letters now"),
  examples: z.array(z.object({ eventId: z.string(), failures: z.array(payloadFailureSchema) })).describe("The first few that fail"),
});
export type TypeSample = z.infer<typeof typeSampleSchema>;

export const registeredEventTypeSchema = z.object({
  tenantId: z.string(),
  type: z.string(),
  version: z.number().int(),
  description: z.string(),
  schema: jsonSchema,
  registered: z.boolean().describe("false: a dry run"),
  counts: z.boolean().describe("Whether events are checked against this version (a higher one may count instead)"),
  sample: typeSampleSchema,
  becomeUnknown: z
    .array(z.object({ type: z.string(), events: countOf }))
    .describe("With a tenant's first type: the types among its newest stored events that nobody registered"),
  warnings: z.array(z.string()),
});
export type RegisteredEventType = z.infer<typeof registeredEventTypeSchema>;

const versionSchema = z.object({
  version: z.number().int(),
  description: z.string(),
  createdBy: z.string(),
  createdAt: time,
  retiredAt: time.nullable(),
});

export const eventTypeSummarySchema = z.object({
  tenantId: z.string(),
  type: z.string(),
  active: z.number().int().nullable().describe("The version that counts; null when all are retired, and the type is unknown"),
  description: z.string().describe("That of the active version, else of the newest"),
  schema: jsonSchema.nullable().describe("That of the active version"),
  versions: z.array(versionSchema).describe("Newest first"),
});
export type EventTypeSummary = z.infer<typeof eventTypeSummarySchema>;
export const eventTypeListSchema = z.object({
  items: z.array(eventTypeSummarySchema).describe("By tenant and name"),
  nextCursor: z.string().nullable(),
});

export const eventTypeDetailSchema = eventTypeSummarySchema.extend({
  versions: z.array(versionSchema.extend({ schema: jsonSchema })).describe("Newest first"),
});
export type EventTypeDetail = z.infer<typeof eventTypeDetailSchema>;

export const changeEventTypeSchema = z
  .strictObject({
    version: eventTypeVersionSchema
      .optional()
      .describe("Makes this version count: it is taken out of retirement, and newer ones are retired"),
    description: proseText(1_000, 0).optional().describe("Of the version that counts"),
  })
  .refine(({ version, description }) => version !== undefined || description !== undefined, "version or description is needed");

export const retiredEventTypeSchema = eventTypeDetailSchema.extend({
  meaning: z.string().describe("What becomes of events of this type from now on"),
});
