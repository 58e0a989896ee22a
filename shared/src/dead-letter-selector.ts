import { z } from "zod";
import { letterStatuses, reasonCodes } from "./api.js";
import { exactText, letterId, searchText, tenantIdSchema, timeInBody, whole } from "./vocabulary.js";

/** Which dead letters are meant: the same words to list, discard, retry and replay them. Conditions that are given all hold. */

const reasonCode = z.enum(reasonCodes);

/** One reason, or several of which any will do. */
export const reasonCodesSchema = z.union([reasonCode, z.array(reasonCode).min(1).max(reasonCodes.length)]);

/** Shorter than this, a search would match nearly every body. */
export const MIN_SEARCH_LENGTH = 3;
export const searchTextSchema = searchText(200, MIN_SEARCH_LENGTH).describe(
  "Text that the item as it was sent contains, in upper or lower case",
);

/** Most ids in one request. */
export const MOST_LETTER_IDS = 10_000;

export const letterSelectorSchema = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  ids: z.array(letterId).min(1).max(MOST_LETTER_IDS).optional(),
  reasonCode: reasonCodesSchema.optional(),
  fingerprint: exactText(64).optional().describe("One cause, as listed by /v1/admin/dlq/reasons"),
  type: exactText().optional(),
  source: exactText().optional(),
  status: z.enum(letterStatuses).optional(),
  from: timeInBody.optional().describe("Died last at or after"),
  to: timeInBody.optional().describe("Died last before"),
  q: searchTextSchema.optional(),
  all: z.literal(true).optional().describe("Needed when nothing but the tenant is named"),
  limit: whole(1).optional().describe("Most letters that are taken"),
});
export type LetterSelector = z.infer<typeof letterSelectorSchema>;
