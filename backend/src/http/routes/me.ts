import {
  changePasswordSchema,
  changeSettingsSchema,
  defaultSettings,
  exactText,
  meSchema,
  type SessionView,
  type Settings,
  type SettingsView,
  sessionListSchema,
  sessionsEndedSchema,
  settingsViewSchema,
} from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { ListedSession, Sessions } from "../../accounts/sessions.js";
import type { SettingsService } from "../../accounts/settings.js";
import type { UserService } from "../../accounts/users.js";
import type { Config } from "../../config.js";
import { type Auth, actorOf, fromOf, principalOf, requirePerson } from "../auth.js";
import { setSession } from "../cookies.js";
import { tooManyTries } from "../guesses.js";
import type { OriginConfig } from "../origins.js";
import { problem } from "../problems.js";

export interface MeRoutesDeps {
  auth: Auth;
  users: Pick<UserService, "changePassword">;
  sessions: Pick<Sessions, "list" | "end" | "endAll" | "renew">;
  settings: SettingsService;
  config: OriginConfig & Pick<Config, "TRACE_URL_TEMPLATE">;
}

const tags = ["me"];

/** What concerns anyone who asks: `/v1/me`, its password, sessions and settings. */
export function meRoutes(deps: MeRoutesDeps): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(identityRoutes(deps));
    await app.register(ownSessionRoutes(deps));
    await app.register(settingsRoutes(deps));
  };
}

function identityRoutes({ auth, users, sessions, config }: MeRoutesDeps): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/v1/me",
      { onRequest: [auth.authenticate], schema: { tags, summary: "Who asks, and what they may do", response: { 200: meSchema } } },
      async (request) => {
        const principal = principalOf(request);
        const { kind, id, name, role = null, tenantId, scopes } = principal;
        return { kind, id, name, role, tenantId, scopes: [...scopes], may: auth.allowedTo(principal) };
      },
    );

    app.post(
      "/v1/me/password",
      {
        onRequest: [auth.authenticate, requirePerson("Passwords")],
        schema: {
          tags,
          summary: "Change one's password; other sessions end, and this one gets a new cookie",
          body: changePasswordSchema,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { id: userId, name: email, session } = principalOf(request);
        const { current, next } = request.body;
        const from = fromOf(request, config);
        if (next === current || next.toLowerCase() === email) {
          const detail = next === current ? "must differ from the current one" : "must not be the e-mail address";
          throw problem("invalid-request", `/next ${detail}`, { errors: [{ pointer: "/next", detail }] });
        }
        const outcome = await users.changePassword(actorOf(request), { userId, email, current, next, from, session });
        if (outcome === "wrong") {
          const detail = "is not your password";
          throw problem("invalid-request", `/current ${detail}`, { errors: [{ pointer: "/current", detail }] });
        }
        if (outcome !== "changed" && "weak" in outcome) throw weakPassword("/next", outcome.weak);
        if (outcome !== "changed") {
          throw tooManyTries(outcome.retryAfterSeconds);
        }
        const renewed = await sessions.renew(userId, from);
        if (renewed.kind === "signed-in") setSession(request, reply, renewed.sessionId, renewed.session.expiresAtMs, config);
        return reply.code(204).send(null);
      },
    );
  };
}

function ownSessionRoutes({ auth, sessions }: MeRoutesDeps): FastifyPluginAsyncZod {
  const onRequest = [auth.authenticate, requirePerson("Sessions")];
  return async (app) => {
    app.get(
      "/v1/me/sessions",
      { onRequest, schema: { tags, summary: "Where one is signed in", response: { 200: sessionListSchema } } },
      async (request) => {
        const { id, session } = principalOf(request);
        return { items: (await sessions.list(id)).map((one) => sessionView(one, session)) };
      },
    );

    app.delete(
      "/v1/me/sessions/:id",
      {
        onRequest,
        schema: { tags, summary: "End one of one's sessions", params: z.object({ id: exactText(64) }), response: { 204: z.null() } },
      },
      async (request, reply) => {
        if (!(await sessions.end(actorOf(request), principalOf(request).id, request.params.id)))
          throw problem("not-found", "You have no such session; perhaps it has ended.");
        return reply.code(204).send(null);
      },
    );

    app.delete(
      "/v1/me/sessions",
      { onRequest, schema: { tags, summary: "End all of one's other sessions", response: { 200: sessionsEndedSchema } } },
      async (request) => {
        const { id, session } = principalOf(request);
        return { ended: await sessions.endAll(actorOf(request), id, session) };
      },
    );
  };
}

function settingsRoutes({ auth, settings, config }: MeRoutesDeps): FastifyPluginAsyncZod {
  const onRequest = [auth.authenticate, requirePerson("Settings")];
  return async (app) => {
    const answers = { response: { 200: settingsViewSchema } };
    const view = (chosen: Settings): SettingsView => ({ ...chosen, traceUrlTemplate: config.TRACE_URL_TEMPLATE ?? null });
    app.get(
      "/v1/me/settings",
      { onRequest, schema: { tags, summary: "What one has chosen for the dashboard", ...answers } },
      async (request) => {
        return view(await settings.read(principalOf(request).id));
      },
    );
    app.patch(
      "/v1/me/settings",
      { onRequest, schema: { tags, summary: "Change some settings", body: changeSettingsSchema, ...answers } },
      async (request) => view(await settings.change(principalOf(request).id, request.body)),
    );
    app.put(
      "/v1/me/settings",
      {
        onRequest,
        schema: { tags, summary: "Set all settings; what is not named gets its default", body: changeSettingsSchema, ...answers },
      },
      async (request) => view(await settings.change(principalOf(request).id, { ...defaultSettings, ...request.body })),
    );
  };
}

export function weakPassword(pointer: string, detail: string) {
  return problem("invalid-request", `${pointer} ${detail}.`, { errors: [{ pointer, detail }] });
}

/** @param current public id of the session that asks */
export function sessionView(session: ListedSession, current: string | undefined): SessionView {
  const { id, createdAtMs, lastSeenAtMs, idleEndsAtMs, expiresAtMs, userAgent, address } = session;
  return {
    id,
    current: id === current,
    createdAt: new Date(createdAtMs).toISOString(),
    lastSeenAt: new Date(lastSeenAtMs).toISOString(),
    idleEndsAt: new Date(idleEndsAtMs).toISOString(),
    expiresAt: new Date(expiresAtMs).toISOString(),
    userAgent,
    address,
  };
}
