import { type Session, sessionRequestSchema, sessionSchema } from "@streamforge/shared";
import { stringifySetCookie } from "cookie";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { SessionRecord, Sessions } from "../../accounts/sessions.js";
import type { Config } from "../../config.js";
import { foreignOrigin, originAllowed, SESSION_COOKIE, sessionIdOf, unauthenticated } from "../auth.js";
import { problem } from "../problems.js";
import { tooManyTries } from "../rate-limits.js";

export interface SessionRoutesDeps {
  sessions: Sessions;
  config: Pick<Config, "COOKIE_SECURE" | "CORS_ORIGINS">;
}

/** Signing in and out: `POST`, `GET`, `DELETE /v1/session`. */
export function sessionRoutes({ sessions, config }: SessionRoutesDeps): FastifyPluginAsyncZod {
  const cookie = (value: string, expires: Date) =>
    stringifySetCookie({ name: SESSION_COOKIE, value, path: "/", httpOnly: true, sameSite: "lax", secure: config.COOKIE_SECURE, expires });
  const tags = ["session"];
  // They work on the cookie alone, and tell whoever has none so.
  const open = { open: "signing in and out" };

  return async (app) => {
    app.post(
      "/v1/session",
      { config: open, schema: { tags, summary: "Sign in", body: sessionRequestSchema, response: { 200: sessionSchema } } },
      async (request, reply) => {
        // Without the check a foreign page could sign a visitor in under the attacker's name. Programs send no Origin.
        if (request.headers.origin !== undefined && !originAllowed(request, config.CORS_ORIGINS)) throw foreignOrigin();
        const outcome = await sessions.signIn(request.body, {
          ip: request.ip,
          userAgent: request.headers["user-agent"],
          correlationId: request.id,
        });
        if (outcome.kind === "throttled") {
          throw tooManyTries(outcome.retryAfterSeconds);
        }
        if (outcome.kind === "refused") throw problem("unauthenticated", "E-mail or password is wrong.");
        reply.header("set-cookie", cookie(outcome.sessionId, new Date(outcome.session.expiresAtMs)));
        reply.header("cache-control", "no-store");
        return sessionView(outcome.session);
      },
    );

    app.get(
      "/v1/session",
      { config: open, schema: { tags, summary: "Who is signed in", response: { 200: sessionSchema } } },
      async (request, reply) => {
        const sessionId = sessionIdOf(request);
        const session = sessionId === null ? null : await sessions.read(sessionId);
        if (!session) throw unauthenticated();
        reply.header("cache-control", "no-store");
        return sessionView(session);
      },
    );

    app.delete(
      "/v1/session",
      { config: open, schema: { tags, summary: "Sign out", response: { 204: z.null() } } },
      async (request, reply) => {
        const sessionId = sessionIdOf(request);
        if (sessionId !== null) {
          if (!originAllowed(request, config.CORS_ORIGINS)) throw foreignOrigin();
          await sessions.signOut(sessionId, request.id);
        }
        reply.header("set-cookie", cookie("", new Date(0)));
        return reply.code(204).send(null);
      },
    );
  };
}

function sessionView({ userId, email, role, expiresAtMs }: SessionRecord): Session {
  return { user: { id: userId, email, role }, expiresAt: new Date(expiresAtMs).toISOString() };
}
