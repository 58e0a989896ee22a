import {
  changeEventTypeSchema,
  checkEventTypeSchema,
  cursor,
  eventTypeDetailSchema,
  eventTypeListSchema,
  eventTypeNameSchema,
  MOST_VERSION,
  registerEventTypeSchema,
  registeredEventTypeSchema,
  retiredEventTypeSchema,
  tenantIdSchema,
  wholeInQuery,
} from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type EventTypeService, type NewType, type Refused, TypeLimitError } from "../../event-types/service.js";
import { decodePlace } from "../../event-types/views.js";
import { memberText } from "../../lib/json-text.js";
import { NoTurnError } from "../../lib/turns.js";
import { type Auth, actorOf, requireTenant, resolveTenant } from "../auth.js";
import type { FairReads } from "../fair-reads.js";
import { type ProblemError, problem } from "../problems.js";
import { limitParam, notACursor, whileAsked } from "../reads.js";

const params = z.object({ type: eventTypeNameSchema });
const querystring = z.strictObject({ tenantId: tenantIdSchema.optional() });
const listQuery = querystring.extend({ limit: limitParam(500, 100), cursor: cursor.optional() });
const NO_ROOM = "the version exists, or the tenant has as many types, versions or bytes of schemas as it may have";
const noSuchType = () => problem("not-found", "This tenant has no such event type, or not this version of it.");

interface EventTypeRoutesDeps {
  auth: Auth;
  eventTypes: EventTypeService;
  reads: Pick<FairReads, "page">;
}

/** Event types and their schemas: `/v1/admin/event-types`. Anyone who may look at events may look at their types; admins change them. */
export function eventTypeRoutes({ auth, eventTypes, reads }: EventTypeRoutesDeps): FastifyPluginAsyncZod {
  const mayRead = [auth.authenticate, auth.requireRole("viewer")];
  const mayChange = [auth.authenticate, auth.requireRole("admin")];
  const tags = ["event types"];

  return async (app) => {
    await app.register(registering);

    app.get(
      "/v1/admin/event-types",
      {
        onRequest: mayRead,
        schema: { tags, summary: "Event types by name", querystring: listQuery, response: { 200: eventTypeListSchema } },
      },
      async (request, reply) => {
        const { tenantId, limit, cursor } = request.query;
        const after = cursor === undefined ? undefined : decodePlace(cursor);
        if (cursor !== undefined && !after) throw notACursor();
        return reads.page(request, reply, () => eventTypes.list(resolveTenant(request, tenantId), limit, after));
      },
    );

    app.get(
      "/v1/admin/event-types/:type",
      {
        onRequest: mayRead,
        schema: { tags, summary: "One event type with all versions", params, querystring, response: { 200: eventTypeDetailSchema } },
      },
      async (request) => {
        const found = await eventTypes.get(requireTenant(request, request.query.tenantId), request.params.type);
        if (!found) throw noSuchType();
        return found;
      },
    );

    app.patch(
      "/v1/admin/event-types/:type",
      {
        onRequest: mayChange,
        schema: {
          tags,
          summary: "Make another version count, or change the description",
          "x-conflict": "the schemas that count would have more bytes than the tenant may have",
          params,
          querystring,
          body: changeEventTypeSchema,
          response: { 200: eventTypeDetailSchema },
        },
      },
      async (request) => {
        const tenantId = requireTenant(request, request.query.tenantId);
        const changed = await eventTypes.change(actorOf(request), tenantId, request.params.type, request.body).catch(sayLimit);
        if (!changed) throw noSuchType();
        return changed;
      },
    );

    app.delete(
      "/v1/admin/event-types/:type",
      {
        onRequest: mayChange,
        schema: {
          tags,
          summary: "Retire a version, or all: events of a type without versions are of an unknown type",
          params,
          querystring: querystring.extend({ version: wholeInQuery(1, MOST_VERSION).optional() }),
          response: { 200: retiredEventTypeSchema },
        },
      },
      async (request) => {
        const tenantId = requireTenant(request, request.query.tenantId);
        const retired = await eventTypes.retire(actorOf(request), tenantId, request.params.type, request.query.version);
        if (!retired) throw noSuchType();
        return retired;
      },
    );
  };

  /** These also read stored events, and say so when those cannot be read. */
  async function registering(app: Parameters<FastifyPluginAsyncZod>[0]): Promise<void> {
    app.post(
      "/v1/admin/event-types",
      {
        onRequest: mayChange,
        schema: {
          tags,
          summary: "Register an event type, or its next version; checked against a sample of what is stored",
          "x-conflict": NO_ROOM,
          body: registerEventTypeSchema,
          response: { 200: registeredEventTypeSchema.describe("A dry run"), 201: registeredEventTypeSchema },
        },
      },
      async (request, reply) => {
        const { dryRun, tenantId, ...type } = request.body;
        const wanted: NewType = { ...type, schema: schemaOf(request), tenantId: requireTenant(request, tenantId) };
        const signal = whileAsked(request, reply);
        const made = await (dryRun ? eventTypes.check(wanted, signal) : eventTypes.register(actorOf(request), wanted, signal)).catch(
          sayLimit,
        );
        if (isRefused(made)) throw refusal(made, wanted);
        if (dryRun) return reply.code(200).send(made);
        return reply
          .code(201)
          .header("location", `/v1/admin/event-types/${encodeURIComponent(made.type)}`)
          .send(made);
      },
    );

    app.post(
      "/v1/admin/event-types/check",
      {
        onRequest: mayChange,
        schema: {
          tags,
          summary: "What registering would do; registers nothing",
          "x-conflict": NO_ROOM,
          body: checkEventTypeSchema,
          response: { 200: registeredEventTypeSchema },
        },
      },
      async (request, reply) => {
        const { tenantId, ...type } = request.body;
        const wanted: NewType = { ...type, schema: schemaOf(request), tenantId: requireTenant(request, tenantId) };
        const checked = await eventTypes.check(wanted, whileAsked(request, reply)).catch(sayLimit);
        if (isRefused(checked)) throw refusal(checked, wanted);
        return checked;
      },
    );
  }
}

/** As it was sent: what was parsed has lost digits. */
const schemaOf = ({ bodyText }: { bodyText: string }): string => memberText(bodyText, "schema") as string;

function isRefused(answer: object | string): answer is Refused {
  return typeof answer === "string" || "flaws" in answer;
}

/** @throws 409 that names the limit, 429 when many wait already; else the error itself */
function sayLimit(error: Error): never {
  if (error instanceof NoTurnError)
    throw problem(
      "rate-limited",
      "Many schemas of this tenant are being examined already; send this one again.",
      {},
      { "Retry-After": "5" },
    );
  throw error instanceof TypeLimitError ? problem("conflict", error.message) : error;
}

function refusal(refused: Refused, { tenantId, type, version }: NewType): ProblemError {
  if (refused === "exists") return problem("conflict", `${type} has a version ${version} already; leave version out to register the next.`);
  if (refused === "tenant-not-allowed") return problem("tenant-not-allowed", `TENANT_ALLOWLIST does not name ${tenantId}.`);
  const { flaws } = refused;
  return problem("invalid-request", `The schema cannot be used: ${flaws.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ")}`, {
    errors: flaws,
  });
}
