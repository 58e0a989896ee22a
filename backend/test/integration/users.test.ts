import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSessionStore, type SessionRecord } from "../../src/accounts/session-store.js";
import { redisNames } from "../support/redis-names.js";
import { keys, until } from "./accounts-fixture.js";
import { asAdmin, PASSWORD, type People, rewriteSessions, startPeople } from "./users-fixture.js";

const NEXT = "another battery staple";

let people: People;
beforeAll(async () => {
  people = await startPeople();
});
afterAll(() => people.stop());
beforeEach(async () => {
  const counters = await redisNames(people.accounts.redis, keys.limit("*"));
  if (counters.length > 0) await people.accounts.redis.del(...counters);
});

const call: People["call"] = (...args) => people.call(...args);
const person: People["person"] = (role) => people.person(role);
const signIn: People["signIn"] = (...args) => people.signIn(...args);

describe("people over HTTP", () => {
  it("are added with a password that is shown once and works, listed without it, and audited", async () => {
    const made = await call("POST", "/v1/admin/users", asAdmin, { email: " Ann@Example.org ", role: "operator" });
    expect(made).toMatchObject({
      status: 201,
      body: { email: "ann@example.org", role: "operator", disabledAt: null, password: expect.stringMatching(/^[\w-]{16}$/) },
      headers: { location: `/v1/admin/users/${made.body.id}` },
    });
    expect((await signIn("ann@example.org", { password: made.body.password })).status).toBe(200);
    const list = await call("GET", "/v1/admin/users?q=ANN@", asAdmin);
    expect(list.body.items).toEqual([expect.objectContaining({ id: made.body.id, email: "ann@example.org" })]);
    expect(JSON.stringify(list.body)).not.toMatch(/password|argon2/i);
    expect(await call("POST", "/v1/admin/users", asAdmin, { email: "ann@example.org", role: "viewer" })).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });
    for (const body of [
      { email: "nobody", role: "viewer" },
      { email: "x@y", role: "root" },
      { email: "x@y", role: "viewer", password: "short" },
    ])
      expect((await call("POST", "/v1/admin/users", asAdmin, body)).status).toBe(400);
    const audit = await people.accounts.prisma.auditLog.findMany({ where: { targetId: made.body.id, action: "user.create" } });
    expect(audit).toEqual([expect.objectContaining({ actorKind: "admin-token", after: expect.objectContaining({ role: "operator" }) })]);
    expect(JSON.stringify(audit)).not.toContain(made.body.password);
  });

  it("come in pages, all of them once", async () => {
    await Promise.all([person("viewer"), person("viewer"), person("viewer")]);
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await call("GET", `/v1/admin/users?limit=2${cursor}`, asAdmin);
      seen.push(...body.items.map(({ email }: { email: string }) => email));
      cursor = body.nextCursor === null ? "" : `&cursor=${encodeURIComponent(body.nextCursor)}`;
    } while (cursor);
    expect(seen).toEqual([...seen].sort());
    expect(new Set(seen).size).toBe(await people.accounts.prisma.user.count());
  });

  it("lose at once, on every server, what a change takes from them", async () => {
    const changes: [string, (id: string) => Promise<unknown>][] = [
      ["another role", (id) => call("PATCH", `/v1/admin/users/${id}`, asAdmin, { role: "viewer" })],
      ["disabled", (id) => call("PATCH", `/v1/admin/users/${id}`, asAdmin, { disabled: true })],
      ["deleted", (id) => call("DELETE", `/v1/admin/users/${id}`, asAdmin)],
      ["another password", (id) => call("POST", `/v1/admin/users/${id}/password`, asAdmin, {})],
      ["signed out", (id) => call("DELETE", `/v1/admin/users/${id}/sessions`, asAdmin)],
    ];
    for (const [what, change] of changes) {
      const { id, email } = await person("operator");
      const sessions = await Promise.all([signIn(email), signIn(email, { from: 1 })]);
      for (const from of [0, 1]) for (const { as } of sessions) expect((await call("GET", "/v1/me", as, undefined, from)).status).toBe(200);
      await change(id);
      for (const from of [0, 1]) {
        for (const { as } of sessions) expect(`${what}: ${(await call("GET", "/v1/me", as, undefined, from)).status}`).toBe(`${what}: 401`);
      }
    }
  });

  it("that are disabled cannot sign in until they are enabled", async () => {
    const { id, email } = await person("viewer");
    expect(await call("DELETE", `/v1/admin/users/${id}`, asAdmin)).toMatchObject({ status: 200, body: { disabledAt: expect.any(String) } });
    expect((await signIn(email)).status).toBe(401);
    expect(await call("PATCH", `/v1/admin/users/${id}`, asAdmin, { disabled: false })).toMatchObject({ body: { disabledAt: null } });
    expect((await signIn(email)).status).toBe(200);
    expect((await call("GET", "/v1/admin/users/0192e4a0-0000-7000-8000-000000000000", asAdmin)).status).toBe(404);
    expect((await call("PATCH", `/v1/admin/users/${id}`, asAdmin, {})).status).toBe(400);
  });

  it("never lose their last admin, also when two are demoted at once", async () => {
    const { prisma } = people.accounts;
    for (let round = 0; round < 10; round++) {
      await prisma.user.updateMany({ where: { role: "admin" }, data: { role: "viewer" } });
      const admins = [await person("admin"), await person("admin")];
      const takeAway = ({ id }: { id: string }, i: number) =>
        round % 2
          ? call("PATCH", `/v1/admin/users/${id}`, asAdmin, { role: "operator" }, i)
          : call("DELETE", `/v1/admin/users/${id}`, asAdmin, undefined, i);
      const answers = await Promise.all(admins.map(takeAway));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
        code: "conflict",
        detail: expect.stringContaining("last admin"),
      });
      expect(await prisma.user.count({ where: { role: "admin", disabledAt: null } })).toBe(1);
    }
  });

  it("are signed in with what they are when the change comes while they sign in", async () => {
    const { id, email } = await person("admin");
    await person("admin");
    let stale = 0;
    for (let round = 0; round < 20; round++) {
      await people.accounts.prisma.user.update({ where: { id }, data: { role: "operator", disabledAt: null } });
      await people.accounts.redis.del(...(await redisNames(people.accounts.redis, keys.limit("*"))), "none");
      const signingIn = signIn(email);
      await new Promise((resolve) => setTimeout(resolve, round * 2));
      await call("PATCH", `/v1/admin/users/${id}`, asAdmin, { role: "viewer" }, 1);
      const { as, status } = await signingIn;
      if (status !== 200) continue;
      const me = await call("GET", "/v1/me", as);
      if (me.status === 200 && me.body.role !== "viewer") stale++;
    }
    expect(stale).toBe(0);
  });
});

