import { type Scope, scopes } from "@streamforge/shared";
import fastify, { type FastifyError, type FastifyInstance, type InjectOptions } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Authenticator } from "../../src/accounts/authenticator.js";
import { createCredentials } from "../../src/accounts/credentials.js";
import { createFailedTryLog } from "../../src/accounts/failed-tries.js";
import { createKeyService } from "../../src/accounts/keys.js";
import { hashPassword } from "../../src/accounts/passwords.js";
import { createSessionStore } from "../../src/accounts/session-store.js";
import { createSessions } from "../../src/accounts/sessions.js";
import { createTenantService } from "../../src/accounts/tenants.js";
import { createThrottle } from "../../src/accounts/throttle.js";
import { createAuth, requireTenant, resolveTenant } from "../../src/http/auth.js";
import { createGuesses } from "../../src/http/guesses.js";
import { asProblem, sendProblem } from "../../src/http/refusals.js";
import { keyRoutes } from "../../src/http/routes/keys.js";
import { sessionRoutes } from "../../src/http/routes/session.js";
import { tenantRoutes } from "../../src/http/routes/tenants.js";
import { redisNames } from "../support/redis-names.js";
import { type Accounts, keys, log, startAccounts } from "./accounts-fixture.js";

const ADMIN_TOKEN = "admin-token-of-the-test";
const PASSWORD = "correct horse battery";
const ORIGIN = "http://streamforge.test";
const admin = { "x-admin-token": ADMIN_TOKEN };

let accounts: Accounts;
let authenticator: Authenticator;
let app: FastifyInstance;

beforeAll(async () => {
  accounts = await startAccounts({ ADMIN_TOKEN, TENANT_ALLOWLIST: "acme,globex,initech", CORS_ORIGINS: "https://console.example" });
  authenticator = await accounts.authenticator();
  app = serve(accounts, authenticator);
  const passwordHash = await hashPassword(PASSWORD);
  for (const role of ["viewer", "operator", "admin"] as const) {
    await accounts.prisma.user.create({ data: { email: `${role}@test`, role, passwordHash } });
  }
});
afterAll(async () => {
  await app.close();
  await accounts.stop();
});
beforeEach(async () => {
  const counters = await redisNames(accounts.redis, keys.limit("*"));
  if (counters.length > 0) await accounts.redis.del(...counters);
});

/** A colon in a route's path would begin a parameter. */
const scopeDoor = (scope: Scope) => `/scope/${scope.replace(":", ".")}`;

/** The smallest server that has these routes, and one of each guard. */
function serve(
  { prisma, redis, config }: Accounts,
  authenticator: Authenticator,
  settings: { ADMIN_TOKEN?: string } = { ADMIN_TOKEN },
): FastifyInstance {
  const server = fastify({ genReqId: () => "the same for all" });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler((error: FastifyError, request, reply) => sendProblem(request, reply, asProblem(error)));
  const throttle = createThrottle(redis, keys);
  const failed = createFailedTryLog({ prisma, log });
  server.addHook("onClose", () => failed.close());
  const credentials = createCredentials({ prisma, throttle, failed });
  const sessions = createSessions({ prisma, store: createSessionStore({ redis, keys, config }), credentials, config });
  const auth = createAuth({
    authenticator,
    sessions,
    guesses: createGuesses({ throttle, failed }),
    config: { ...config, ADMIN_TOKEN: settings.ADMIN_TOKEN },
  });
  auth.install(server);
  const deps = { prisma, announcer: authenticator, config };
  server.register(keyRoutes({ auth, keyService: createKeyService(deps) }));
  server.register(tenantRoutes({ auth, tenantService: createTenantService(deps) }));
  server.register(sessionRoutes({ sessions, config }));
  for (const scope of scopes) {
    server.get(scopeDoor(scope), { onRequest: [auth.authenticate, auth.requireScope(scope)] }, () => ({ ok: true }));
  }
  for (const role of ["viewer", "operator", "admin"] as const) {
    server.get(`/role/${role}`, { onRequest: [auth.authenticate, auth.requireRole(role)] }, () => ({ ok: true }));
  }
  const tenantOf = (request: { query: unknown }) => (request.query as { tenantId?: string }).tenantId;
  server.get("/tenant", { onRequest: auth.authenticate }, (request) => ({ tenantId: resolveTenant(request, tenantOf(request)) }));
  server.get("/one-tenant", { onRequest: auth.authenticate }, (request) => ({ tenantId: requireTenant(request, tenantOf(request)) }));
  server.post("/change", { onRequest: auth.authenticate }, (request) => ({ name: request.principal?.name }));
  return server;
}

