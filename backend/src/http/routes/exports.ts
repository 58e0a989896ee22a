import { exportRequestSchema, jobAcceptedSchema } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { type Exports, NoTargetError } from "../../export/exports.js";
import { type Auth, actorOf, requireTenant } from "../auth.js";
import { problem } from "../problems.js";
import { whileAsked } from "../reads.js";
import { refuseAnother } from "./jobs.js";

/** Exports to Parquet: `/v1/admin/exports` makes the job, `/v1/admin/jobs` shows it. */
export function exportRoutes({ auth, exports }: { auth: Auth; exports: Exports }): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      "/v1/admin/exports",
      {
        onRequest: [auth.authenticate, auth.requireScope("admin")],
        schema: {
          tags: ["jobs"],
          summary: "Export stored events to Parquet, in a folder or a bucket",
          description:
            "Makes a job that takes the events of a tenant that occurred from `from` up to, not including, `to`, and were stored before it begins. " +
            "`GET /v1/admin/jobs/{id}` says how far it is, and where the parts and their manifest are.",
          body: exportRequestSchema,
          response: { 202: jobAcceptedSchema },
        },
      },
      async (request, reply) => {
        const tenantId = requireTenant(request, request.body.tenantId);
        const made = await exports
          .create(actorOf(request), { ...request.body, tenantId }, whileAsked(request, reply))
          .catch((error: Error) => {
            if (!(error instanceof NoTargetError)) return refuseAnother(error);
            throw problem("invalid-request", error.message, { errors: [{ pointer: "/target", detail: error.message }] });
          });
        return reply.code(202).header("location", `/v1/admin/jobs/${made.jobId}`).send(made);
      },
    );
  };
}