describe("one's own password", () => {
  it("changes with the current one; other sessions end, this one continues", async () => {
    const { id, email } = await person("viewer");
    const [mine, other] = [await signIn(email), await signIn(email)];
    expect(await call("POST", "/v1/me/password", mine.as, { current: "wrong", next: NEXT })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: "/current" }] },
    });
    expect((await call("POST", "/v1/me/password", mine.as, { current: PASSWORD, next: PASSWORD })).status).toBe(400);
    expect((await call("POST", "/v1/me/password", mine.as, { current: PASSWORD, next: "short" })).status).toBe(400);
    expect((await call("GET", "/v1/me", other.as)).status).toBe(200);
    const changed = await call("POST", "/v1/me/password", mine.as, { current: PASSWORD, next: NEXT });
    expect(changed.status).toBe(204);
    const renewed = { cookie: String(changed.headers["set-cookie"]).split(";")[0] as string };
    expect(renewed.cookie).toMatch(/^sf_session=[\w-]{43}$/);
    for (const { as } of [mine, other]) expect((await call("GET", "/v1/me", as)).status).toBe(401);
    expect((await signIn(email)).status).toBe(401);
    expect((await signIn(email, { password: NEXT })).status).toBe(200);
    // Half a minute later the session is compared with the user's row: it must know of the change.
    await age(id);
    expect((await call("GET", "/v1/me", renewed)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await call("GET", "/v1/me", renewed)).status).toBe(200);
    expect((await people.accounts.prisma.auditLog.findMany({ where: { targetId: id, action: "user.password" } })).length).toBe(1);
  });

  it("cannot be guessed at by way of it, nor set by way of an admin's own reset", async () => {
    const { id, email } = await person("admin");
    const { as } = await signIn(email);
    expect(await call("POST", `/v1/admin/users/${id}/password`, as, {})).toMatchObject({ status: 409, body: { code: "conflict" } });
    for (let i = 0; i < 10; i++)
      expect((await call("POST", "/v1/me/password", as, { current: `wrong ${i}`, next: NEXT })).status).toBe(400);
    const refused = await call("POST", "/v1/me/password", as, { current: PASSWORD, next: NEXT });
    expect(refused).toMatchObject({ status: 429, body: { code: "rate-limited" } });
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(1);
  });
});

