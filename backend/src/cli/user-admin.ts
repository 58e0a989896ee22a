import { createUserSchema, type Role, resetPasswordSchema, type UserView, updateUserSchema } from "@streamforge/shared";
import type { z } from "zod";
import type { Credentials } from "../accounts/credentials.js";
import { createPrisma } from "../accounts/database.js";
import { createSessionStore } from "../accounts/session-store.js";
import { createUserService } from "../accounts/users.js";
import { loadConfig } from "../config.js";
import { awaitRedis, connectRedis } from "../redis/connect.js";
import { redisKeys } from "../stream/keys.js";
import { CLI_ACTOR } from "./actor.js";
import { type ApiAccess, callApi } from "./api.js";
import { cursorOf, everyPage, PAGE, type Page } from "./pages.js";

/** What the commands about people need; over HTTP with the admin token, else straight at Postgres. */
export interface UserAdmin {
  list(): Promise<UserView[]>;
  /** @returns `password` when it was generated */
  create(user: { email: string; role: Role; password?: string }): Promise<UserView & { password?: string }>;
  setPassword(email: string, password?: string): Promise<{ password?: string }>;
  update(email: string, change: { role?: Role; disabled?: boolean }): Promise<UserView>;
  close(): Promise<void>;
}

/**
 * @param access where the API is and who asks; a key may not
 * @param env for the way without a credential: DATABASE_URL, REDIS_URL. It also helps who has lost the last admin's password
 * @throws Error that names what to set when there is neither a credential nor a database
 */
export function openUserAdmin(access: ApiAccess, env: NodeJS.ProcessEnv): UserAdmin {
  if (access.credential) return overHttp(access);
  if (env["DATABASE_URL"]) return inPostgres(env);
  throw new Error(
    "Nothing allows this here. Set ADMIN_TOKEN to the server's (or pass --admin-token), or set DATABASE_URL to work on Postgres itself. While npm start runs in this folder, none of it is needed.",
  );
}

function overHttp(access: ApiAccess): UserAdmin {
  const list = (q: string) =>
    everyPage((cursor) => callApi<Page<UserView>>(access, "GET", `/v1/admin/users?limit=${PAGE}${q}${cursorOf(cursor)}`));
  const pathOf = async (email: string): Promise<string> => {
    const named = (await list(`&q=${encodeURIComponent(email)}`)).find((user) => user.email === email.toLowerCase());
    if (!named) throw noSuchUser(email);
    return `/v1/admin/users/${encodeURIComponent(named.id)}`;
  };
  return {
    list: () => list(""),
    create: (user) => callApi(access, "POST", "/v1/admin/users", user),
    setPassword: async (email, password) => callApi(access, "POST", `${await pathOf(email)}/password`, { password }),
    update: async (email, change) => callApi(access, "PATCH", await pathOf(email), change),
    async close() {},
  };
}

/** Who works on the stores themselves is asked for no password, so none is checked here. */
const NO_CREDENTIALS: Pick<Credentials, "prove"> = {
  prove: async () => ({ kind: "refused" }),
};

function inPostgres(env: NodeJS.ProcessEnv): UserAdmin {
  const config = loadConfig(env);
  const prisma = createPrisma(config.DATABASE_URL);
  const redis = connectRedis(config.REDIS_URL, "sf-cli", () => {});
  const keys = redisKeys(config.REDIS_KEY_PREFIX);
  const service = createUserService({
    prisma,
    store: createSessionStore({ redis, keys, config }),
    credentials: NO_CREDENTIALS,
  });
  const idOf = async (email: string): Promise<string> => {
    // Without Redis the sessions could not be ended, so nothing is begun.
    await awaitRedis(redis, config.REDIS_URL, 5_000);
    const user = await prisma.user.findUnique({ where: { email: email.toLowerCase() }, select: { id: true } });
    if (!user) throw noSuchUser(email);
    return user.id;
  };
  return {
    list: () => everyPage((after) => service.list({ after, limit: PAGE })),
    async create(given) {
      const user = checked(createUserSchema, given);
      const made = await service.create(CLI_ACTOR, user);
      if (made !== "exists" && "weak" in made) throw new Error(`The password ${made.weak}.`);
      if (made === "exists") throw new Error(`There is a user ${user.email} already; perhaps disabled.`);
      return { ...made.user, password: made.password };
    },
    async setPassword(email, password) {
      checked(resetPasswordSchema, { password });
      const reset = await service.resetPassword(CLI_ACTOR, await idOf(email), password);
      if (!reset) throw noSuchUser(email);
      if ("weak" in reset) throw new Error(`The password ${reset.weak}.`);
      return reset;
    },
    async update(email, change) {
      const user = await service.update(CLI_ACTOR, await idOf(email), checked(updateUserSchema, change));
      if (!user) throw noSuchUser(email);
      if (user === "last-admin") throw new Error(`${email} is the last admin who can sign in; make somebody else admin first.`);
      return user;
    },
    async close() {
      redis.disconnect();
      await prisma.$disconnect();
    },
  };
}

/** What the API checks, too. @throws Error that names the field */
function checked<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "));
}

function noSuchUser(email: string): Error {
  return new Error(`There is no user ${email}; sf users list shows them.`);
}
