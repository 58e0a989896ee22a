import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import { scopes } from "@streamforge/shared";
import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { createAuth } from "../../src/http/auth.js";
import type { Need, RouteRule } from "../../src/http/rules.js";
import { atThisPace, patience } from "../support/yardstick.js";
import { NO_GUESSES, sleep } from "./accounts-fixture.js";
import { permissionsPage } from "./permissions-page.js";
import {
  ADMIN_TOKEN,
  type Belongings,
  type Credential,
  type Everything,
  newKey,
  OTHER,
  SECRET,
  signIn,
  startEverything,
} from "./routes-rules-fixture.js";

/**
 * Promise 24: every route × every credential, 0 leaks across tenants or roles. The routes are those that the server has: one
 * that is new is tested without being named here, and fails when this file does not know what its path parameters stand for.
 */
let all: Everything;
let routes: readonly RouteRule[];

beforeAll(async () => {
  all = await startEverything();
  routes = all.apis[0]?.routes ?? [];
}, patience(180_000));
afterAll(() => all?.stop());

/** The statuses with which each route answered, by name. */
const seen = new Map<string, Set<number>>();
async function ask(route: RouteRule, ...[path, headers, body]: [string, Record<string, string>, object]) {
  const answer = await all.call(route.method, path, headers, body);
  const name = nameOf(route);
  seen.set(name, (seen.get(name) ?? new Set()).add(answer.status));
  return answer;
}

const nameOf = ({ method, url }: RouteRule) => `${method} ${url}`;
const ruled = () => routes.filter(({ needs }) => needs !== null);

/** What a path parameter is, by what stands before it: something that nobody has, and the other tenant's. */
const SUBJECTS: [RegExp, nobodys: string, theirs: (b: Belongings) => string][] = [
  [/^\/(v1\/)?events\/:/, "no-such-event", (b) => b.eventId],
  [/^\/v1\/admin\/dlq\/:/, "0".repeat(48), (b) => b.letterId],
  [/^\/v1\/admin\/keys\/:/, "nosuchkey000", (b) => b.keyId],
  [/^\/v1\/admin\/tenants\/:/, "no-such-tenant", () => OTHER],
  [/^\/v1\/admin\/replay\/:/, "0192e4a0-0000-7000-8000-000000000000", (b) => b.jobId],
  [/^\/v1\/admin\/jobs\/:/, "0192e4a0-0000-7000-8000-000000000000", (b) => b.jobId],
  [/^\/v1\/admin\/event-types\/:type/, "NOSUCHTYPE", () => "SALE"],
  [/^\/v1\/admin\/event-types\/:/, "0192e4a0-0000-7000-8000-000000000000", (b) => b.typeId],
  [/^\/v1\/admin\/(users|audit)\/:/, "0192e4a0-0000-7000-8000-000000000000", (b) => b.jobId],
  [/^\/v1\/admin\/ledger\/.*:/, "no-such-alarm", (b) => b.jobId],
  [/^\/v1\/me\/sessions\/:/, "no-such-session", (b) => b.jobId],
];

function pathOf(url: string, theirs?: Belongings): string {
  if (!url.includes(":")) return url;
  const subject = SUBJECTS.find(([path]) => path.test(url));
  if (!subject) throw new Error(`What do the parameters of ${url} stand for? Say so in SUBJECTS of this test.`);
  const [, nobodys, ofThem] = subject;
  const [first = "", ...rest] = url.split(/:\w+/);
  // Further parameters: the version of a type.
  return first + (theirs ? ofThem(theirs) : nobodys) + rest.join("1");
}

const event = () => ({ eventId: randomUUID(), type: "t", payload: {} });

