import { z } from "zod";
import { timeShown } from "./vocabulary.js";

/** What administrators did: `GET /v1/admin/audit`. */

export const auditItemSchema = z.object({
  id: z.string(),
  at: timeShown,
  actor: z.object({ kind: z.string().describe("user, key, admin-token or system"), id: z.string(), name: z.string() }),
  action: z.string().describe("<what>.<verb>, like key.revoke"),
  targetId: z.string(),
  tenantId: z.string().nullable(),
  before: z.unknown().nullable(),
  after: z.unknown().nullable(),
  correlationId: z.string().nullable(),
});
export type AuditItem = z.infer<typeof auditItemSchema>;
export const auditPageSchema = z.object({ items: z.array(auditItemSchema), nextCursor: z.string().nullable() });
