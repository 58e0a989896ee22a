import {
  JOB_SCOPES,
  type JobCommand,
  type JobKindName,
  jobCommands,
  jobListQuerySchema,
  jobPageSchema,
  jobViewSchema,
  tenantIdSchema,
  uuid,
} from "@streamforge/shared";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type Jobs, jobView, TooManyJobsError } from "../../jobs/jobs.js";
import { type Auth, actorOf, principalOf, resolveTenant } from "../auth.js";
import type { FairReads } from "../fair-reads.js";
import { problem } from "../problems.js";
import { notACursor } from "../reads.js";
import { refusal } from "../rules.js";

const params = z.object({ id: uuid });
const tenantQuery = z.strictObject({ tenantId: tenantIdSchema.optional() });

const COMMANDS: Record<JobCommand, string> = {
  pause: "Pause a job: takes effect within a second or two; nothing is lost or repeated",
  resume: "Resume a job that was paused, has failed, or stopped by itself",
  cancel: "End a job for good; what it did stays done",
};

/** Jobs of all kinds: `/v1/admin/jobs`. Each kind is made by a route of its own. */
export function jobRoutes({ auth, jobs, reads }: { auth: Auth; jobs: Jobs; reads: FairReads }): FastifyPluginAsyncZod {
  const read = [auth.authenticate, auth.requireScope("dead-letters:read")];
  const write = [auth.authenticate, auth.requireScope("dead-letters:write")];
  const tags = ["jobs"];

  return async (app) => {
    app.get(
      "/v1/admin/jobs",
      {
        onRequest: read,
        schema: {
          tags,
          summary: "Jobs of all kinds, newest first",
          querystring: jobListQuerySchema,
          response: { 200: jobPageSchema },
        },
      },
      async (request, reply) => {
        const { tenantId, ...filter } = request.query;
        const page = await reads.page(request, reply, () => jobs.list(resolveTenant(request, tenantId), filter));
        if (!page) throw notACursor();
        return { items: page.items.map(jobView), nextCursor: page.nextCursor };
      },
    );

    app.get(
      "/v1/admin/jobs/:id",
      {
        onRequest: read,
        schema: {
          tags,
          summary: "One job: progress, outcome, report",
          params,
          querystring: tenantQuery,
          response: { 200: jobViewSchema },
        },
      },
      async (request) => {
        const found = await jobs.get(resolveTenant(request, request.query.tenantId), request.params.id);
        if (!found) throw problem("not-found", "There is no such job.");
        return jobView(found);
      },
    );

    for (const command of jobCommands) {
      app.post(
        `/v1/admin/jobs/:id/${command}`,
        {
          onRequest: write,
          schema: {
            tags,
            summary: COMMANDS[command],
            "x-conflict": "the state of the job does not allow it",
            params,
            querystring: tenantQuery,
            response: { 200: jobViewSchema },
          },
        },
        async (request) => {
          const tenantId = resolveTenant(request, request.query.tenantId);
          const done = await jobs
            .command(actorOf(request), tenantId, request.params.id, command, (kind) => mayCommand(request, kind))
            .catch(refuseAnother);
          if (!done) throw problem("not-found", "There is no such job.");
          if (!("id" in done)) throw problem("conflict", `This job is ${done.state}; ${command} does nothing to it.`);
          return jobView(done);
        },
      );
    }
  };
}

/** @throws 403 for who may see a job of this kind but could not make one */
function mayCommand(request: FastifyRequest, kind: JobKindName): true {
  const refused = refusal({ kind: "scope", scope: JOB_SCOPES[kind] }, principalOf(request));
  if (refused !== undefined) throw problem("forbidden", refused);
  return true;
}

/** @throws 429 when the tenant has as many jobs as it may have; else the error itself */
export function refuseAnother(error: Error): never {
  throw error instanceof TooManyJobsError ? problem("rate-limited", error.message, {}, { "Retry-After": "10" }) : error;
}
