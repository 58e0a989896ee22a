import { type Ledger as LedgerAnswer, ledgerSchema, tenantIdSchema, timeInQuery } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { LetterQueries } from "../../dead-letters/queries.js";
import type { Ledger } from "../../ledger/ledger.js";
import { type Auth, principalOf, resolveTenant } from "../auth.js";
import { limitParam, whileAsked } from "../reads.js";

export interface LedgerRoutesDeps {
  auth: Auth;
  ledger: Pick<Ledger, "read">;
  letters: Pick<LetterQueries, "counts">;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const query = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  from: timeInQuery.optional().describe("Its minute is the first; an hour ago by default"),
  to: timeInQuery.optional().describe("Exclusive; now by default"),
  only: z
    .literal("missing")
    .optional()
    .describe("missing: items are minutes with something missing; total covers the whole range all the same"),
  limit: limitParam(5_000, 1_000).describe("Most items; total covers the whole range all the same"),
});

/** `GET /v1/admin/ledger`: what was accepted each minute, and what became of it. A key with the scope `admin` sees its own tenant. */
export function ledgerRoutes({ auth, ledger, letters }: LedgerRoutesDeps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/admin/ledger",
      {
        onRequest: [auth.authenticate, auth.requireRole("viewer")],
        schema: {
          tags: ["operation"],
          summary: "Per minute of acceptance: what became of it",
          querystring: query,
          response: { 200: ledgerSchema },
        },
      },
      async (request, reply): Promise<LedgerAnswer> => {
        const signal = whileAsked(request, reply);
        const { from, to, only, limit } = request.query;
        const tenantId = resolveTenant(request, request.query.tenantId);
        const fromMs = from?.getTime() ?? Date.now() - HOUR_MS;
        const range = { tenantId, fromMs, ...(to === undefined ? {} : { toMs: to.getTime() }), onlyMissing: only === "missing" };
        const [{ items, truncated, total, missingSinceMs, unaccounted }, deadNow] = await Promise.all([
          ledger.read(range, limit, signal),
          letters.counts(tenantId, signal),
        ]);
        return {
          items: items.map((row) => ({ ...row, minute: new Date(row.minute * MINUTE_MS).toISOString() })),
          truncated,
          total,
          missingSince: missingSinceMs === null ? null : new Date(missingSinceMs).toISOString(),
          // The totals are not kept by tenant, so this number is all tenants': nothing for a tenant's key.
          unaccounted: principalOf(request).tenantId === null ? unaccounted : null,
          deadNow,
        };
      },
    );
  };
}
