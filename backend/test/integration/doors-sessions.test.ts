import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSessionStore } from "../../src/accounts/session-store.js";
import { SLOWNESS } from "../support/yardstick.js";
import { keys, sleep, until } from "./accounts-fixture.js";
import { asAdmin, PASSWORD, type People, rewriteSessions, startPeople } from "./users-fixture.js";

/** Twenty people sign in within it, however slow this machine is now. */
const IDLE_SECONDS = Math.ceil(3 * SLOWNESS);
let people: People;
beforeAll(async () => {
  people = await startPeople({ SESSION_IDLE_SECONDS: String(IDLE_SECONDS) });
});
afterAll(() => people.stop());

const isIn = async (as: { cookie: string }) => (await people.call("GET", "/v1/me", as)).status === 200;

describe("what somebody else wrote into Redis", () => {
  it("is no session: not made up, not one's own with another role, not another's under one's own cookie", async () => {
    const { redis, config } = people.accounts;
    const [viewer, admin] = [await people.person("viewer"), await people.person("admin")];
    const mine = await people.signIn(viewer.email);
    await people.signIn(admin.email);
    expect(await isIn(mine.as)).toBe(true);
    const key = (secret: string) => keys.session(createHash("sha256").update(secret).digest("base64url"));
    const secretOf = ({ cookie }: { cookie: string }) => cookie.split("=")[1] as string;
    const genuine = (await redis.get(key(secretOf(mine.as)))) as string;

    const store = createSessionStore({ redis, keys, config: { ...config, KEY_PEPPER: "of somebody who guesses" } });
    const nowMs = Date.now();
    const forged = await store.open({
      ...{ userId: admin.id, email: admin.email, role: "admin", stamp: "x", userAgent: "", address: "" },
      ...{ createdAtMs: nowMs, lastSeenAtMs: nowMs, expiresAtMs: nowMs + 1e6 },
    });
    expect(await isIn({ cookie: `sf_session=${forged.secret}` })).toBe(false);

    const foreign = Object.values(await redis.hgetall(keys.userSessions(admin.id))).map((digest) => keys.session(digest));
    const records = [
      genuine.replace('"role":"viewer"', '"role":"admin"'),
      ...((await redis.mget(foreign)) as string[]),
      "",
      "{}",
      genuine.slice(43),
      randomBytes(60).toString("base64url"),
    ];
    for (const record of records) {
      await redis.set(key(secretOf(mine.as)), record ?? "");
      expect(await isIn(mine.as)).toBe(false);
    }
    await redis.set(key(secretOf(mine.as)), genuine);
    expect(await isIn(mine.as)).toBe(true);
    await rewriteSessions(people.accounts, viewer.id, (session) => session, "of somebody who guesses");
    expect(await isIn(mine.as)).toBe(false);
  });

  it("is no API key: not with more scopes, not another's, and not the old copy of one that is revoked", async () => {
    const { redis } = people.accounts;
    const made = async (scopes: string[]) =>
      (await people.call("POST", "/v1/admin/keys", asAdmin, { tenantId: "acme", name: "k", scopes })).body as { id: string; key: string };
    const [mine, strong] = [await made(["events:read"]), await made(["admin"])];
    const as = ({ key }: { key: string }, from: number) =>
      people.call("GET", "/v1/admin/keys", { authorization: `Bearer ${key}` }, undefined, from);
    expect((await as(mine, 0)).status).toBe(403);
    expect((await as(strong, 0)).status).toBe(200);
    await until(async () => (await redis.exists(keys.apiKey(mine.id), keys.apiKey(strong.id))) === 2);
    const [own, foreign] = [(await redis.hgetall(keys.apiKey(mine.id))).d as string, (await redis.hgetall(keys.apiKey(strong.id))).d];
    // The second server has seen neither key yet: it would go by the copy.
    for (const d of [own.replace('"events:read"', '"admin"'), foreign as string]) {
      await redis.hset(keys.apiKey(mine.id), { v: 99, d });
      expect((await as(mine, 1)).status).toBe(403);
      await people.call("POST", `/v1/admin/keys/${mine.id}/rotate`, asAdmin, { overlapSeconds: 3600 });
    }
  });
});

describe("sessions of one person", () => {
  it("are at most twenty: the one that was not used for longest makes room", async () => {
    const { id, email } = await people.person("viewer");
    const first = await people.signIn(email);
    const second = await people.signIn(email);
    await rewriteSessions(people.accounts, id, (session) => ({ ...session, lastSeenAtMs: Date.now() - 500 }));
    for (let i = 2; i < 20; i++) await people.signIn(email);
    const store = createSessionStore({ ...people.accounts, keys });
    // The first one is in use, so that the second is the idle one.
    await rewriteSessions(people.accounts, id, (session) => ({ ...session, lastSeenAtMs: Date.now() }));
    const sessions = await store.list(id);
    const idle = sessions.at(-2)?.id;
    await rewriteSessions(people.accounts, id, (session) =>
      session.id === idle ? { ...session, lastSeenAtMs: Date.now() - 900 } : session,
    );
    await people.signIn(email);
    expect(await store.list(id)).toHaveLength(20);
    expect(await isIn(second.as)).toBe(false);
    expect(await isIn(first.as)).toBe(true);
  });

  it("end when nobody uses them, and not while somebody does", async () => {
    const { email } = await people.person("viewer");
    const [idle, used] = [await people.signIn(email), await people.signIn(email)];
    const end = Date.now() + IDLE_SECONDS * 1_500;
    while (Date.now() < end) {
      expect(await isIn(used.as)).toBe(true);
      await sleep(200);
    }
    expect(await isIn(idle.as)).toBe(false);
    const { items } = (await people.call("GET", "/v1/me/sessions", used.as)).body;
    expect(items).toHaveLength(1);
  });

  it("say when they end unless used: an idle time after their last use, and not after their end in any case", async () => {
    const { id, email } = await people.person("viewer");
    const { as } = await people.signIn(email);
    const session = async () => (await people.call("GET", "/v1/me/sessions", as)).body.items[0];
    const { lastSeenAt, idleEndsAt } = await session();
    expect(Date.parse(idleEndsAt) - Date.parse(lastSeenAt)).toBe(IDLE_SECONDS * 1_000);
    const soon = Date.now() + IDLE_SECONDS * 500;
    await rewriteSessions(people.accounts, id, (kept) => ({ ...kept, expiresAtMs: soon }));
    expect(await session()).toMatchObject({ idleEndsAt: new Date(soon).toISOString(), expiresAt: new Date(soon).toISOString() });
  });

  it("begin with an id of their own, whatever the browser had, and what it had is over", async () => {
    const { email } = await people.person("viewer");
    const before = await people.signIn(email);
    const planted = `sf_session=${"a".repeat(43)}`;
    for (const cookie of [planted, before.as.cookie]) {
      const answer = await people.call("POST", "/v1/session", { cookie }, { email, password: PASSWORD });
      const given = String(answer.headers["set-cookie"]).split(";")[0] as string;
      expect(answer.status).toBe(200);
      expect(given).not.toBe(cookie);
      expect(await isIn({ cookie: given })).toBe(true);
      expect(await isIn({ cookie })).toBe(false);
    }
  });
});
