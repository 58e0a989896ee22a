import { z } from "zod";
import { countShown as count, exactText, tenantIdSchema, whole } from "./vocabulary.js";

/** How long a tenant's events and dead letters are kept. */

const MOST_DAYS = 36_500;
const MOST_TYPES = 1_000;

const days = (what: string) => whole(0, MOST_DAYS).describe(`${what}; 0 keeps them for ever`);

export const retentionSchema = z
  .strictObject({
    days: days("Days that events are kept after they were received").optional(),
    types: z
      .record(exactText(), whole(0, MOST_DAYS))
      .refine((types) => Object.keys(types).length <= MOST_TYPES, `must not name more than ${MOST_TYPES} types`)
      .describe("Days by event type, for types that are kept for another time; 0 keeps them for ever")
      .optional(),
    deadLetterDays: days("Days that dead letters are kept after they last failed").optional(),
  })
  .describe("What is not named is as RETENTION_DAYS and DEAD_LETTER_RETENTION_DAYS say");
export type Retention = z.infer<typeof retentionSchema>;

/** What counts for a tenant: its own, else the settings'. */
export const keptSchema = z.object({ days: count, deadLetterDays: count }).describe("What counts now, in days; 0: for ever");
export type Kept = z.infer<typeof keptSchema>;

export const retentionRunSchema = z.strictObject({
  tenantId: tenantIdSchema.optional().describe("Only of this tenant; absent: of all"),
  dryRun: z.boolean().default(false).describe("Counts what would go, by tenant and type, and removes nothing"),
});

/** `report` of a job of the kind retention. */
export const retentionReportSchema = z.object({
  tenants: z
    .array(
      z.object({
        tenantId: z.string(),
        events: count,
        deadLetters: count,
        types: z.record(z.string(), count).describe("Events by type; the 50 largest"),
      }),
    )
    .describe("The 200 tenants of which most went, or would go"),
  moreTenants: count.describe("Tenants that are not listed"),
  notExported: z.array(z.string()).optional().describe("Tenants whose events stay because no export has them (RETENTION_AFTER_EXPORT)"),
});
export type RetentionReport = z.infer<typeof retentionReportSchema>;
