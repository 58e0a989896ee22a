import { auditPageSchema, cursor, exactText, tenantIdSchema, timeInQuery } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { AUDIT_ID_BYTES, readAudit } from "../../accounts/audit.js";
import type { Database } from "../../accounts/database.js";
import { type Auth, resolveTenant } from "../auth.js";
import type { FairReads } from "../fair-reads.js";
import { limitParam, positionOf } from "../reads.js";

const name = exactText(400);
const query = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  action: name.optional().describe("Like key.revoke or dead-letters.discard"),
  actor: name.optional().describe("Id or name of who did it"),
  targetId: name.optional(),
  from: timeInQuery.optional(),
  to: timeInQuery.optional(),
  limit: limitParam(500, 50),
  cursor: cursor.optional(),
});

/** What administrators did: `GET /v1/admin/audit`. A key with the scope `admin` sees its own tenant only. */
export function auditRoutes({ auth, db, reads }: { auth: Auth; db: Database; reads: FairReads }): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/admin/audit",
      {
        onRequest: [auth.authenticate, auth.requireRole("admin")],
        schema: {
          tags: ["audit"],
          summary: "What was done, by whom and when, the latest first",
          querystring: query,
          response: { 200: auditPageSchema },
        },
      },
      (request, reply) => {
        const { tenantId, limit, cursor, ...conditions } = request.query;
        const filter = { ...conditions, tenantId: resolveTenant(request, tenantId) };
        const position = positionOf(cursor, AUDIT_ID_BYTES);
        return reads.page(request, reply, () => readAudit(db, filter, limit, position));
      },
    );
  };
}
