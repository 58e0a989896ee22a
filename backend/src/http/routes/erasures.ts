import {
  erasureRequestSchema,
  erasureSearchSchema,
  erasuresOfUserSchema,
  erasureUnblockSchema,
  jobAcceptedSchema,
  unblockedSchema,
} from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Erasures } from "../../erasure/erasures.js";
import { type Auth, actorOf, requireTenant } from "../auth.js";
import { whileAsked } from "../reads.js";
import { refuseAnother } from "./jobs.js";

/** Erasures: `/v1/admin/erasures` makes the job, `/v1/admin/jobs` shows it. The user stands in bodies only: paths and queries are logged. */
export function erasureRoutes({ auth, erasures }: { auth: Auth; erasures: Erasures }): FastifyPluginAsyncZod {
  const onRequest = [auth.authenticate, auth.requireScope("admin")];
  const tags = ["jobs"];

  return async (app) => {
    app.post(
      "/v1/admin/erasures",
      {
        onRequest,
        schema: {
          tags,
          summary: "Erase one user: events, dead letters, attempts, and what is still on its way",
          description:
            "Makes a job that removes everything of this user that was acknowledged before. What is sent later, also a resend of what was " +
            "erased, is new; with `block` it is refused. The ledger counts what went as `erased`. `GET /v1/admin/jobs/{id}` says how far it " +
            "is, how many went, and which exported files may still hold some.",
          body: erasureRequestSchema,
          response: { 202: jobAcceptedSchema },
        },
      },
      async (request, reply) => {
        const order = { ...request.body, tenantId: requireTenant(request, request.body.tenantId) };
        const made = await erasures.create(actorOf(request), order, whileAsked(request, reply)).catch(refuseAnother);
        return reply.code(202).header("location", `/v1/admin/jobs/${made.jobId}`).send(made);
      },
    );

    app.post(
      "/v1/admin/erasures/search",
      {
        onRequest,
        schema: {
          tags,
          summary: "Whether a user was erased, and is blocked",
          body: erasureSearchSchema,
          response: { 200: erasuresOfUserSchema },
        },
      },
      (request) => erasures.of(requireTenant(request, request.body.tenantId), request.body.userId),
    );

    app.post(
      "/v1/admin/erasures/unblock",
      {
        onRequest,
        schema: { tags, summary: "Take events of a blocked user again", body: erasureUnblockSchema, response: { 200: unblockedSchema } },
      },
      async (request) => {
        const order = { ...request.body, tenantId: requireTenant(request, request.body.tenantId) };
        return { unblocked: await erasures.unblock(actorOf(request), order) };
      },
    );
  };
}