async function call(method: InjectOptions["method"], url: string, headers: Record<string, string> = {}, payload?: object) {
  const response = await app.inject({ method, url, headers, payload });
  return { status: response.statusCode, body: response.body === "" ? null : response.json(), headers: response.headers };
}

async function newKey(
  tenantId = "acme",
  keyScopes: Scope[] = ["events:write"],
): Promise<{ id: string; key: string; bearer: Record<string, string> }> {
  const { status, body } = await call("POST", "/v1/admin/keys", admin, { tenantId, name: "till", scopes: keyScopes });
  expect(status).toBe(201);
  return { ...body, bearer: { authorization: `Bearer ${body.key}` } };
}

async function signIn(email: string, headers: Record<string, string> = {}, password = PASSWORD) {
  const response = await call("POST", "/v1/session", headers, { email, password });
  const cookie = [response.headers["set-cookie"] ?? ""].flat()[0] ?? "";
  return { ...response, cookie, as: { cookie: cookie.split(";")[0] ?? "" } };
}

describe("credentials", () => {
  it("let each in where its scopes and role allow, and nowhere else", async () => {
    const expected: [string, Record<string, string>, string[]][] = [
      ["events:write key", (await newKey("acme", ["events:write"])).bearer, ["events:write"]],
      ["dead-letters:read key", (await newKey("acme", ["dead-letters:read"])).bearer, ["dead-letters:read"]],
      ["admin key", (await newKey("acme", ["admin"])).bearer, [...scopes, "viewer", "operator", "admin"]],
      ["viewer", (await signIn("viewer@test")).as, ["events:read", "dead-letters:read", "viewer"]],
      ["operator", (await signIn("operator@test")).as, ["events:read", "dead-letters:read", "dead-letters:write", "viewer", "operator"]],
      ["admin", (await signIn("admin@test")).as, [...scopes, "viewer", "operator", "admin"]],
      ["admin token", admin, [...scopes, "viewer", "operator", "admin"]],
    ];
    const doors = [...scopes.map(scopeDoor), "/role/viewer", "/role/operator", "/role/admin"];
    for (const [who, headers, allowed] of expected) {
      for (const door of doors) {
        // "/scope/admin" and "/role/admin" ask for the same.
        const name = (door.split("/")[2] as string).replace(".", ":");
        expect(`${who} ${door} ${(await call("GET", door, headers)).status}`).toBe(`${who} ${door} ${allowed.includes(name) ? 200 : 403}`);
      }
    }
  });

  it("that are none get one and the same answer", async () => {
    const { id, key, bearer } = await newKey();
    await call("DELETE", `/v1/admin/keys/${id}`, admin);
    const attempts: Record<string, string>[] = [
      {},
      { authorization: "Bearer nonsense" },
      { authorization: "Basic dXNlcjpwYXNz" },
      { "x-api-key": `${key.slice(0, -1)}${key.endsWith("x") ? "y" : "x"}` },
      { "x-api-key": "sf_live_" },
      bearer,
      { "x-admin-token": "wrong" },
      { cookie: "sf_session=unknown" },
      { cookie: `sf_session=${"a".repeat(43)}` },
    ];
    const answers = new Set<string>();
    for (const headers of attempts) {
      const { status, body, headers: out } = await call("GET", "/role/viewer", headers);
      answers.add(JSON.stringify([status, body, out["www-authenticate"]]));
    }
    expect([...answers]).toEqual([expect.stringContaining('401,{"type":"/problems/unauthenticated"')]);
  });

  it("take an API key in X-Api-Key too", async () => {
    const { key } = await newKey();
    expect((await call("GET", scopeDoor("events:write"), { "x-api-key": key })).status).toBe(200);
  });

  it("know no X-Admin-Token when ADMIN_TOKEN is unset", async () => {
    const closed = serve(accounts, authenticator, {});
    const { bearer } = await newKey();
    expect((await closed.inject({ url: "/role/viewer", headers: { "x-admin-token": "" } })).statusCode).toBe(401);
    expect((await closed.inject({ url: "/role/viewer", headers: admin })).statusCode).toBe(401);
    expect((await closed.inject({ url: scopeDoor("events:write"), headers: { ...admin, ...bearer } })).statusCode).toBe(200);
    await closed.close();
  });
});

