import { jobAcceptedSchema, retentionRunSchema } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Jobs } from "../../jobs/jobs.js";
import { runRetention } from "../../retention/runs.js";
import { type Auth, actorOf, resolveTenant } from "../auth.js";
import { refuseAnother } from "./jobs.js";

/** `POST /v1/admin/retention/run`. How long things are kept is the tenant's: `PATCH /v1/admin/tenants/{id}`. */
export function retentionRoutes({ auth, jobs }: { auth: Auth; jobs: Jobs }): FastifyPluginAsyncZod {
  return async (app) => {
    app.post(
      "/v1/admin/retention/run",
      {
        onRequest: [auth.authenticate, auth.requireRole("admin")],
        schema: {
          tags: ["jobs"],
          summary: "Remove what is too old now, as RETENTION_CRON does every day; a dry run counts it by tenant and type",
          body: retentionRunSchema,
          response: { 202: jobAcceptedSchema },
        },
      },
      async (request, reply) => {
        const { tenantId, dryRun } = request.body;
        const jobId = await runRetention(jobs, actorOf(request), resolveTenant(request, tenantId), dryRun).catch(refuseAnother);
        return reply.code(202).header("location", `/v1/admin/jobs/${jobId}`).send({ jobId });
      },
    );
  };
}
