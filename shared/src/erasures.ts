import { z } from "zod";
import { jobViewSchema } from "./jobs.js";
import { countShown, exactText, proseText, tenantIdSchema } from "./vocabulary.js";

/** Erasures of one user's events: what can be asked for. Their progress is that of any job. */

/** As events name it: 7 and "7" are one user. */
const userId = z
  .preprocess((sent) => (typeof sent === "number" && Number.isSafeInteger(sent) ? String(sent) : sent), exactText())
  .describe("As events are stored under it: where an event names no user, that is its partitionKey, else its subject, else its eventId");
const reason = proseText(500, 3).describe("Kept in the audit log; it must not name the user");

export const erasureRequestSchema = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  userId,
  reason,
  block: z.boolean().default(false).describe("Refuse events of this user from now on, with 422 `user-blocked`"),
});
export type ErasureRequest = z.input<typeof erasureRequestSchema>;

export const erasureSearchSchema = z.strictObject({ tenantId: tenantIdSchema.optional(), userId });
export const erasureUnblockSchema = z.strictObject({ tenantId: tenantIdSchema.optional(), userId, reason });

export const erasuresOfUserSchema = z.object({
  user: z.string().describe("The digest by which jobs and the audit log name this user"),
  blocked: z.boolean(),
  items: z.array(jobViewSchema).describe("Its erasures, newest first; at most 100"),
});
export type ErasuresOfUser = z.infer<typeof erasuresOfUserSchema>;

export const unblockedSchema = z.object({ unblocked: countShown.describe("How many erasures had blocked the user; 0: none") });