describe("the tenant", () => {
  it("of a key is its own; naming another is refused", async () => {
    const { bearer } = await newKey("acme");
    expect(await call("GET", "/tenant", bearer)).toMatchObject({ status: 200, body: { tenantId: "acme" } });
    expect(await call("GET", "/tenant?tenantId=acme", { ...bearer, "x-tenant-id": "acme" })).toMatchObject({
      status: 200,
      body: { tenantId: "acme" },
    });
    expect(await call("GET", "/tenant", { ...bearer, "x-tenant-id": "globex" })).toMatchObject({
      status: 403,
      body: { code: "tenant-mismatch" },
    });
    expect(await call("GET", "/tenant?tenantId=globex", bearer)).toMatchObject({ status: 403, body: { code: "tenant-mismatch" } });
  });

  it("is chosen by administrators, where one is needed", async () => {
    expect(await call("GET", "/tenant", admin)).toMatchObject({ status: 200, body: { tenantId: null } });
    expect(await call("GET", "/tenant", { ...admin, "x-tenant-id": "globex" })).toMatchObject({ body: { tenantId: "globex" } });
    expect(await call("GET", "/tenant?tenantId=acme", admin)).toMatchObject({ body: { tenantId: "acme" } });
    expect(await call("GET", "/one-tenant", admin)).toMatchObject({ status: 400, body: { code: "tenant-required" } });
    expect(await call("GET", "/tenant?tenantId=acme", { ...admin, "x-tenant-id": "globex" })).toMatchObject({ status: 400 });
    expect(await call("GET", "/tenant", { ...admin, "x-tenant-id": "../x" })).toMatchObject({ status: 400 });
  });
});

describe("keys over HTTP", () => {
  it("are created with their tenant, listed without the secret, revoked, and told from none", async () => {
    const created = await call("POST", "/v1/admin/keys", admin, { tenantId: "initech", name: "till" });
    expect(created).toMatchObject({
      status: 201,
      body: { tenantId: "initech", scopes: ["events:write"], environment: "live", revokedAt: null },
    });
    expect(created.body.key).toMatch(/^sf_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/);
    expect(await call("GET", "/v1/admin/tenants/initech", admin)).toMatchObject({ status: 200, body: { tenantId: "initech", limits: {} } });
    const list = await call("GET", "/v1/admin/keys?tenantId=initech", admin);
    expect(list.body.items.map((key: { id: string }) => key.id)).toEqual([created.body.id]);
    expect(JSON.stringify(list.body)).not.toContain(created.body.key.slice(21));
    expect(await call("DELETE", `/v1/admin/keys/${created.body.id}`, admin)).toMatchObject({
      status: 200,
      body: { revokedAt: expect.any(String) },
    });
    expect(await call("GET", `/v1/admin/keys/${created.body.id}`, admin)).toMatchObject({
      status: 200,
      body: { revokedAt: expect.any(String) },
    });
    expect(await call("POST", `/v1/admin/keys/${created.body.id}/rotate`, admin, { overlapSeconds: 1 })).toMatchObject({ status: 409 });
    expect(await call("GET", "/v1/admin/keys/nosuchkey", admin)).toMatchObject({ status: 404, body: { code: "not-found" } });
  });

  it("are not made for tenants outside of TENANT_ALLOWLIST", async () => {
    expect(await call("POST", "/v1/admin/keys", admin, { tenantId: "umbrella", name: "x" })).toMatchObject({
      status: 403,
      body: { code: "tenant-not-allowed" },
    });
    expect(await call("POST", "/v1/admin/tenants", admin, { tenantId: "umbrella", name: "x" })).toMatchObject({
      status: 403,
      body: { code: "tenant-not-allowed" },
    });
    expect(await accounts.prisma.tenant.count({ where: { id: "umbrella" } })).toBe(0);
  });

  it("with the scope admin administer their own tenant and see no other", async () => {
    const { bearer } = await newKey("acme", ["admin"]);
    const foreign = await newKey("globex");
    expect((await call("POST", "/v1/admin/keys", bearer, { tenantId: "acme", name: "made by a key" })).status).toBe(201);
    expect(await call("POST", "/v1/admin/keys", bearer, { tenantId: "globex", name: "x" })).toMatchObject({
      status: 403,
      body: { code: "tenant-mismatch" },
    });
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/rotate"],
    ] as const) {
      expect(await call(method, `/v1/admin/keys/${foreign.id}${path}`, bearer, method === "POST" ? {} : undefined)).toMatchObject({
        status: 404,
      });
    }
    const list = await call("GET", "/v1/admin/keys", bearer);
    expect(new Set(list.body.items.map((key: { tenantId: string }) => key.tenantId))).toEqual(new Set(["acme"]));
    expect((await call("GET", "/v1/admin/tenants", bearer)).body.items.map((tenant: { tenantId: string }) => tenant.tenantId)).toEqual([
      "acme",
    ]);
    expect((await call("GET", "/v1/me/tenants", bearer)).status).toBe(403);
    expect((await call("GET", "/v1/admin/tenants/globex", bearer)).status).toBe(404);
    expect((await call("PATCH", "/v1/admin/tenants/acme", bearer, { limits: {} })).status).toBe(403);
    expect((await call("POST", "/v1/admin/tenants", bearer, { tenantId: "initech", name: "x" })).status).toBe(403);
    expect((await call("GET", scopeDoor("events:write"), foreign.bearer)).status).toBe(200);
  });

  it("and what is done to them stand in the audit log, without any secret", async () => {
    const { id, key } = await newKey("globex");
    const rotated = await call("POST", `/v1/admin/keys/${id}/rotate`, admin, { overlapSeconds: 60 });
    await call("DELETE", `/v1/admin/keys/${id}`, admin);
    await call("PATCH", "/v1/admin/tenants/globex", admin, { limits: { eventsPerSecond: 5 } });
    const entries = await accounts.prisma.auditLog.findMany({
      where: { OR: [{ targetId: id }, { targetId: "globex", action: "tenant.update" }] },
      orderBy: { at: "asc" },
    });
    expect(entries.map((entry) => entry.action)).toEqual(["key.create", "key.rotate", "key.revoke", "tenant.update"]);
    expect(entries[2]).toMatchObject({
      actorKind: "admin-token",
      tenantId: "globex",
      before: { id, revokedAt: null },
      after: { id, revokedAt: expect.any(String) },
      correlationId: expect.any(String),
    });
    const all = JSON.stringify(await accounts.prisma.auditLog.findMany());
    for (const secret of [key, rotated.body.key]) expect(all).not.toContain(secret.slice(21, 53));
  });
});