describe("sessions", () => {
  it("are listed with where they are from, this one marked, and no secret", async () => {
    const { id, email } = await person("viewer");
    const first = await signIn(email, { userAgent: "Firefox" });
    const second = await signIn(email, { userAgent: "Chrome" });
    const { body } = await call("GET", "/v1/me/sessions", second.as);
    expect(body.items).toEqual([
      expect.objectContaining({ userAgent: "Chrome", current: true, address: "127.0.0.1" }),
      expect.objectContaining({ userAgent: "Firefox", current: false, createdAt: expect.any(String), lastSeenAt: expect.any(String) }),
    ]);
    const admin = await call("GET", `/v1/admin/users/${id}/sessions`, asAdmin);
    expect(admin.body.items.map((one: { current: boolean }) => one.current)).toEqual([false, false]);
    for (const { as } of [first, second]) {
      const secret = as.cookie.split("=")[1] as string;
      expect(JSON.stringify([body, admin.body])).not.toContain(secret);
      for (const { id: publicId } of body.items) {
        expect((await call("GET", "/v1/me", { cookie: `sf_session=${publicId}` })).status).toBe(401);
      }
    }
  });

  it("end one by one, or all but this one; nobody ends another's", async () => {
    const { email } = await person("viewer");
    const stranger = await signIn((await person("admin")).email);
    const [mine, ...others] = [await signIn(email), await signIn(email), await signIn(email), await signIn(email)];
    const { items } = (await call("GET", "/v1/me/sessions", mine.as)).body;
    const oldest = items.findLast((one: { current: boolean }) => !one.current);
    expect((await call("DELETE", `/v1/me/sessions/${oldest.id}`, stranger.as)).status).toBe(404);
    expect((await call("DELETE", `/v1/me/sessions/${oldest.id}`, mine.as)).status).toBe(204);
    expect((await call("DELETE", `/v1/me/sessions/${oldest.id}`, mine.as)).status).toBe(404);
    const alive = async () => (await Promise.all(others.map(({ as }) => call("GET", "/v1/me", as)))).map(({ status }) => status);
    expect(await alive()).toEqual([401, 200, 200]);
    expect((await call("DELETE", "/v1/me/sessions", mine.as)).body).toEqual({ ended: 2 });
    expect(await alive()).toEqual([401, 401, 401]);
    expect((await call("GET", "/v1/me", mine.as)).status).toBe(200);
    expect((await call("DELETE", "/v1/session", mine.as)).status).toBe(204);
    expect((await call("GET", "/v1/me", mine.as)).status).toBe(401);
  });

  it("end by themselves within half a minute of use when Redis could not be told of a change", async () => {
    const { id, email } = await person("operator");
    const { as } = await signIn(email);
    await people.accounts.prisma.user.update({ where: { id }, data: { role: "viewer" } });
    expect((await call("GET", "/v1/me", as)).status).toBe(200);
    await age(id);
    await until(async () => (await call("GET", "/v1/me", as)).status === 401);
    expect(await people.accounts.redis.hgetall(keys.userSessions(id))).toEqual({});
  });

  it("say when they were last used, and one that has ended does not come back by being used", async () => {
    const { id, email } = await person("viewer");
    const { as } = await signIn(email);
    await age(id);
    const before = Date.now();
    await call("GET", "/v1/me", as);
    const store = createSessionStore({ ...people.accounts, keys });
    await until(async () => ((await store.list(id))[0]?.lastSeenAtMs ?? 0) >= before);
    const session = (await store.list(id))[0] as SessionRecord;
    await store.endAll(id);
    await store.seen(as.cookie.split("=")[1] as string, session, Date.now());
    expect((await call("GET", "/v1/me", as)).status).toBe(401);
    for (const key of await redisNames(people.accounts.redis, keys.session("*")))
      expect(await people.accounts.redis.ttl(key)).toBeGreaterThan(0);
  });

  it("are for people: keys and the admin token have none", async () => {
    for (const path of ["/v1/me/sessions", "/v1/me/settings"]) {
      expect(await call("GET", path, asAdmin)).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining("belong to people") },
      });
    }
  });
});

