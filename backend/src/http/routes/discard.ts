import { discardedSchema, discardRequestSchema } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Database } from "../../accounts/database.js";
import { discardLetters } from "../../dead-letters/discard.js";
import type { LetterQueries } from "../../dead-letters/queries.js";
import { auditable, needsAll } from "../../dead-letters/selector.js";
import type { Store } from "../../store/mongo.js";
import { audited } from "../audited.js";
import { type Auth, actorOf, requireTenant } from "../auth.js";
import type { FairReads } from "../fair-reads.js";
import { problem } from "../problems.js";
import { whileAsked } from "../reads.js";

export interface DiscardRoutesDeps {
  reads: Pick<FairReads, "search">;
  auth: Auth;
  db: Database;
  store: Pick<Store, "deadLetters">;
  letters: Pick<LetterQueries, "changed">;
}

/** `POST /v1/admin/dlq/discard`: an operator decides that these letters need nothing more. */
export function discardRoutes({ auth, db, store, letters, reads }: DiscardRoutesDeps): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      "/v1/admin/dlq/discard",
      {
        onRequest: [auth.authenticate, auth.requireScope("dead-letters:write")],
        schema: {
          tags: ["dead letters"],
          summary: "Discard open dead letters, with a reason; when `more` is true, send it again",
          body: discardRequestSchema,
          response: { 200: discardedSchema },
        },
      },
      async (request, reply) => {
        const { tenantId: named, ...order } = request.body;
        const tenantId = requireTenant(request, named);
        if (needsAll({ ...order, status: undefined }))
          throw problem("invalid-request", 'This would discard every open letter of the tenant. Name which, or send "all": true.', {
            errors: [{ pointer: "/all", detail: "must be true when nothing but the tenant is named" }],
          });
        const actor = actorOf(request);
        const entry = {
          action: "dead-letters.discard",
          targetId: tenantId,
          tenantId,
          before: { status: "open" },
          after: auditable(order),
        } as const;
        const discard = (signal: AbortSignal) =>
          audited(
            db,
            actor,
            entry,
            () => discardLetters(store, tenantId, order, actor, { signal }),
            (outcome) => ({ ...outcome }),
          );
        try {
          return await (order.q === undefined ? discard(whileAsked(request, reply)) : reads.search(request, reply, discard));
        } finally {
          letters.changed();
        }
      },
    );
  };
}
