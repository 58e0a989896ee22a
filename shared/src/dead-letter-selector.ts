import { z } from "zod";
import { letterStatuses, reasonCodes, tenantIdSchema } from "./api.js";

/** Which dead letters are meant: the same words to list, discard, retry and replay them. Conditions that are given all hold. */

const reasonCode = z.enum(reasonCodes);
const instant = z.iso.datetime({ offset: true }).describe("RFC 3339, with a zone");

/** One reason, or several of which any will do. */
export const reasonCodesSchema = z.union([reasonCode, z.array(reasonCode).min(1).max(reasonCodes.length)]);

/** Shorter than this, a search would match nearly every body. */
export const MIN_SEARCH_LENGTH = 3;
export const searchTextSchema = z
  .string()
  .min(MIN_SEARCH_LENGTH)
  .max(200)
  .describe("Text that the item as it was sent contains, in upper or lower case");

/** Most ids in one request. */
export const MOST_LETTER_IDS = 10_000;

export const letterSelectorSchema = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  ids: z
    .array(z.string().regex(/^[0-9a-f]{48}$/i, "is not the id of a dead letter"))
    .min(1)
    .max(MOST_LETTER_IDS)
    .optional(),
  reasonCode: reasonCodesSchema.optional(),
  fingerprint: z.string().min(1).max(64).optional().describe("One cause, as listed by /v1/admin/dlq/reasons"),
  type: z.string().min(1).max(400).optional(),
  source: z.string().min(1).max(400).optional(),
  status: z.enum(letterStatuses).optional(),
  from: instant.optional().describe("Died last at or after"),
  to: instant.optional().describe("Died last before"),
  q: searchTextSchema.optional(),
  all: z.literal(true).optional().describe("Needed when nothing but the tenant is named"),
  limit: z.number().int().min(1).optional().describe("At most so many"),
});
export type LetterSelector = z.infer<typeof letterSelectorSchema>;
