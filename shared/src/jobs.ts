import { z } from "zod";
import { countShown as count, cursor, tenantIdSchema, timeShown as time, wholeInQuery } from "./vocabulary.js";

/** Work that outlives a request: what all kinds of it say of themselves. */

/** Each kind stands once in `jobs/kinds.ts`'s table of a worker. A worker leaves kinds alone that it does not know. */
export const jobKinds = ["replay", "export", "retention", "erasure"] as const;
export type JobKindName = (typeof jobKinds)[number];

export const jobStatuses = ["pending", "running", "paused", "stopped", "cancelled", "completed", "failed"] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const jobCommands = ["pause", "resume", "cancel"] as const;
export type JobCommand = (typeof jobCommands)[number];

/** The commands that each status allows; the dashboard offers these, the server refuses the others with 409. */
export const JOB_COMMANDS: Record<JobCommand, { from: readonly JobStatus[]; to: JobStatus }> = {
  pause: { from: ["pending", "running"], to: "paused" },
  // `failed` too: what made it fail may be repaired by now.
  resume: { from: ["paused", "stopped", "failed"], to: "pending" },
  cancel: { from: ["pending", "running", "paused", "stopped", "failed"], to: "cancelled" },
};

/** The scope that pausing, resuming and cancelling a job of a kind needs: that of making one. */
export const JOB_SCOPES = {
  replay: "dead-letters:write",
  export: "admin",
  retention: "admin",
  erasure: "admin",
} as const satisfies Record<JobKindName, string>;

export const jobViewSchema = z.object({
  id: z.string(),
  kind: z.enum(jobKinds),
  tenantId: z.string().nullable().describe("null: all tenants"),
  status: z.enum(jobStatuses),
  message: z.string().nullable().describe("Why it stopped or failed and what to do, or what else is worth knowing"),
  spec: z.record(z.string(), z.unknown()).describe("What was asked for, in the words of its kind"),
  progress: z.object({
    processed: count,
    selected: count.nullable().describe("How many there were when it was made; null: not known beforehand"),
    ratePerSecond: count.nullable().describe("Most a second; null: only live traffic slows it"),
  }),
  outcome: z.record(z.string(), count).describe("How many of each"),
  report: z.record(z.string(), z.unknown()).describe("What else it found, in the words of its kind"),
  createdBy: z.object({ kind: z.string(), id: z.string(), name: z.string() }),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  updatedAt: time,
});
export type JobView = z.infer<typeof jobViewSchema>;
export const jobPageSchema = z.object({ items: z.array(jobViewSchema), nextCursor: z.string().nullable() });
export type JobPage = z.infer<typeof jobPageSchema>;

/** The answer to a request that made a job. */
export const jobAcceptedSchema = z.object({ jobId: z.string() });

export const jobListQuerySchema = z.strictObject({
  kind: z.enum(jobKinds).optional(),
  tenantId: tenantIdSchema.optional(),
  status: z.enum(jobStatuses).optional(),
  limit: wholeInQuery(1, 200).default(50),
  cursor: cursor.optional(),
});