describe("tenants over HTTP", () => {
  it("are created once and changed", async () => {
    await accounts.prisma.tenant.deleteMany({ where: { id: "initech", apiKeys: { none: {} } } });
    const first = await call("POST", "/v1/admin/tenants", admin, {
      tenantId: "initech",
      name: "Initech",
      limits: { requestsPerSecond: 9 },
    });
    expect([201, 409]).toContain(first.status);
    expect(await call("POST", "/v1/admin/tenants", admin, { tenantId: "initech", name: "again" })).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });
    expect(await call("PATCH", "/v1/admin/tenants/initech", admin, { limits: { eventsPerSecond: 3 } })).toMatchObject({
      status: 200,
      body: { limits: { eventsPerSecond: 3 } },
    });
    expect(await call("PATCH", "/v1/admin/tenants/nobody", admin, { limits: {} })).toMatchObject({ status: 404 });
  });
});

describe("sessions", () => {
  it("begin with the right password, in an HttpOnly cookie, and end when told", async () => {
    const { status, body, cookie, as } = await signIn("Admin@Test");
    expect({ status, body }).toMatchObject({ status: 200, body: { user: { email: "admin@test", role: "admin" } } });
    expect(cookie).toMatch(/^sf_session=[\w-]{43}; Path=\/; Expires=.*; HttpOnly; SameSite=Lax$/);
    expect(await call("GET", "/v1/session", as)).toMatchObject({ status: 200, body: { user: { role: "admin" } } });
    const stored = (await redisNames(accounts.redis, keys.session("*"))).join();
    expect(stored).not.toContain(as.cookie.split("=")[1]);
    expect((await call("DELETE", "/v1/session", { ...as, host: "streamforge.test", origin: ORIGIN })).status).toBe(204);
    expect((await call("GET", "/v1/session", as)).status).toBe(401);
    expect((await call("GET", "/role/viewer", as)).status).toBe(401);
  });

  it("change nothing for another origin", async () => {
    const { as } = await signIn("admin@test");
    const from = (headers: Record<string, string>) => call("POST", "/change", { ...as, host: "streamforge.test", ...headers }, {});
    expect((await from({ origin: ORIGIN })).status).toBe(200);
    expect((await from({ origin: "https://console.example" })).status).toBe(200);
    expect((await from({ "sec-fetch-site": "same-origin" })).status).toBe(200);
    const foreign: Record<string, string>[] = [
      {},
      { origin: "https://evil.example" },
      { origin: "http://streamforge.test:8080" },
      { origin: "https://streamforge.test" },
      { origin: "null" },
    ];
    for (const headers of foreign) {
      expect(await from(headers)).toMatchObject({ status: 403, body: { code: "forbidden" } });
    }
    expect((await call("DELETE", "/v1/session", { ...as, origin: "https://evil.example" })).status).toBe(403);
    expect((await signIn("admin@test", { origin: "https://evil.example" })).status).toBe(403);
    // Nor is anything read: a page on another port is the same site, so the cookie comes along.
    const read = async (headers: Record<string, string>) =>
      (await call("GET", "/role/viewer", { ...as, host: "streamforge.test", ...headers })).status;
    for (const headers of [{}, { "sec-fetch-site": "none" }, { "sec-fetch-site": "same-origin" }, { origin: "https://console.example" }])
      expect(`${JSON.stringify(headers)} ${await read(headers as Record<string, string>)}`).toBe(`${JSON.stringify(headers)} 200`);
    for (const headers of [...foreign.slice(1), { "sec-fetch-site": "same-site" }, { "sec-fetch-site": "cross-site" }])
      expect(`${JSON.stringify(headers)} ${await read(headers)}`).toBe(`${JSON.stringify(headers)} 403`);
    // A key or the admin token is no ambient credential: no page can send it unknowingly.
    expect((await call("POST", "/change", { ...admin, origin: "https://evil.example" }, {})).status).toBe(200);
  });

  it("are refused alike, and for the same work, for wrong passwords and unknown users", async () => {
    // Processor time of this process, where the hashes are made: time on the clock would measure the machine's other work, too.
    const cost = async (email: string) => {
      const began = process.cpuUsage();
      const answer = await signIn(email, {}, "wrong");
      const { user, system } = process.cpuUsage(began);
      return { answer: JSON.stringify([answer.status, answer.body]), us: user + system };
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let i = 0; i < 5; i++) {
      const [a, b] = [await cost("admin@test"), await cost(`nobody${i}@test`)];
      expect(a.answer).toBe(b.answer);
      known.push(a.us);
      unknown.push(b.us);
    }
    // Without the decoy an unknown user costs a tenth; with it the two are within a few per cent.
    expect(Math.min(...unknown) / Math.min(...known)).toBeGreaterThan(0.5);
  });

  it("cannot be guessed at: seven tries from an address that is known are too many, and others may still try", async () => {
    await signIn("viewer@test");
    for (let i = 0; i < 7; i++) expect((await signIn("viewer@test", {}, "wrong")).status).toBe(401);
    const refused = await signIn("viewer@test");
    expect(refused).toMatchObject({ status: 429, body: { code: "rate-limited" } });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await signIn("operator@test")).status).toBe(200);
  });

  it("of a disabled user do not begin", async () => {
    const passwordHash = await hashPassword(PASSWORD);
    await accounts.prisma.user.create({ data: { email: "gone@test", role: "admin", passwordHash, disabledAt: new Date() } });
    expect((await signIn("gone@test")).status).toBe(401);
  });
});

// Last, because it takes a store away.
describe("while Postgres is down", () => {
  it("credentials nobody can check are answered 503, never 401", async () => {
    const { bearer } = await newKey();
    const { as } = await signIn("admin@test");
    await accounts.postgresServer.stop();
    expect(await call("GET", scopeDoor("events:write"), bearer)).toMatchObject({ status: 503, body: { code: "storage-unavailable" } });
    expect(await call("POST", "/v1/session", {}, { email: "admin@test", password: PASSWORD })).toMatchObject({ status: 503 });
    expect(await call("GET", "/v1/admin/keys", admin)).toMatchObject({ status: 503, body: { code: "storage-unavailable" } });
    expect((await call("GET", "/role/admin", as)).status).toBe(200);
  });
});
