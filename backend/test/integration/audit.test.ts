import type { AuditItem } from "@streamforge/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPrisma } from "../../src/accounts/database.js";
import { type Stack, startStack } from "../support/stack.js";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { "x-admin-token": stack.adminToken },
): Promise<Answer> {
  const response = await fetch(`${stack.apiUrl}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith("{") ? JSON.parse(text) : {} };
}

async function audited(query = "", headers?: Record<string, string>): Promise<AuditItem[]> {
  const items: AuditItem[] = [];
  for (let cursor: unknown = ""; cursor !== null; ) {
    const { status, body } = await call("GET", `/v1/admin/audit?limit=3&${query}${cursor ? `&cursor=${cursor}` : ""}`, undefined, headers);
    expect(status, JSON.stringify(body)).toBe(200);
    items.push(...(body.items as AuditItem[]));
    cursor = body.nextCursor;
  }
  return items;
}

/** Each administrative action, done once: what it must have written. */
async function doEverything(tenantId: string): Promise<[action: string, correlationId: string | null][]> {
  const done: [string, string | null][] = [];
  const does = async (action: string, answer: Promise<Answer>): Promise<Record<string, unknown>> => {
    const { status, headers, body } = await answer;
    expect(status, `${action}: ${JSON.stringify(body)}`).toBeLessThan(300);
    done.push([action, headers.get("x-correlation-id")]);
    return { ...body, cookie: headers.get("set-cookie")?.split(";")[0] };
  };
  await does("tenant.create", call("POST", "/v1/admin/tenants", { tenantId, name: "Audited" }));
  await does("tenant.update", call("PATCH", `/v1/admin/tenants/${tenantId}`, { name: "Audited, renamed" }));
  const key = await does("key.create", call("POST", "/v1/admin/keys", { tenantId, name: "one" }));
  const next = await does("key.rotate", call("POST", `/v1/admin/keys/${key.id}/rotate`, { overlapSeconds: 0 }));
  await does("key.revoke", call("DELETE", `/v1/admin/keys/${next.id}`));
  const schema = { type: "object" };
  await does("event-type.register", call("POST", "/v1/admin/event-types", { tenantId, type: "SALE", version: 1, schema }));
  await does("dead-letters.discard", call("POST", "/v1/admin/dlq/discard", { tenantId, all: true, reason: "nothing is there" }));
  const job = await does("dead-letters.retry", call("POST", "/v1/admin/dlq/retry", { tenantId, all: true }));
  expect(job.replayId).toBeDefined();
  await does("replay.create", call("POST", "/v1/admin/replay", { tenantId, status: "DLQ", all: true, mode: "dry-run" }));
  const session = await does("session.create", call("POST", "/v1/session", { email: stack.adminEmail, password: stack.adminPassword }, {}));
  await does("session.delete", call("DELETE", "/v1/session", undefined, { cookie: session.cookie as string, origin: stack.apiUrl }));
  return done;
}

describe("the audit log", () => {
  it("has an entry for each administrative action: who, what, when, and under which correlation id", async () => {
    const done = await doEverything("audited-1");
    const items = await audited();
    for (const [action, correlationId] of done) {
      const entry = items.find((item) => item.action === action && item.correlationId === correlationId);
      expect(entry, action).toMatchObject({ actor: { kind: expect.any(String), name: expect.any(String) }, targetId: expect.any(String) });
      expect(Math.abs(Date.parse(entry?.at as string) - Date.now())).toBeLessThan(60_000);
    }
    const update = items.find(({ action }) => action === "tenant.update");
    expect(update).toMatchObject({ before: { name: "Audited" }, after: { name: "Audited, renamed" } });
    const discard = items.find(({ action }) => action === "dead-letters.discard");
    expect(discard).toMatchObject({ before: { status: "open" }, after: { reason: "nothing is there", discarded: 0, more: false } });
    // Nothing that opens a door stands in it.
    expect(JSON.stringify(items)).not.toMatch(/sf_(live|test)_|correct horse|argon2/);
  });

  it("is read page by page, the latest first, each entry once, under each filter", async () => {
    await call("POST", "/v1/admin/tenants", { tenantId: "audited-2", name: "Two" });
    for (let i = 0; i < 7; i++) await call("PATCH", "/v1/admin/tenants/audited-2", { name: `Two, ${i}` });
    const items = await audited("tenantId=audited-2");
    expect(items).toHaveLength(8);
    expect(new Set(items.map(({ id }) => id)).size).toBe(8);
    expect(items.map(({ at }) => at)).toEqual(
      items
        .map(({ at }) => at)
        .toSorted()
        .toReversed(),
    );
    expect(items[0]).toMatchObject({ action: "tenant.update", after: { name: "Two, 6" } });
    expect(await audited("tenantId=audited-2&action=tenant.create")).toHaveLength(1);
    expect(await audited("targetId=audited-2&actor=X-Admin-Token")).toHaveLength(8);
    expect(await audited("targetId=audited-2&actor=somebody")).toHaveLength(0);
    const [middle] = items.slice(4);
    const before = await audited(`tenantId=audited-2&to=${middle?.at}`);
    const since = await audited(`tenantId=audited-2&from=${middle?.at}`);
    expect([...since, ...before].map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    expect((await call("GET", "/v1/admin/audit?cursor=AAAA")).status).toBe(400);
  });

  it("loses and repeats none of those that were written in the same millisecond", async () => {
    const prisma = createPrisma(stack.postgres.url);
    const at = new Date("2026-01-01T00:00:00Z");
    const row = { at, actorKind: "system", actorId: "s", actorName: "s", action: "tenant.update", tenantId: "audited-5" };
    await prisma.auditLog.createMany({ data: Array.from({ length: 10 }, (_, i) => ({ ...row, targetId: `t-${i}` })) });
    await prisma.$disconnect();
    const items = await audited("tenantId=audited-5");
    expect(items).toHaveLength(10);
    expect(new Set(items.map(({ targetId }) => targetId)).size).toBe(10);
  });

  it("shows a key of the scope admin its own tenant alone, and others nothing", async () => {
    const keyOf = async (tenantId: string, scope: string) => {
      const { body } = await call("POST", "/v1/admin/keys", { tenantId, name: scope, scopes: [scope] });
      return { authorization: `Bearer ${body.key}` };
    };
    const own = await keyOf("audited-3", "admin");
    await keyOf("audited-4", "events:read");
    const items = await audited("", own);
    expect(items.length).toBeGreaterThan(0);
    expect(items.every(({ tenantId }) => tenantId === "audited-3")).toBe(true);
    expect((await call("GET", "/v1/admin/audit?tenantId=audited-4", undefined, own)).status).toBe(403);
    expect((await call("GET", "/v1/admin/audit", undefined, await keyOf("audited-3", "dead-letters:write"))).status).toBe(403);
    expect((await call("GET", "/v1/admin/audit", undefined, {})).status).toBe(401);
  });

  it("knows every route that changes something: a new one is named here, with what it writes", async () => {
    const { paths } = (await call("GET", "/openapi.json")).body as { paths: Record<string, Record<string, unknown>> };
    const changing = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== "get" && /^\/v1\/(admin|session|me)/.test(path))
        .map((method) => `${method} ${path}`),
    );
    expect(changing.length).toBeGreaterThan(5);
    expect(changing.filter((route) => !WRITES.some(([pattern]) => pattern.test(route)))).toEqual([]);
  });
});

/** What each changing route writes; those of people and replays have tests of their own. */
const WRITES: [route: RegExp, actions: string][] = [
  [/^post \/v1\/admin\/keys$/, "key.create"],
  [/^post \/v1\/admin\/keys\/\{id\}\/rotate$/, "key.rotate"],
  [/^delete \/v1\/admin\/keys\/\{id\}$/, "key.revoke"],
  [/^(post|patch|put) \/v1\/admin\/tenants/, "tenant.create, tenant.update"],
  [/^(post|patch|put|delete) \/v1\/admin\/users/, "user.create, user.update, user.password, session.revoke"],
  [/^(post|patch|put|delete) \/v1\/admin\/event-types/, "event-type.register, event-type.update, event-type.retire"],
  [/^post \/v1\/admin\/dlq\/(retry|discard)$/, "dead-letters.retry, dead-letters.discard"],
  [/^post \/v1\/admin\/replay/, "replay.create, replay.pause, replay.resume, replay.cancel"],
  [/^post \/v1\/admin\/jobs/, "<kind>.pause, <kind>.resume, <kind>.cancel"],
  [/^post \/v1\/admin\/retention\/run/, "retention.create, retention.end"],
  [/^post \/v1\/admin\/exports$/, "export.create"],
  // A search writes nothing: it is a POST so that the user's name stands in no log.
  [/^post \/v1\/admin\/erasures/, "erasure.create, erasure.unblock"],
  [/^post \/v1\/admin\/ledger\/.*/, "ledger.acknowledge"],
  [/^(post|delete) \/v1\/session$/, "session.create, session.delete"],
  [/^(post|put|patch|delete) \/v1\/me\//, "settings.update, user.password, session.revoke"],
];