/** A body that would do something, of the caller's own tenant; of other routes `{tenantId}`. */
const BODIES: Record<string, () => object> = {
  "POST /v1/admin/dlq/retry": () => ({ all: true }),
  "POST /v1/admin/dlq/discard": () => ({ all: true, reason: "by a stranger" }),
  "POST /v1/admin/replay": () => ({ status: "DLQ", mode: "reprocess", all: true }),
  "POST /v1/admin/keys": () => ({ name: "by a stranger" }),
  "POST /v1/admin/event-types": () => ({ type: "SALE", version: 2, schema: { type: "string" } }),
  "POST /v1/admin/tenants": () => ({ name: "by a stranger" }),
  "POST /v1/admin/keys/:id/rotate": () => ({ overlapSeconds: 0 }),
  "POST /v1/events": event,
  "POST /events": event,
  "POST /v1/events/validate": event,
  "POST /v1/ingest/stream": event,
};

/** What the contract says, once more: not the function that the guards use. */
function may({ needs }: RouteRule, { who }: Credential): boolean {
  if (needs === null) return true;
  if (!who) return false;
  return needs.every((need: Need) => {
    switch (need.kind) {
      case "scope":
        return who.scopes.includes(need.scope) || who.scopes.includes("admin");
      case "role":
        return who.kind === "key" ? who.scopes.includes("admin") : who.rank >= ["viewer", "operator", "admin"].indexOf(need.role);
      case "all-tenants":
        return who.kind !== "key";
      case "person":
        return who.kind === "person";
    }
    return false;
  });
}

