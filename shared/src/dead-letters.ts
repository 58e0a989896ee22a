import { z } from "zod";
import type { ReasonCode } from "./api.js";
import { letterStatuses, reasonCodes } from "./api.js";
import { letterSelectorSchema } from "./dead-letter-selector.js";
import { countShown as count, proseText } from "./vocabulary.js";

/** Dead letters beyond the list: counts and discarding. */

export const letterCountsSchema = z.object({
  asOf: z.string().describe("RFC 3339, UTC; with hundreds of thousands of letters some seconds ago"),
  total: count,
  byStatus: z.object(
    Object.fromEntries(letterStatuses.map((status) => [status, count])) as Record<(typeof letterStatuses)[number], typeof count>,
  ),
  byReason: z
    .object(Object.fromEntries(reasonCodes.map((code) => [code, count])) as Record<ReasonCode, typeof count>)
    .describe("Open ones"),
});
export type LetterCounts = z.infer<typeof letterCountsSchema>;

export const discardRequestSchema = letterSelectorSchema.omit({ status: true }).extend({
  status: z.literal("open").optional().describe("Only open letters can be discarded"),
  reason: proseText(500, 3).describe("Why; kept with each letter and in the audit log"),
});
export type DiscardRequest = z.infer<typeof discardRequestSchema>;

export const discardedSchema = z.object({
  discarded: count,
  more: z.boolean().describe("Time was up and there are more: send the same request again"),
});
export type Discarded = z.infer<typeof discardedSchema>;
