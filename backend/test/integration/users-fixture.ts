import type { Role } from "@streamforge/shared";
import { createCredentials } from "../../src/accounts/credentials.js";
import { createFailedTryLog } from "../../src/accounts/failed-tries.js";
import { createKeyService } from "../../src/accounts/keys.js";
import { hashPassword } from "../../src/accounts/passwords.js";
import { createSeal } from "../../src/accounts/seal.js";
import { createSessionStore, type SessionRecord } from "../../src/accounts/session-store.js";
import { createSessions } from "../../src/accounts/sessions.js";
import { createSettingsService } from "../../src/accounts/settings.js";
import { createThrottle } from "../../src/accounts/throttle.js";
import { createUserService } from "../../src/accounts/users.js";
import { createAuth } from "../../src/http/auth.js";
import { createBodyReader } from "../../src/http/body.js";
import { createGuesses } from "../../src/http/guesses.js";
import { keyRoutes } from "../../src/http/routes/keys.js";
import { meRoutes } from "../../src/http/routes/me.js";
import { sessionRoutes } from "../../src/http/routes/session.js";
import { userRoutes } from "../../src/http/routes/users.js";
import { createServer, type Server } from "../../src/http/server.js";
import { createLog } from "../../src/telemetry/log.js";
import { type Accounts, keys, log, startAccounts } from "./accounts-fixture.js";

export const ADMIN_TOKEN = "admin-token-of-the-test";
export const PASSWORD = "correct horse battery";
export const asAdmin = { "x-admin-token": ADMIN_TOKEN };

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  body: any;
  headers: Record<string, unknown>;
}

/** The routes about people on real Redis and Postgres; several servers, as of several processes. */
export interface People {
  accounts: Accounts;
  /** The first of the servers, over TCP. */
  url: string;
  /** @param from the n-th process */
  call(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    url: string,
    headers?: object,
    payload?: object,
    from?: number,
  ): Promise<Answer>;
  /** Makes somebody, and nobody else with this name. */
  person(role: Role): Promise<{ id: string; email: string }>;
  /** @returns what to send as them, from a page of ours */
  signIn(email: string, options?: { password?: string; userAgent?: string; from?: number }): Promise<Answer & { as: { cookie: string } }>;
  stop(): Promise<void>;
}

export async function startPeople(env: Record<string, string> = {}): Promise<People> {
  const accounts = await startAccounts({ ADMIN_TOKEN, LOG_LEVEL: "fatal", ...env });
  const servers = [await serve(accounts), await serve(accounts)];
  let made = 0;

  const urls = await Promise.all(servers.map((server) => server.listen({ port: 0, host: "127.0.0.1" })));
  const call: People["call"] = async (method, path, headers = {}, payload, from = 0) => {
    const url = `${urls[from]}${path}`;
    const response = await fetch(url, {
      method,
      headers: { origin: urls[from] ?? "", ...(payload && { "content-type": "application/json" }), ...headers },
      ...(payload && { body: JSON.stringify(payload) }),
    });
    const text = await response.text();
    const cookie = response.headers.getSetCookie().find((line) => line.startsWith("sf_session="));
    const all = Object.fromEntries(response.headers);
    return { status: response.status, body: text === "" ? null : JSON.parse(text), headers: { ...all, "set-cookie": cookie } };
  };
  return {
    accounts,
    url: urls[0] ?? "",
    call,
    async person(role) {
      const email = `${role}-${++made}@test`;
      const { id } = await accounts.prisma.user.create({ data: { email, role, passwordHash: await hashPassword(PASSWORD) } });
      return { id, email };
    },
    async signIn(email, { password = PASSWORD, userAgent = "test", from = 0 } = {}) {
      const answer = await call("POST", "/v1/session", { "user-agent": userAgent }, { email, password }, from);
      return { ...answer, as: { cookie: String(answer.headers["set-cookie"] ?? "").split(";")[0] ?? "" } };
    },
    async stop() {
      await Promise.all(servers.map((server) => server.close()));
      await accounts.stop();
    },
  };
}

/** Changes the records of somebody's sessions in Redis, as the server itself would: under its seal, unless another pepper is given. */
export async function rewriteSessions(
  { redis, config }: Accounts,
  userId: string,
  change: (session: SessionRecord) => SessionRecord,
  pepper = config.KEY_PEPPER,
): Promise<void> {
  const [own, other] = [createSeal(config.KEY_PEPPER, "session"), createSeal(pepper, "session")];
  for (const digest of Object.values(await redis.hgetall(keys.userSessions(userId)))) {
    const session = JSON.parse(own.open(digest, (await redis.get(keys.session(digest))) ?? "") ?? "null") as SessionRecord;
    await redis.set(keys.session(digest), other.close(digest, JSON.stringify(change(session))), "KEEPTTL");
  }
}

async function serve(accounts: Accounts): Promise<Server> {
  const { prisma, redis, config } = accounts;
  const authenticator = await accounts.authenticator();
  const server = await createServer({ config, log: createLog(config, "api", "test"), onProblem() {}, bodies: createBodyReader(config) });
  const store = createSessionStore({ redis, keys, config });
  const throttle = createThrottle(redis, keys);
  const failed = createFailedTryLog({ prisma, log });
  server.addHook("onClose", () => failed.close());
  const credentials = createCredentials({ prisma, throttle, failed });
  const sessions = createSessions({ prisma, store, credentials, config });
  const users = createUserService({ prisma, store, credentials });
  const auth = createAuth({ authenticator, sessions, guesses: createGuesses({ throttle, failed }), config });
  auth.install(server);
  await server.register(sessionRoutes({ sessions, config }));
  await server.register(userRoutes({ auth, users, sessions }));
  await server.register(meRoutes({ auth, users, sessions, settings: createSettingsService(prisma), config }));
  await server.register(keyRoutes({ auth, keyService: createKeyService({ prisma, announcer: authenticator, config }) }));
  return server;
}
