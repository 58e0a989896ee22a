import { type Session, sessionRequestSchema, sessionSchema } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { SessionRecord, Sessions } from "../../accounts/sessions.js";
import { fromOf, sessionIdOf, unauthenticated } from "../auth.js";
import { readCookie, SESSION_COOKIE, setDevice, setSession } from "../cookies.js";
import { tooManyTries } from "../guesses.js";
import { type OriginConfig, requireOwnOrigin } from "../origins.js";
import { problem } from "../problems.js";

export interface SessionRoutesDeps {
  sessions: Sessions;
  config: OriginConfig;
}

/** Signing in and out: `POST`, `GET`, `DELETE /v1/session`. */
export function sessionRoutes({ sessions, config }: SessionRoutesDeps): FastifyPluginAsyncZod {
  const tags = ["session"];
  // They work on the cookie alone, and tell anyone who has none so.
  const open = { open: "signing in and out" };

  return async (app) => {
    app.post(
      "/v1/session",
      { config: open, schema: { tags, summary: "Sign in", body: sessionRequestSchema, response: { 200: sessionSchema } } },
      async (request, reply) => {
        // Without the check a foreign page could sign a visitor in under the attacker's name. Programs send no Origin.
        if (request.headers.origin !== undefined) requireOwnOrigin(request, config);
        const outcome = await sessions.signIn(request.body, fromOf(request, config));
        if (outcome.kind === "throttled") {
          throw tooManyTries(outcome.retryAfterSeconds);
        }
        if (outcome.kind === "refused") throw problem("unauthenticated", "E-mail or password is wrong.");
        // What this browser had before is over. Its id is never taken on: it may be one that somebody else has put there.
        const before = readCookie(request, SESSION_COOKIE, config);
        if (before !== null) await sessions.signOut(before, request.id);
        setSession(request, reply, outcome.sessionId, outcome.session.expiresAtMs, config);
        if (outcome.device !== undefined) setDevice(request, reply, outcome.device, config);
        return sessionView(outcome.session);
      },
    );

    app.get(
      "/v1/session",
      { config: open, schema: { tags, summary: "Who is signed in", response: { 200: sessionSchema } } },
      async (request) => {
        const sessionId = sessionIdOf(request, config);
        const session = sessionId === null ? null : await sessions.read(sessionId);
        if (!session) throw unauthenticated();
        return sessionView(session);
      },
    );

    app.delete(
      "/v1/session",
      { config: open, schema: { tags, summary: "Sign out", response: { 204: z.null() } } },
      async (request, reply) => {
        const sessionId = sessionIdOf(request, config);
        if (sessionId !== null) await sessions.signOut(sessionId, request.id);
        setSession(request, reply, "", 0, config);
        return reply.code(204).send(null);
      },
    );
  };
}

function sessionView({ userId, email, role, expiresAtMs }: SessionRecord): Session {
  return { user: { id: userId, email, role }, expiresAt: new Date(expiresAtMs).toISOString() };
}