describe("promise 24: every route × every credential", () => {
  it(
    "lets in who may, and nobody else",
    async () => {
      const wrong: string[] = [];
      let asked = 0;
      for (const route of ruled()) {
        for (const credential of all.credentials) {
          const { status } = await ask(route, pathOf(route.url), credential.headers, {});
          asked++;
          // After some wrong tokens no answer says any more whether one is wrong.
          if (credential.name === "a wrong admin token" && status === 429) continue;
          const right = may(route, credential) ? ![401, 403].includes(status) && status < 500 : status === (credential.who ? 403 : 401);
          if (!right) wrong.push(`${nameOf(route)} as ${credential.name}: ${status}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(asked).toBe(ruled().length * all.credentials.length);
      expect(all.credentials.length).toBeGreaterThan(15);
      console.info(`${ruled().length} routes × ${all.credentials.length} credentials: ${asked} requests`);
    },
    patience(300_000),
  );

  it("tells each caller what they may, and it is so", async () => {
    for (const credential of all.credentials.filter(({ who }) => who)) {
      const { text } = await all.call("GET", "/v1/me", credential.headers);
      const expected = ruled().filter((route) => route.method !== "HEAD" && may(route, credential));
      const told = (JSON.parse(text).may as string[]).map((name) => name.replaceAll(/\{(\w+)\}/g, ":$1"));
      expect([credential.name, told.sort()]).toEqual([credential.name, expected.map(nameOf).sort()]);
    }
  });

  it("keeps the promises of the contract: viewers change nothing, operators administer nobody, keys see no person", () => {
    const allowed = (name: string) => {
      const credential = all.credentials.find((one) => one.name === name) as Credential;
      return ruled().filter((route) => may(route, credential));
    };
    const changing = (name: string) => allowed(name).filter(({ method }) => !["GET", "HEAD"].includes(method));
    expect(changing("viewer").filter(({ url }) => !/^\/v1\/me\//.test(url))).toEqual([]);
    expect(changing("operator").filter(({ url }) => !/^\/v1\/(me|admin\/(dlq|replay|jobs|ledger|event-types))(\/|$)/.test(url))).toEqual(
      [],
    );
    expect(allowed("operator").filter(({ url }) => /^\/v1\/admin\/(keys|users|tenants)/.test(url))).toEqual([]);
    expect(allowed("key with all scopes").filter(({ url }) => /^\/v1\/(admin\/users|me\/|stats)/.test(url))).toEqual([]);
    for (const scope of scopes.filter((one) => one !== "admin")) {
      expect(allowed(`key with ${scope}`).filter(({ url }) => /^\/v1\/admin\/(?!dlq|replay|jobs|retries)/.test(url))).toEqual([]);
    }
  });

  it("is what docs/permissions.md says", async () => {
    await expect(permissionsPage(routes)).toMatchFileSnapshot(fileURLToPath(new URL("../../../docs/permissions.md", import.meta.url)));
  });
});

describe("a key of another tenant", () => {
  /** Everything of theirs that could have been changed. */
  async function possessions(): Promise<string> {
    const { prisma, store } = all;
    const where = { tenantId: OTHER };
    const rows = await Promise.all([
      prisma.tenant.findMany({ where: { id: OTHER } }),
      prisma.apiKey.findMany({ where, omit: { lastUsedAt: true }, orderBy: { id: "asc" } }),
      prisma.eventType.findMany({ where, orderBy: { id: "asc" } }),
      prisma.job.findMany({ where, orderBy: { id: "asc" } }),
      store.events.find(where).toArray(),
      store.deadLetters.find(where).toArray(),
    ]);
    return JSON.stringify(rows, (_name, value) => (typeof value === "bigint" ? String(value) : value), 1);
  }

  /** An event has two names. */
  const theirIds = (): Record<string, Belongings> => ({
    "their ids": all.theirs,
    "their event's id": { ...all.theirs, eventId: all.theirs.eventDocId },
  });

  it(
    "reads nothing of theirs and changes nothing, whatever it names and wherever",
    async () => {
      const { headers } = all.credentials.find(({ name }) => name === "key with all scopes") as Credential;
      const before = await possessions();
      const leaks: string[] = [];
      let asked = 0;
      for (const route of ruled()) {
        const own = pathOf(route.url);
        const query = `?tenantId=${OTHER}`;
        const body = (tenantId: string) => ({ ...BODIES[nameOf(route)]?.(), tenantId });
        const ways: Record<string, [path: string, headers: Record<string, string>, body: object]> = {
          nowhere: [own, headers, body("tenant-a")],
          "in the query": [own + query, headers, body("tenant-a")],
          "in X-Tenant-Id": [own, { ...headers, "x-tenant-id": OTHER }, body("tenant-a")],
          "in the body": [own, headers, body(OTHER)],
          "by ids in the body": [own, headers, { ...body("tenant-a"), all: undefined, ids: [all.theirs.letterId] }],
        };
        for (const [what, theirs] of Object.entries(theirIds())) {
          ways[`by ${what}`] = [pathOf(route.url, theirs), headers, body("tenant-a")];
          ways[`by ${what} and in the body`] = [pathOf(route.url, theirs), headers, { ...body(OTHER), ids: [theirs.letterId] }];
          ways[`by ${what} and in the query`] = [pathOf(route.url, theirs) + query, headers, body("tenant-a")];
        }
        for (const [way, [path, sent, content]] of Object.entries(ways)) {
          const { status, text } = await ask(route, path, sent, content);
          asked++;
          // A problem may repeat the name that the request itself brought; a success never speaks of them, except that an event of
          // ours may hold any word.
          const named = status < 300 && text.includes(OTHER) && !/\/events/.test(route.url);
          const told = text.includes(SECRET) || named || status >= 500;
          const taken = way === "in X-Tenant-Id" && status < 300 && route.url !== "/v1/me";
          if (told || taken) leaks.push(`${nameOf(route)}, named ${way}: ${status} ${text.slice(0, 200)}`);
        }
      }
      await sleep(500);
      expect(leaks).toEqual([]);
      expect(await possessions()).toEqual(before);
      console.info(`${asked} requests that name another tenant`);
    },
    patience(300_000),
  );
});

test("each route answers only with what its OpenAPI description says", async () => {
  const { text } = await all.call("GET", "/openapi.json");
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, { responses: object }>> };
  const undescribed: string[] = [];
  let statuses = 0;
  for (const [name, answered] of seen) {
    const [method, url] = name.split(" ") as [string, string];
    if (method === "HEAD") continue;
    const described = Object.keys(paths[url.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()]?.responses ?? {});
    for (const status of answered) {
      statuses++;
      if (!described.includes(String(status))) undescribed.push(`${name}: ${status}`);
    }
  }
  // Signing in needs no credential, and is refused as well.
  for (const method of ["get", "post", "delete"])
    expect(Object.keys(paths["/v1/session"]?.[method]?.responses ?? {})).toEqual(expect.arrayContaining(["401", "403", "429", "503"]));
  expect(undescribed).toEqual([]);
  console.info(`${seen.size} routes, ${statuses} statuses`);
});

describe("what is taken away", () => {
  it("is refused within a second by every process, on every kind of route", async () => {
    const { call, apis } = all;
    const token = { "x-admin-token": ADMIN_TOKEN };
    const paths = ["/v1/events", "/v1/admin/dlq", "/v1/admin/keys", "/v1/me"];
    const took: number[] = [];
    for (let round = 0; round < 10; round++) {
      const { id, key } = await newKey(call, "tenant-a", scopes);
      const as = { "x-api-key": key };
      for (const from of apis.keys()) for (const path of paths) expect((await call("GET", path, as, undefined, from)).status).toBe(200);
      const began = performance.now();
      await call("DELETE", `/v1/admin/keys/${id}`, token, undefined, round % 2);
      for (const from of apis.keys()) {
        for (const path of paths)
          while ((await call("GET", path, as, undefined, from)).status !== 401)
            expect(performance.now() - began).toBeLessThan(atThisPace(1_000));
      }
      took.push(performance.now() - began);
    }
    console.info(`a revoked key was refused everywhere after ${Math.round(Math.max(...took))} ms at most`);
    expect(Math.max(...took)).toBeLessThan(atThisPace(1_000));
  });
});

describe("a live view", () => {
  it("ends within two seconds when its session does", async () => {
    const { call, apis } = all;
    const { id, headers } = await signIn(call, all.prisma, "viewer", "watcher@test");
    const response = await fetch(`http://127.0.0.1:${apis[0]?.port}/v1/stats/live`, { headers, signal: AbortSignal.timeout(10_000) });
    const stream = response.body?.getReader();
    expect((await stream?.read())?.done).toBe(false);
    await call("DELETE", `/v1/admin/users/${id}/sessions`, { "x-admin-token": ADMIN_TOKEN }, undefined, 1);
    const endedAt = Date.now();
    while (!(await stream?.read())?.done);
    expect(Date.now() - endedAt).toBeLessThan(atThisPace(2_000));
  });
});

describe("a route without a rule", () => {
  const auth = () =>
    createAuth({
      authenticator: { authenticateKey: () => null },
      sessions: { read: async () => null },
      guesses: NO_GUESSES,
      config: { ADMIN_TOKEN: undefined, CORS_ORIGINS: [], COOKIE_SECURE: false },
    });

  it("stops the start, also one whose guards come before authentication", async () => {
    const own = auth();
    const app = fastify();
    own.install(app);
    expect(() => app.get("/v1/new", () => "")).toThrow(/GET \/v1\/new says nothing of who may call it/);
    expect(() => app.get("/events/new", { onRequest: (_request, _reply, done) => done() }, () => "")).toThrow(/says nothing/);
    expect(() => app.post("/v1/new", { onRequest: [own.requireRole("admin"), own.authenticate] }, () => "")).toThrow(/must come first/);
    expect(() => app.post("/v1/new", { config: { open: "" }, onRequest: [own.authenticate] }, () => "")).toThrow(/is not open/);
    app.get("/v1/open", { config: { open: "a test" } }, () => "");
    app.get("/elsewhere", () => "");
    app.get("/v1/closed", { onRequest: [own.authenticate, own.requireScope("admin")] }, () => "");
    expect(own.routes().find(({ url }) => url === "/v1/closed")?.needs).toEqual([{ kind: "scope", scope: "admin" }]);
    await app.close();
  });
});
