import { retriesSchema, tenantIdSchema } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { LetterQueries } from "../../dead-letters/queries.js";
import { uuidText } from "../../ingest/identify.js";
import type { AttemptDocument } from "../../store/documents.js";
import type { Retries } from "../../stream/retries.js";
import { type Auth, resolveTenant } from "../auth.js";
import { limitParam, whileAsked } from "../reads.js";

/** Events that failed and wait for their next attempt: `GET /v1/admin/retries`. */
export function retryRoutes(deps: { auth: Auth; retries: Retries; letters: Pick<LetterQueries, "lastAttempts"> }): FastifyPluginAsyncZod {
  const { auth, retries, letters } = deps;
  return async (app) => {
    app.get(
      "/v1/admin/retries",
      {
        onRequest: [auth.authenticate, auth.requireScope("dead-letters:read")],
        schema: {
          tags: ["dead letters"],
          summary: "Events that wait for their next attempt, those that are due next first",
          querystring: z.strictObject({ tenantId: tenantIdSchema.optional(), limit: limitParam(500, 100).describe("Most items") }),
          response: { 200: retriesSchema },
        },
      },
      async (request, reply) => {
        const signal = whileAsked(request, reply);
        const { tenantId, limit } = request.query;
        const { items, nextDueAtMs, oldestReceivedAtMs, ...rest } = await retries.waiting(resolveTenant(request, tenantId), limit);
        const attempts = await letters.lastAttempts(
          items.map(({ record }) => record.id),
          signal,
        );
        return {
          ...rest,
          nextDueAt: timeOf(nextDueAtMs),
          oldestReceivedAt: timeOf(oldestReceivedAtMs),
          items: items.map(({ record, dueAtMs }) => {
            const last: AttemptDocument | undefined = attempts.get(`${record.id.toString("hex")}${record.receipt.toString("hex")}`);
            return {
              eventId: record.eventId,
              id: uuidText(record.id),
              tenantId: record.context.tenantId,
              attempt: record.attempt,
              dueAt: timeOf(dueAtMs) as string,
              receivedAt: timeOf(record.receivedAtMs) as string,
              message: last?.error_message ?? null,
              reasonCode: last?.reason_code ?? null,
            };
          }),
        };
      },
    );
  };
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
