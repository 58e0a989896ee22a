import {
  createdUserSchema,
  createUserSchema,
  cursor,
  passwordResetSchema,
  resetPasswordSchema,
  searchText,
  sessionListSchema,
  sessionsEndedSchema,
  updateUserSchema,
  userListSchema,
  userViewSchema,
  uuid,
} from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Sessions } from "../../accounts/sessions.js";
import type { UserService } from "../../accounts/users.js";
import { type Auth, actorOf, principalOf, requireAllTenants } from "../auth.js";
import { problem } from "../problems.js";
import { limitParam } from "../reads.js";
import { sessionView, weakPassword } from "./me.js";

export interface UserRoutesDeps {
  auth: Auth;
  users: UserService;
  sessions: Pick<Sessions, "list" | "endAll">;
}

const params = z.object({ id: uuid });
const query = z.strictObject({
  q: searchText(320, 0).optional().describe("Part of an e-mail"),
  limit: limitParam(1_000, 100),
  cursor: cursor.optional(),
});
const noSuchUser = () => problem("not-found", "There is no such user.");
const LAST_ADMIN = "this is the last admin who can sign in";
const lastAdmin = () => problem("conflict", "This is the last admin who can sign in; make somebody else admin first. Nothing was changed.");

/** People and their roles: `/v1/admin/users`. They operate all tenants, so no key may. */
export function userRoutes(deps: UserRoutesDeps): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(userList(deps));
    await app.register(oneUser(deps));
    await app.register(userSessions(deps));
  };
}

const adminsOnly = (auth: Auth) => [auth.authenticate, auth.requireRole("admin"), requireAllTenants];
const tags = ["users"];

function userList({ auth, users }: UserRoutesDeps): FastifyPluginAsyncZod {
  const onRequest = adminsOnly(auth);
  return async (app) => {
    app.get(
      "/v1/admin/users",
      { onRequest, schema: { tags, summary: "People, by e-mail", querystring: query, response: { 200: userListSchema } } },
      async (request) => {
        const { q, limit, cursor } = request.query;
        const { items, nextCursor } = await users.list({ q, limit, after: cursor });
        return { items, nextCursor };
      },
    );

    app.post(
      "/v1/admin/users",
      {
        onRequest,
        schema: {
          tags,
          summary: "Add a person",
          "x-conflict": "there is a person of this e-mail",
          body: createUserSchema,
          response: { 201: createdUserSchema },
        },
      },
      async (request, reply) => {
        const made = await users.create(actorOf(request), request.body);
        if (made !== "exists" && "weak" in made) throw weakPassword("/password", made.weak);
        if (made === "exists") throw problem("conflict", `There is a user ${request.body.email} already; perhaps disabled.`);
        return reply
          .code(201)
          .header("location", `/v1/admin/users/${made.user.id}`)
          .send({ ...made.user, password: made.password });
      },
    );
  };
}

function oneUser({ auth, users }: UserRoutesDeps): FastifyPluginAsyncZod {
  const onRequest = adminsOnly(auth);
  return async (app) => {
    app.get(
      "/v1/admin/users/:id",
      { onRequest, schema: { tags, summary: "One person", params, response: { 200: userViewSchema } } },
      async (request) => {
        const user = await users.get(request.params.id);
        if (!user) throw noSuchUser();
        return user;
      },
    );

    app.patch(
      "/v1/admin/users/:id",
      {
        onRequest,
        schema: {
          tags,
          summary: "Change the role, disable or enable; the person's sessions end at once",
          "x-conflict": LAST_ADMIN,
          params,
          body: updateUserSchema,
          response: { 200: userViewSchema },
        },
      },
      async (request) => {
        const user = await users.update(actorOf(request), request.params.id, request.body);
        if (user === "last-admin") throw lastAdmin();
        if (!user) throw noSuchUser();
        return user;
      },
    );

    app.delete(
      "/v1/admin/users/:id",
      {
        onRequest,
        schema: {
          tags,
          summary: "Disable a person; what they did stays in the audit log",
          "x-conflict": LAST_ADMIN,
          params,
          response: { 200: userViewSchema },
        },
      },
      async (request) => {
        const user = await users.update(actorOf(request), request.params.id, { disabled: true });
        if (user === "last-admin") throw lastAdmin();
        if (!user) throw noSuchUser();
        return user;
      },
    );

    app.post(
      "/v1/admin/users/:id/password",
      {
        onRequest,
        schema: {
          tags,
          summary: "Set or generate a password; the person's sessions end at once",
          "x-conflict": "the password is one's own",
          params,
          body: resetPasswordSchema,
          response: { 200: passwordResetSchema },
        },
      },
      async (request) => {
        // Anyone who finds an open session must not be able to keep the account: one's own needs the current one.
        if (principalOf(request).id === request.params.id)
          throw problem("conflict", "Change your own password with POST /v1/me/password, which asks for the current one.");
        const reset = await users.resetPassword(actorOf(request), request.params.id, request.body.password);
        if (!reset) throw noSuchUser();
        if ("weak" in reset) throw weakPassword("/password", reset.weak);
        return reset;
      },
    );
  };
}

function userSessions({ auth, users, sessions }: UserRoutesDeps): FastifyPluginAsyncZod {
  const onRequest = adminsOnly(auth);
  return async (app) => {
    app.get(
      "/v1/admin/users/:id/sessions",
      { onRequest, schema: { tags, summary: "Where a person is signed in", params, response: { 200: sessionListSchema } } },
      async (request) => {
        if (!(await users.get(request.params.id))) throw noSuchUser();
        const current = principalOf(request).session;
        return { items: (await sessions.list(request.params.id)).map((session) => sessionView(session, current)) };
      },
    );

    app.delete(
      "/v1/admin/users/:id/sessions",
      { onRequest, schema: { tags, summary: "Sign a person out everywhere", params, response: { 200: sessionsEndedSchema } } },
      async (request) => {
        if (!(await users.get(request.params.id))) throw noSuchUser();
        return { ended: await sessions.endAll(actorOf(request), request.params.id) };
      },
    );
  };
}