describe("settings", () => {
  it("begin with defaults, are changed in part or replaced, and keep what this version does not know", async () => {
    const { id, email } = await person("viewer");
    const { as } = await signIn(email);
    const chosen = { theme: "system", timeZone: "browser", defaultTenantId: null, refreshSeconds: 5, density: "comfortable" };
    // The operator's, not the person's.
    const defaults = { ...chosen, traceUrlTemplate: null };
    expect((await call("GET", "/v1/me/settings", as)).body).toEqual(defaults);
    const changed = { ...defaults, theme: "dark", timeZone: "Europe/Berlin" };
    expect((await call("PATCH", "/v1/me/settings", as, { theme: "dark", timeZone: "Europe/Berlin" })).body).toEqual(changed);
    await people.accounts.prisma
      .$executeRaw`UPDATE user_settings SET settings = settings || '{"later": [1], "density": "cosy"}' WHERE user_id = ${id}::uuid`;
    expect((await call("GET", "/v1/me/settings", as)).body).toEqual(changed);
    expect((await call("PUT", "/v1/me/settings", as, { defaultTenantId: "acme" })).body).toEqual({ ...defaults, defaultTenantId: "acme" });
    const row = await people.accounts.prisma.userSettings.findUniqueOrThrow({ where: { userId: id } });
    expect(row.settings).toMatchObject({ later: [1], density: "comfortable" });
  });

  it("changed in two windows at once are both kept", async () => {
    const { as } = await signIn((await person("viewer")).email);
    await Promise.all([
      call("PATCH", "/v1/me/settings", as, { theme: "dark" }, 0),
      call("PATCH", "/v1/me/settings", as, { refreshSeconds: 30 }, 1),
      call("PATCH", "/v1/me/settings", as, { density: "compact" }, 0),
    ]);
    expect((await call("GET", "/v1/me/settings", as)).body).toMatchObject({ theme: "dark", refreshSeconds: 30, density: "compact" });
  });

  it("that make no sense are refused with their place", async () => {
    const { as } = await signIn((await person("viewer")).email);
    const wrong: [object, string][] = [
      [{ theme: "pink" }, "/theme"],
      [{ timeZone: "Mars/Olympus" }, "/timeZone"],
      [{ timeZone: "+02:00" }, "/timeZone"],
      [{ defaultTenantId: "../x" }, "/defaultTenantId"],
      [{ refreshSeconds: 0 }, "/refreshSeconds"],
      [{ colour: "red" }, "/colour"],
    ];
    for (const [body, pointer] of wrong) {
      expect(await call("PATCH", "/v1/me/settings", as, body)).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
    }
  });
});

describe("keys after a rotation", () => {
  it("say who still uses the old one, and until when it works", async () => {
    const made = await call("POST", "/v1/admin/keys", asAdmin, { tenantId: "acme", name: "till" });
    const rotated = await call("POST", `/v1/admin/keys/${made.body.id}/rotate`, asAdmin, { overlapSeconds: 600 });
    const of = async (id: string) => (await call("GET", `/v1/admin/keys/${id}`, asAdmin)).body;
    expect(await of(made.body.id)).toMatchObject({
      state: "replaced",
      replacedById: rotated.body.id,
      rotation: { rotatedAt: rotated.body.createdAt, overlapEndsAt: expect.any(String), successorLastUsedAt: null, stillUsed: false },
    });
    expect(await of(rotated.body.id)).toMatchObject({ state: "active", replacesId: made.body.id, rotation: null });
    await people.accounts.prisma.apiKey.update({ where: { id: made.body.id }, data: { lastUsedAt: new Date() } });
    expect(await of(made.body.id)).toMatchObject({ rotation: { stillUsed: true } });
    const replaced = await call("GET", "/v1/admin/keys?state=replaced&q=TILL", asAdmin);
    expect(replaced.body.items.map(({ id }: { id: string }) => id)).toEqual([made.body.id]);
    await call("DELETE", `/v1/admin/keys/${made.body.id}`, asAdmin);
    expect((await call("GET", "/v1/admin/keys?state=revoked", asAdmin)).body.items.map(({ id }: { id: string }) => id)).toContain(
      made.body.id,
    );
  });

  it("come in pages, all of them once", async () => {
    for (let i = 0; i < 5; i++) await call("POST", "/v1/admin/keys", asAdmin, { tenantId: "paged", name: `key ${i}` });
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await call("GET", `/v1/admin/keys?tenantId=paged&limit=2${cursor}`, asAdmin);
      seen.push(...body.items.map(({ name }: { name: string }) => name));
      cursor = body.nextCursor === null ? "" : `&cursor=${body.nextCursor}`;
    } while (cursor);
    expect(seen).toEqual(["key 4", "key 3", "key 2", "key 1", "key 0"]);
  });
});

/** Makes all sessions of a user look as if they had not been used for a minute. */
async function age(userId: string): Promise<void> {
  await rewriteSessions(people.accounts, userId, (session) => ({ ...session, lastSeenAtMs: Date.now() - 60_000 }));
}
