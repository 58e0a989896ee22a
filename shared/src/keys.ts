import { z } from "zod";
import { keyViewSchema } from "./api.js";
import { timeShown as time } from "./vocabulary.js";

/** API keys as they are listed: with their state, and how far a rotation is. */

export const keyStates = ["active", "replaced", "expired", "revoked"] as const;
export const keyStateSchema = z.enum(keyStates).describe("replaced: a successor exists, and this one works until expiresAt");
export type KeyState = z.infer<typeof keyStateSchema>;

export const listedKeySchema = keyViewSchema.extend({
  state: keyStateSchema,
  replacesId: z.string().nullable().describe("The key that this one took over from"),
  replacedById: z.string().nullable(),
  rotation: z
    .object({
      rotatedAt: time,
      overlapEndsAt: time.nullable().describe("When this key stops working"),
      successorLastUsedAt: time.nullable(),
      stillUsed: z.boolean().describe("Used since its successor exists: some producer has not changed over yet"),
    })
    .nullable()
    .describe("Of a key that has a successor. Times of use are true to about a minute"),
});
export type ListedKey = z.infer<typeof listedKeySchema>;
export const keyPageSchema = z.object({ items: z.array(listedKeySchema).describe("Newest first"), nextCursor: z.string().nullable() });
