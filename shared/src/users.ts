import { z } from "zod";
import { roleSchema, scopeSchema } from "./api.js";
import { countShown, email, secretText, timeShown as time } from "./vocabulary.js";

/** People who operate StreamForge, who is asking, and sessions. Times are RFC 3339 UTC. */

export const passwordSchema = secretText(12).meta({ examples: ["violet-otter-sails-7-fjords"] });

export const userViewSchema = z.object({
  id: z.string(),
  email: z.string(),
  role: roleSchema,
  disabledAt: time.nullable(),
  createdAt: time,
  updatedAt: time,
});
export type UserView = z.infer<typeof userViewSchema>;
export const userListSchema = z.object({ items: z.array(userViewSchema).describe("By e-mail"), nextCursor: z.string().nullable() });

export const createUserSchema = z.strictObject({
  email,
  role: roleSchema,
  password: passwordSchema.optional().describe("Unset, one is generated and shown this once"),
});
export const createdUserSchema = userViewSchema.extend({
  password: z.string().optional().describe("When it was generated; shown this once"),
});
export const updateUserSchema = z
  .strictObject({ role: roleSchema.optional(), disabled: z.boolean().optional() })
  .refine(({ role, disabled }) => role !== undefined || disabled !== undefined, "must name role or disabled");
export const resetPasswordSchema = z.strictObject({
  password: passwordSchema.optional().describe("Unset, one is generated and shown this once"),
});
export const passwordResetSchema = z.object({ password: z.string().optional().describe("When it was generated; shown this once") });

export const changePasswordSchema = z.strictObject({ current: secretText(), next: passwordSchema });

export const meSchema = z.object({
  kind: z.enum(["user", "key", "admin-token"]),
  id: z.string(),
  name: z.string().describe("E-mail of a person, name of a key"),
  role: roleSchema.nullable().describe("null for keys, which have scopes"),
  tenantId: z.string().nullable().describe("The tenant of a key; null may choose"),
  scopes: z.array(scopeSchema),
  may: z
    .array(z.string())
    .describe("Operations that would not be refused with 403 for want of a role or scope, e.g. `POST /v1/admin/keys/{id}/rotate`"),
});
export type Me = z.infer<typeof meSchema>;

export const tenantNameSchema = z.object({ tenantId: z.string(), name: z.string() });
export type TenantName = z.infer<typeof tenantNameSchema>;
export const tenantNamesSchema = z.object({
  items: z.array(tenantNameSchema).describe("By id"),
  nextCursor: z.string().nullable(),
});

export const sessionViewSchema = z.object({
  id: z.string().describe("Names the session; it is not what is in the cookie"),
  current: z.boolean().describe("The session that asks"),
  createdAt: time,
  lastSeenAt: time.describe("To within half a minute"),
  idleEndsAt: time.describe("When it ends unless it is used before"),
  expiresAt: time.describe("When it ends in any case"),
  userAgent: z.string(),
  address: z.string(),
});
export type SessionView = z.infer<typeof sessionViewSchema>;
export const sessionListSchema = z.object({ items: z.array(sessionViewSchema).describe("The newest first") });
export const sessionsEndedSchema = z.object({ ended: countShown });
