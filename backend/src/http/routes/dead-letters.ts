import { Buffer } from "node:buffer";
import {
  anyText,
  cursor,
  type DeadLetter,
  deadLetterDetailSchema,
  deadLetterPageSchema,
  type EventFormat,
  exactText,
  letterCountsSchema,
  letterStatuses,
  reasonCodesSchema,
  reasonsSchema,
  searchTextSchema,
  tenantIdSchema,
  timeInQuery,
} from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { LetterGroup } from "../../dead-letters/groups.js";
import type { LetterQueries } from "../../dead-letters/queries.js";
import { readText } from "../../ingest/decode/read-text.js";
import type { DeadLetterDocument } from "../../store/documents.js";
import { type Auth, resolveTenant } from "../auth.js";
import type { FairReads } from "../fair-reads.js";
import { problem } from "../problems.js";
import { limitParam, positionOf, whileAsked } from "../reads.js";

const ID_BYTES = 24;

const listQuery = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  reasonCode: reasonCodesSchema.optional().describe("One, or several: reasonCode=A&reasonCode=B"),
  fingerprint: exactText(64).optional().describe("One cause, as listed by /v1/admin/dlq/reasons"),
  type: exactText().optional(),
  source: exactText().optional(),
  status: z.enum(letterStatuses).optional(),
  from: timeInQuery.optional().describe("Died last at or after"),
  to: timeInQuery.optional().describe("Died last before"),
  q: searchTextSchema.optional(),
  limit: limitParam(500, 50),
  cursor: cursor.optional(),
});
const reasonsQuery = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  status: z.enum(letterStatuses).default("open"),
  limit: limitParam(500, 50).describe("Most items"),
});

/** Dead letters, to read: `GET /v1/admin/dlq`, `/v1/admin/dlq/{id}`, `/v1/admin/dlq/reasons`, `/v1/admin/dlq/counts`. */
export function deadLetterRoutes({
  auth,
  letters,
  reads,
}: {
  auth: Auth;
  letters: LetterQueries;
  reads: FairReads;
}): FastifyPluginAsyncZod {
  const onRequest = [auth.authenticate, auth.requireScope("dead-letters:read")];
  const tags = ["dead letters"];

  return async (app) => {
    app.get(
      "/v1/admin/dlq",
      {
        onRequest,
        schema: {
          tags,
          summary: "Dead letters, those that died last first",
          querystring: listQuery,
          response: { 200: deadLetterPageSchema },
        },
      },
      (request, reply) => {
        const { tenantId, limit, cursor, ...conditions } = request.query;
        const filter = { ...conditions, tenantId: resolveTenant(request, tenantId) };
        const position = positionOf(cursor, ID_BYTES);
        // Text is looked for in every body.
        return reads[conditions.q === undefined ? "page" : "search"](request, reply, (signal) =>
          letters.list(filter, limit, position, letterView, signal),
        );
      },
    );

    app.get(
      "/v1/admin/dlq/reasons",
      {
        onRequest,
        schema: {
          tags,
          summary: "Dead letters of one state by cause, the most frequent first",
          querystring: reasonsQuery,
          response: { 200: reasonsSchema },
        },
      },
      async (request, reply) => {
        const { tenantId, status, limit } = request.query;
        const signal = whileAsked(request, reply);
        const { items, others, atMs } = await letters.reasons(resolveTenant(request, tenantId), status, limit, signal);
        return { items: items.map(groupView), others, asOf: new Date(atMs).toISOString() };
      },
    );

    app.get(
      "/v1/admin/dlq/counts",
      {
        onRequest,
        schema: {
          tags,
          summary: "How many dead letters there are, by state, and the open ones by reason",
          querystring: z.strictObject({ tenantId: tenantIdSchema.optional() }),
          response: { 200: letterCountsSchema },
        },
      },
      async (request, reply) => {
        const tenantId = resolveTenant(request, request.query.tenantId);
        const { atMs, byStatus, byReason } = await letters.summary(tenantId, whileAsked(request, reply));
        const total = Object.values(byStatus).reduce((sum, count) => sum + count, 0);
        return { asOf: new Date(atMs).toISOString(), total, byStatus, byReason };
      },
    );

    app.get(
      "/v1/admin/dlq/:id",
      {
        onRequest,
        schema: {
          tags,
          summary: "One dead letter: the item as it was sent, and every attempt",
          params: z.object({ id: anyText }),
          querystring: z.strictObject({ tenantId: tenantIdSchema.optional() }),
          response: { 200: deadLetterDetailSchema },
        },
      },
      async (request) => {
        const { id } = request.params;
        const tenantId = resolveTenant(request, request.query.tenantId);
        const letter = /^[0-9a-f]{48}$/i.test(id) ? await letters.byId(tenantId, Buffer.from(id, "hex")) : null;
        if (!letter) throw problem("dead-letter-not-found", "There is no such dead letter.");
        return {
          ...letterView(letter),
          raw: letter.raw,
          format: letter.format,
          json: letter.format && jsonOf(letter.format, letter.raw),
          origin: letter.origin,
          traceparent: letter.context?.traceparent || undefined,
          failures: letter.failures,
          replay: letter.replay && { ...letter.replay, at: letter.replay.at.toISOString() },
          discardReason: letter.status === "discarded" ? letter.discardReason : undefined,
          history: letter.history.map(historyView),
          attemptsMade: await attemptsOf(letters, letter),
        };
      },
    );
  };
}

/** undefined when it says nothing that could be read. */
function jsonOf(format: EventFormat, raw: string): string | undefined {
  try {
    return readText(format, raw).json;
  } catch {
    return undefined;
  }
}

function letterView(letter: DeadLetterDocument): DeadLetter {
  const { tenantId, eventId, eventType, userId, source, status, reasonCode, message, fingerprint, attempts, correlationId } = letter;
  return {
    id: letter._id.toString("hex"),
    tenantId,
    eventId,
    eventType,
    userId,
    source,
    status,
    reasonCode,
    message,
    fingerprint,
    attempts,
    receivedAt: letter.receivedAt.toISOString(),
    failedAt: letter.failedAt.toISOString(),
    lastFailedAt: letter.lastFailedAt.toISOString(),
    correlationId,
  };
}

function groupView({ firstSeen, lastSeen, sampleId, ...group }: LetterGroup) {
  return {
    ...group,
    firstSeen: firstSeen.toISOString(),
    lastSeen: lastSeen.toISOString(),
    sampleId: sampleId.toString("hex"),
  };
}

function historyView({ at, who, what }: DeadLetterDocument["history"][number]) {
  return { at: at.toISOString(), who, what };
}

/** Attempts of all acceptances of this identity: an earlier one may tell why. */
async function attemptsOf(letters: LetterQueries, letter: DeadLetterDocument) {
  const made = await letters.attempts(letter.eventDocId.buffer);
  return made.map(({ attempt, status, reason_code, error_message, duration_ms, worker, at }) => ({
    attempt,
    status,
    reasonCode: reason_code,
    errorMessage: error_message,
    durationMs: duration_ms,
    worker,
    at: at.toISOString(),
  }));
}
