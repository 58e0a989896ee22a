import {
  type JobCommand,
  jobCommands,
  replayAcceptedSchema,
  replayListQuerySchema,
  replayPageSchema,
  replayRequestSchema,
  replayViewSchema,
  retryRequestSchema,
  tenantIdSchema,
  uuid,
} from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { needsAll } from "../../dead-letters/selector.js";
import { memberText } from "../../lib/json-text.js";
import { forbiddenOperations, PatchError, readPatch } from "../../replay/patch.js";
import type { NewReplay, Replays } from "../../replay/replays.js";
import { type Auth, actorOf, requireTenant, resolveTenant } from "../auth.js";
import type { FairReads } from "../fair-reads.js";
import { problem } from "../problems.js";
import { notACursor, whileAsked } from "../reads.js";
import { refuseAnother } from "./jobs.js";

const params = z.object({ id: uuid });
const tenantQuery = z.strictObject({ tenantId: tenantIdSchema.optional() });

/** What selects stored events; the rest of a selector speaks of dead letters. */
const OF_STORED = new Set(["tenantId", "status", "mode", "from", "to", "type", "all", "limit", "ratePerSecond"]);

const COMMANDS: Record<JobCommand, string> = {
  pause: "Pause: takes effect within a second; nothing is lost or repeated",
  resume: "Continue with what was paused, or stopped by itself",
  cancel: "End it for good; letters in hand become open again",
};

/** Retry and replay: `/v1/admin/dlq/retry`, `/v1/admin/replay`. */
export function replayRoutes({ auth, replays, reads }: { auth: Auth; replays: Replays; reads: FairReads }): FastifyPluginAsyncZod {
  const read = [auth.authenticate, auth.requireScope("dead-letters:read")];
  const write = [auth.authenticate, auth.requireScope("dead-letters:write")];
  const tags = ["replay"];

  const create = async (request: FastifyRequest, reply: FastifyReply, replay: NewReplay) => {
    // What a job would take is counted first; of text, in every body.
    const make = (signal: AbortSignal) => replays.create(actorOf(request), replay, signal);
    const made = await (replay.selector.q === undefined ? make(whileAsked(request, reply)) : reads.search(request, reply, make)).catch(
      (error: Error) => {
        if (!(error instanceof PatchError)) return refuseAnother(error);
        throw problem("invalid-request", error.message, { errors: [{ pointer: "/patch", detail: error.message }] });
      },
    );
    return reply.code(202).header("location", `/v1/admin/replay/${made.replayId}`).send(made);
  };

  return async (app) => {
    app.post(
      "/v1/admin/dlq/retry",
      {
        onRequest: write,
        schema: {
          tags,
          summary: "Try dead letters again, with a patch if need be",
          body: retryRequestSchema,
          response: { 202: replayAcceptedSchema },
        },
      },
      async (request, reply) => {
        const { tenantId, patch: _, limit, ratePerSecond, ...selector } = request.body;
        refuseWholesale(request.body);
        const patch = patchOf(request);
        const tenant = requireTenant(request, tenantId);
        const asked = { tenantId: tenant, source: "DLQ", mode: "reprocess", selector, patch, limit, ratePerSecond } as const;
        return create(request, reply, { ...asked, action: "dead-letters.retry" });
      },
    );

    app.post(
      "/v1/admin/replay",
      {
        onRequest: write,
        schema: {
          tags,
          summary: "Replay dead letters or look at stored events again; a dry run says what would happen and changes nothing",
          body: replayRequestSchema,
          response: { 202: replayAcceptedSchema },
        },
      },
      async (request, reply) => {
        const { tenantId, status: source, mode, patch: _, limit, ratePerSecond, ...selector } = request.body;
        if (source === "STORED") refuseForStored(request.body);
        refuseWholesale(selector);
        const patch = patchOf(request);
        const tenant = requireTenant(request, tenantId);
        return create(request, reply, { tenantId: tenant, source, mode, selector, patch, limit, ratePerSecond, action: "replay.create" });
      },
    );

    app.get(
      "/v1/admin/replay",
      {
        onRequest: read,
        schema: { tags, summary: "Replays, newest first", querystring: replayListQuerySchema, response: { 200: replayPageSchema } },
      },
      async (request, reply) => {
        const { tenantId, ...filter } = request.query;
        const page = await reads.page(request, reply, () => replays.list(resolveTenant(request, tenantId), filter));
        if (!page) throw notACursor();
        return page;
      },
    );

    app.get(
      "/v1/admin/replay/:id",
      {
        onRequest: read,
        schema: {
          tags,
          summary: "One replay: progress, outcomes, report",
          params,
          querystring: tenantQuery,
          response: { 200: replayViewSchema },
        },
      },
      async (request) => {
        const found = await replays.get(resolveTenant(request, request.query.tenantId), request.params.id);
        if (!found) throw problem("not-found", "There is no such replay.");
        return found;
      },
    );

    for (const command of jobCommands) {
      app.post(
        `/v1/admin/replay/:id/${command}`,
        {
          onRequest: write,
          schema: {
            tags,
            summary: COMMANDS[command],
            "x-conflict": "the state of the replay does not allow it",
            params,
            querystring: tenantQuery,
            response: { 200: replayViewSchema },
          },
        },
        async (request) => {
          const done = await replays
            .command(actorOf(request), resolveTenant(request, request.query.tenantId), request.params.id, command)
            .catch(refuseAnother);
          if (!done) throw problem("not-found", "There is no such replay.");
          if ("state" in done) throw problem("conflict", `This replay is ${done.state}; ${command} does nothing to it.`);
          return done;
        },
      );
    }
  };
}

/** @throws 400 when nothing but the tenant is named and `"all": true` does not say that this is meant */
function refuseWholesale(selector: Parameters<typeof needsAll>[0]): void {
  if (!needsAll(selector)) return;
  throw problem(
    "invalid-request",
    'This selects everything of the tenant. Name ids, reasonCode, fingerprint, type, from or to; or say "all": true.',
    {
      errors: [{ pointer: "/all", detail: "is needed when nothing but the tenant is named" }],
    },
  );
}

/** The patch of a body as it was sent: what was parsed has lost digits by now. @throws 400 when it may be applied to no event */
function patchOf({ bodyText, body }: FastifyRequest): string | undefined {
  const patch = (body as { patch?: unknown }).patch === undefined ? undefined : memberText(bodyText, "patch");
  const errors = patch === undefined ? [] : forbiddenOperations(readPatch(patch));
  if (errors.length > 0) throw problem("invalid-request", `The patch ${errors[0]?.detail}.`, { errors });
  return patch;
}

function refuseForStored(body: object): void {
  const errors = Object.keys(body)
    .filter((name) => !OF_STORED.has(name))
    .map((name) => ({
      pointer: `/${name}`,
      detail: "is for dead letters; stored events are selected by type, from and to, and never patched",
    }));
  if (errors.length > 0)
    throw problem("invalid-request", "A replay of STORED events takes type, from, to, limit, ratePerSecond and mode.", { errors });
}
