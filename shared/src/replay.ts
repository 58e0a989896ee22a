import { z } from "zod";
import { reasonCodes } from "./api.js";
import { letterSelectorSchema } from "./dead-letter-selector.js";
import { type JobStatus, jobStatuses } from "./jobs.js";
import { countShown as count, cursor, tenantIdSchema, timeShown as time, whole, wholeInQuery } from "./vocabulary.js";

/** Retry and replay: what can be asked for, and what a job says of itself. */

const MOST_OPERATIONS = 100;
const MOST_POINTER_TOKENS = 500;
const MOST_PATCH_BYTES = 64 * 1024;
/** No event is deeper by default (`MAX_JSON_DEPTH`). */
const MOST_LEVELS = 64;

const pointer = z
  .string()
  .max(2_000)
  .regex(/^(\/([^~/]|~[01])*)*$/, "is no JSON Pointer");
/** Any JSON: whether the event may be so is decided where it is normalised. `unknown` is satisfied by nothing at all, and `null` is a value. */
const value = z.unknown().check(({ value: given, issues }) => {
  const fault =
    given === undefined ? "is missing" : isDeeper(given, MOST_LEVELS) ? `is nested deeper than ${MOST_LEVELS} levels` : undefined;
  if (fault !== undefined) issues.push({ code: "custom", input: given, message: fault });
});

/** It stops at that depth, so that it cannot overflow the stack. */
function isDeeper(given: unknown, levels: number): boolean {
  if (given === null || typeof given !== "object") return false;
  return levels === 0 || Object.values(given).some((child) => isDeeper(child, levels - 1));
}

export const patchOperationSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("add"), path: pointer, value }),
  z.strictObject({ op: z.literal("replace"), path: pointer, value }),
  z.strictObject({ op: z.literal("test"), path: pointer, value }),
  z.strictObject({ op: z.literal("remove"), path: pointer }),
  z.strictObject({ op: z.literal("move"), path: pointer, from: pointer }),
  z.strictObject({ op: z.literal("copy"), path: pointer, from: pointer }),
]);
export type PatchOperation = z.infer<typeof patchOperationSchema>;

export const patchSchema = z
  .array(patchOperationSchema)
  .min(1)
  .max(MOST_OPERATIONS)
  .refine((patch) => JSON.stringify(patch).length <= MOST_PATCH_BYTES, `must not have more than ${MOST_PATCH_BYTES} characters`)
  // Each step of a pointer reads what is left of the event: without a bound a patch could hold up a worker for seconds an event.
  .refine(
    (patch) => patch.reduce((sum, { path }) => sum + path.split("/").length, 0) <= MOST_POINTER_TOKENS,
    `must not have more than ${MOST_POINTER_TOKENS} steps in its paths together`,
  )
  .describe("RFC 6902, applied to each event as it was sent; must not touch eventId or the field that userId came from");
export type Patch = z.infer<typeof patchSchema>;

const rate = whole(1, 100_000).describe("Most a second; REPLAY_RATE_PER_SECOND when absent");

export const retryRequestSchema = letterSelectorSchema.extend({ patch: patchSchema.optional(), ratePerSecond: rate.optional() });
export type RetryRequest = z.infer<typeof retryRequestSchema>;

export const replaySources = ["DLQ", "STORED"] as const;
export const replayModes = ["reprocess", "dry-run"] as const;
export type ReplaySource = (typeof replaySources)[number];
export type ReplayMode = (typeof replayModes)[number];

export const replayRequestSchema = letterSelectorSchema.omit({ status: true }).extend({
  status: z
    .enum(replaySources)
    .describe("DLQ: dead letters that are open. STORED: events that are stored (from and to are then of occurredAt)"),
  mode: z.enum(replayModes).default("reprocess"),
  ratePerSecond: rate.optional(),
  patch: patchSchema.optional(),
});
export type ReplayRequest = z.infer<typeof replayRequestSchema>;

export const replayAcceptedSchema = z.object({
  replayId: z.string(),
  selected: count.describe("How many matched; what dies later is not taken"),
});

export const replayStatuses = jobStatuses;
export type ReplayStatus = JobStatus;

export const replayOutcomes = ["stored", "already-stored", "superseded", "failed", "skipped", "updated", "unchanged"] as const;
export type ReplayOutcomeName = (typeof replayOutcomes)[number];

const replayDiffSchema = z.object({
  letterId: z.string(),
  eventId: z.string(),
  before: z.string().describe("JSON text as it was sent; cut off after 8,192 characters"),
  after: z.string().describe("JSON text with the patch applied; the same as before without a patch"),
  would: z.enum(["stored", "failed", "superseded", "already-stored", "skipped"]),
  code: z.string().optional(),
  message: z.string().optional(),
});
const replayFailureSchema = z.object({
  id: z.string().describe("Of the dead letter, or of the stored event"),
  eventId: z.string(),
  code: z.string(),
  message: z.string(),
});
export const replayReportSchema = z.object({
  diffs: z.array(replayDiffSchema).optional().describe("The first 20, of a dry run over dead letters"),
  failures: z.array(replayFailureSchema).optional().describe("The first 20"),
  codes: z.record(z.string(), z.number()).optional().describe("How many failed, by code"),
});
export type ReplayReport = z.infer<typeof replayReportSchema>;
export type ReplayDiff = z.infer<typeof replayDiffSchema>;
export type ReplayFailure = z.infer<typeof replayFailureSchema>;

export const replayViewSchema = z.object({
  id: z.string(),
  tenantId: z.string(),
  source: z.enum(replaySources),
  mode: z.enum(replayModes),
  status: z.enum(replayStatuses),
  message: z.string().nullable().describe("Why it stopped or failed and what to do, or what else is worth knowing"),
  selector: z.record(z.string(), z.unknown()),
  patch: z.array(z.unknown()).nullable(),
  ratePerSecond: count,
  limit: count.nullable(),
  selected: count,
  processed: count,
  outcomes: z.partialRecord(z.enum(replayOutcomes), count),
  report: replayReportSchema,
  createdBy: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  updatedAt: time,
});
export type ReplayView = z.infer<typeof replayViewSchema>;
export const replayPageSchema = z.object({ items: z.array(replayViewSchema), nextCursor: z.string().nullable() });

/** Codes of what failed in a replay without being tried; the others are reason codes. */
export const replayFailureCodes = [...reasonCodes, "PATCH_FAILED"] as const;

export const replayListQuerySchema = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  status: z.enum(replayStatuses).optional(),
  limit: wholeInQuery(1, 200).default(50),
  cursor: cursor.optional(),
});
