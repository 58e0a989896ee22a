import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { type Answer, admin, expectProblem, newSender, type Sending } from "./sending-fixture.js";

/** Event types over HTTP, on real servers: what registering answers, what workers do with it, what it looks like afterwards. */

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.stop());

const MONEY = {
  type: "object",
  required: ["amount", "currency"],
  properties: { amount: { type: "number" }, currency: { type: "string" } },
};
const PATH = "/v1/admin/event-types";

const call = (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> =>
  fetch(`${stack.apiUrl}${path}`, {
    method,
    headers: { "x-admin-token": stack.adminToken, ...(body ? { "content-type": "application/json" } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).then(async (response) => ({
    status: response.status,
    headers: response.headers,
    body: await response.json(),
  }));
const register = (tenantId: string, type: string, schema: object, more: object = {}) =>
  admin(stack, "POST", PATH, { tenantId, type, schema, ...more });
const typePath = (tenantId: string, type: string, more = "") => `${PATH}/${encodeURIComponent(type)}?tenantId=${tenantId}${more}`;

async function get(sender: Sending, path: string): Promise<Answer["body"]> {
  return (await fetch(`${stack.apiUrl}${path}`, { headers: { authorization: `Bearer ${sender.key}` } })).json();
}

/** Sends an event and waits for what becomes of it. */
async function fate(sender: Sending, event: { eventId: string; eventType: string; payload?: unknown }): Promise<Answer["body"]> {
  const sent = await sender.post("/v1/events", event);
  expect(sent.status, JSON.stringify(sent.body)).toBe(202);
  return decided(sender, event.eventId);
}

async function decided(sender: Sending, eventId: string): Promise<Answer["body"]> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await get(sender, `/v1/events/${encodeURIComponent(eventId)}`);
    if (found.status === "stored" || found.status === "dead") return found;
    await sleep(50);
  }
  throw new Error(`${eventId} is not decided`);
}

const letterOf = async (id: string): Promise<Answer["body"]> => (await call("GET", `/v1/admin/dlq/${id}`)).body;

describe("tenant-demo", () => {
  test("has SALE and PAYMENT, and is strict about them", async () => {
    const { body } = await call("GET", `${PATH}?tenantId=tenant-demo`);
    expect(body.items.map(({ type, active }: { type: string; active: number }) => [type, active])).toEqual([
      ["PAYMENT", 1],
      ["SALE", 1],
    ]);
    expect(body.items[1].schema).toMatchObject(MONEY);
    const demo: Sending = { ...(await newSender(stack)), tenantId: "tenant-demo", key: stack.apiKey };
    const headers = { authorization: `Bearer ${stack.apiKey}` };
    const send = async (event: { eventId: string; eventType: string; payload: unknown }) => {
      expect((await demo.post("/v1/events", event, headers)).status).toBe(202);
      return decided(demo, event.eventId);
    };
    expect(await send({ eventId: "d1", eventType: "SALE", payload: { amount: 1, currency: "EUR" } })).toMatchObject({ status: "stored" });
    expect(await send({ eventId: "d2", eventType: "SALE", payload: { amount: "1", currency: "EUR" } })).toMatchObject({ status: "dead" });
    expect(await send({ eventId: "d3", eventType: "REFUND", payload: {} })).toMatchObject({ status: "dead" });
  });
});

describe("what becomes of events", () => {
  test("a payload that does not fit is a dead letter with the pointer of each failure; a corrected resend is stored and supersedes it", async () => {
    const sender = await newSender(stack);
    await register(sender.tenantId, "sale", MONEY);
    await sleep(1_000);
    expect(await fate(sender, { eventId: "good", eventType: "sale", payload: { amount: 1, currency: "EUR" } })).toMatchObject({
      status: "stored",
    });
    const dead = await fate(sender, { eventId: "bad", eventType: "sale", payload: { amount: "1", currency: 2 } });
    expect(dead.status).toBe("dead");
    expect(await letterOf(dead.deadLetter)).toMatchObject({
      reasonCode: "SCHEMA_INVALID",
      status: "open",
      message: "/amount must be number",
      failures: [
        { pointer: "/amount", detail: "must be number" },
        { pointer: "/currency", detail: "must be string" },
      ],
    });
    // Same id, other body: the letter gave the identity back.
    expect(await fate(sender, { eventId: "bad", eventType: "sale", payload: { amount: 1, currency: "EUR" } })).toMatchObject({
      status: "stored",
    });
    // The step behind the write: who reads in between sees the event stored and its letter still open.
    await expect.poll(async () => (await letterOf(dead.deadLetter)).status, { timeout: patience(2_000) }).toBe("superseded");
  });

  test("one cause is one line, whatever the values and the names that data brings along", async () => {
    const sender = await newSender(stack);
    await register(sender.tenantId, "scores", { properties: { scores: { additionalProperties: { type: "number" } } } });
    await sleep(1_000);
    for (const [i, name] of ["alice", "bob", "carol 7"].entries())
      await fate(sender, { eventId: `s${i}`, eventType: "scores", payload: { scores: { [name]: `x${i}` } } });
    const { body } = await call("GET", `/v1/admin/dlq/reasons?tenantId=${sender.tenantId}`);
    expect(body.items).toHaveLength(1);
    expect(body.items[0]).toMatchObject({ reasonCode: "SCHEMA_INVALID", eventType: "scores", count: 3 });
  });

  test("an unknown type is a dead letter for a tenant with types; without types everything is stored", async () => {
    const [strict, free] = [await newSender(stack), await newSender(stack)];
    await register(strict.tenantId, "known", {});
    await sleep(1_000);
    const dead = await fate(strict, { eventId: "u1", eventType: "other", payload: 1 });
    expect(await letterOf(dead.deadLetter)).toMatchObject({ reasonCode: "UNKNOWN_TYPE", message: "the event type is not registered" });
    expect(await fate(free, { eventId: "u1", eventType: "other", payload: 1 })).toMatchObject({ status: "stored" });
  });

  test("a retired type is unknown; the last one retired ends the strictness; taken out of retirement it counts again", async () => {
    const sender = await newSender(stack);
    await register(sender.tenantId, "a", MONEY);
    await register(sender.tenantId, "b", {});
    const retired = await call("DELETE", typePath(sender.tenantId, "a"));
    expect(retired.body).toMatchObject({ type: "a", active: null, meaning: expect.stringContaining("UNKNOWN_TYPE") });
    await sleep(1_000);
    const dead = await fate(sender, { eventId: "r1", eventType: "a", payload: {} });
    expect(await letterOf(dead.deadLetter)).toMatchObject({ reasonCode: "UNKNOWN_TYPE", message: "the event type was retired" });
    expect((await call("DELETE", typePath(sender.tenantId, "b"))).body.meaning).toContain("stored unchecked");
    await sleep(1_000);
    expect(await fate(sender, { eventId: "r2", eventType: "a", payload: {} })).toMatchObject({ status: "stored" });
    expect((await call("PATCH", typePath(sender.tenantId, "a"), { version: 1 })).body).toMatchObject({ active: 1 });
    await sleep(1_000);
    const again = await fate(sender, { eventId: "r3", eventType: "a", payload: {} });
    expect(await letterOf(again.deadLetter)).toMatchObject({ reasonCode: "SCHEMA_INVALID" });
  });

  test("validate says what the worker would", async () => {
    const sender = await newSender(stack);
    await register(sender.tenantId, "sale", MONEY);
    await sleep(1_000);
    await fate(sender, { eventId: "v0", eventType: "sale", payload: { amount: 1, currency: "EUR" } });
    const items = [
      { eventId: "v1", eventType: "sale", payload: { amount: 1, currency: "EUR" } },
      { eventId: "v2", eventType: "sale", payload: { amount: 1 } },
      { eventId: "v3", eventType: "rent", payload: {} },
      { eventId: "v0", eventType: "sale", payload: { amount: 1, currency: "EUR" } },
      { eventId: "v0", eventType: "sale", payload: { amount: "x" } },
    ];
    const { body } = await sender.post("/v1/events/validate", items);
    expect(body.results.map(({ would, code }: { would: string; code?: string }) => [would, code])).toEqual([
      ["stored", undefined],
      ["dead", "SCHEMA_INVALID"],
      ["dead", "UNKNOWN_TYPE"],
      ["duplicate", "duplicate"],
      ["conflict", "identity-conflict"],
    ]);
  });
});

describe("registering", () => {
  test("versions count up; the highest that is not retired counts; every change is audited", async () => {
    const { tenantId } = await newSender(stack);
    const first = await register(tenantId, "order/created Ü?", MONEY, { description: "first" });
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ tenantId, version: 1, registered: true, counts: true, schema: MONEY });
    expect((await register(tenantId, "order/created Ü?", {})).body).toMatchObject({ version: 2 });
    expectProblem(await register(tenantId, "order/created Ü?", {}, { version: 2 }), 409, "conflict");
    expect((await register(tenantId, "order/created Ü?", MONEY, { version: 7 })).body).toMatchObject({ version: 7 });
    const path = typePath(tenantId, "order/created Ü?");
    expect((await call("GET", path)).body).toMatchObject({
      active: 7,
      versions: [{ version: 7 }, { version: 2 }, { version: 1, schema: MONEY }],
    });
    expect((await call("PATCH", path, { version: 1, description: "again" })).body).toMatchObject({ active: 1, description: "again" });
    expect((await call("DELETE", `${path}&version=1`)).body).toMatchObject({ active: null });
    expect((await call("DELETE", `${path}&version=3`)).status).toBe(404);
    expect((await call("GET", typePath(tenantId, "none"))).status).toBe(404);
    const audit = (await call("GET", `/v1/admin/audit?tenantId=${tenantId}`)).body.items as {
      action: string;
      before: object;
      after: object;
    }[];
    const actions = audit.map(({ action }) => action).filter((action) => action.startsWith("event-type."));
    expect(actions.sort()).toEqual([
      "event-type.register",
      "event-type.register",
      "event-type.register",
      "event-type.retire",
      "event-type.update",
    ]);
  });

  test("a new version is checked against what is stored; a dry run registers nothing; the first type warns of types that become unknown", async () => {
    const sender = await newSender(stack);
    for (let i = 0; i < 30; i++)
      await sender.post("/v1/events", { eventId: `e${i}`, eventType: "sale", payload: { amount: i % 3 === 0 ? "x" : i, currency: "EUR" } });
    await sender.post("/v1/events", { eventId: "view", eventType: "view", payload: {} });
    await decided(sender, "view");
    const expected = { sample: { checked: 30, failing: 10 }, becomeUnknown: [{ type: "view", events: 1 }], version: 1, registered: false };
    const dry = await register(sender.tenantId, "sale", MONEY, { dryRun: true });
    expect(dry.status).toBe(200);
    expect(dry.body).toMatchObject(expected);
    expect(dry.body.sample.examples).toHaveLength(5);
    expect(dry.body.sample.examples[0].failures).toEqual([{ pointer: "/amount", detail: "must be number" }]);
    expect((await admin(stack, "POST", `${PATH}/check`, { tenantId: sender.tenantId, type: "sale", schema: MONEY })).body).toMatchObject(
      expected,
    );
    expect((await call("GET", `${PATH}?tenantId=${sender.tenantId}`)).body.items).toEqual([]);
    const made = await register(sender.tenantId, "sale", MONEY);
    expect(made.body).toMatchObject({ ...expected, registered: true });
    expect(made.body.warnings.join()).toContain("becomes strict");
  });

  test("what cannot be checked in linear time, or means something else than it seems to, is refused with its place", async () => {
    const { tenantId } = await newSender(stack);
    const refused = async (schema: object, pointer: string, detail: RegExp) => {
      const answer = await register(tenantId, "t", schema);
      expectProblem(answer, 400, "invalid-request");
      expect(answer.body.errors[0]).toMatchObject({ pointer, detail: expect.stringMatching(detail) });
    };
    await refused({ properties: { a: { pattern: "^(?=x)" } } }, "/schema/properties/a/pattern", /look-around/);
    await refused({ pattern: "(a)\\1" }, "/schema/pattern", /back reference/);
    await refused({ $ref: "https://example.com/s" }, "/schema/$ref", /nothing is fetched/);
    await refused({ proprties: {} }, "/schema/proprties", /no keyword/);
    await refused({ type: "nummer" }, "/schema/type", /./);
    await refused({ format: "colour" }, "/schema/format", /no known format/);
    await refused({ allOf: [{ $ref: "#" }] }, "/schema", /never end/);
    await refused({ $comment: "x".repeat(70_000) }, "/schema", /MAX_SCHEMA_BYTES/);
    let deep: object = {};
    for (let i = 0; i < 500; i++) deep = { not: deep };
    await refused(deep, "/schema", /deeper than 64/);
    expect((await call("GET", `${PATH}?tenantId=${tenantId}`)).body.items).toEqual([]);
  });

  test("viewers read, admins change, a key with admin stays in its tenant", async () => {
    const { tenantId, key } = await newSender(stack);
    const asKey = { authorization: `Bearer ${key}`, "x-admin-token": "" };
    expect((await fetch(`${stack.apiUrl}${PATH}`, { headers: { authorization: asKey.authorization } })).status).toBe(403);
    const made = await admin(stack, "POST", "/v1/admin/keys", { tenantId, name: "boss", scopes: ["admin"] });
    const boss = { authorization: `Bearer ${made.body.key}`, "content-type": "application/json" };
    const post = (body: object) => fetch(`${stack.apiUrl}${PATH}`, { method: "POST", headers: boss, body: JSON.stringify(body) });
    expect((await post({ type: "own", schema: {} })).status).toBe(201);
    expect((await post({ type: "own", schema: {}, tenantId: "tenant-demo" })).status).toBe(403);
    const { items } = (await (await fetch(`${stack.apiUrl}${PATH}`, { headers: boss })).json()) as { items: { tenantId: string }[] };
    expect(items.map((item) => item.tenantId)).toEqual([tenantId]);
    expect((await call("POST", PATH, { type: "x", schema: {} })).body).toMatchObject({ code: "tenant-required" });
  });
});

describe("limits", () => {
  test("the list ends a page at 4 MiB, and its cursor leads on", async () => {
    const { tenantId } = await newSender(stack);
    const db = new pg.Client(stack.postgres.url);
    await db.connect();
    const schema = JSON.stringify({ description: "x".repeat(60_000) });
    for (let n = 0; n < 100; n++)
      await db.query(
        "INSERT INTO event_types (id, tenant_id, type, version, schema, created_by, updated_at) VALUES (gen_random_uuid(), $1, $2, 1, $3, 'test', now())",
        [tenantId, `large ${String(n).padStart(3, "0")}`, schema],
      );
    await db.end();
    const found: string[] = [];
    let pages = 0;
    for (let cursor = ""; ; cursor = `&cursor=${cursor}`) {
      const { status, body } = await call("GET", `${PATH}?tenantId=${tenantId}&limit=500${cursor}`);
      expect(status).toBe(200);
      expect(JSON.stringify(body).length).toBeLessThan(4.1 * 1024 * 1024);
      found.push(...body.items.map(({ type }: { type: string }) => type));
      pages++;
      if (body.nextCursor === null) break;
      cursor = body.nextCursor;
    }
    expect(found).toEqual(Array.from({ length: 100 }, (_, n) => `large ${String(n).padStart(3, "0")}`));
    expect(pages).toBe(2);
    for (const wrong of ["x", "W10", Buffer.from('["a"]').toString("base64url")])
      expectProblem(await call("GET", `${PATH}?cursor=${wrong}`), 400, "invalid-request");
  });

  test("types and bytes of a tenant are bounded, by registering and by making an older version count; another tenant is free", async () => {
    const api = await stack.startApi({ MAX_EVENT_TYPES_PER_TENANT: "3", MAX_SCHEMA_BYTES_PER_TENANT: "2000" });
    const { tenantId } = await newSender(stack);
    const post = async (type: string, schema: object, tenant = tenantId) => {
      const headers = { "x-admin-token": stack.adminToken, "content-type": "application/json" };
      const body = JSON.stringify({ tenantId: tenant, type, schema });
      const answer = await fetch(`${api.url}${PATH}`, { method: "POST", headers, body });
      return { status: answer.status, body: (await answer.json()) as { code: string; detail: string } };
    };
    const large = { description: "x".repeat(900) };
    for (const type of ["a", "b"]) expect((await post(type, large)).status).toBe(201);
    const bytes = await post("c", large);
    expect(bytes).toMatchObject({
      status: 409,
      body: { code: "conflict", detail: expect.stringContaining("MAX_SCHEMA_BYTES_PER_TENANT") },
    });
    expect((await post("a", {})).status).toBe(201);
    expect((await post("c", large)).status).toBe(201);
    const types = await post("d", {});
    expect(types).toMatchObject({ status: 409, body: { detail: expect.stringContaining("MAX_EVENT_TYPES_PER_TENANT allows 3") } });
    // A next version of what there is is no further type.
    expect((await post("b", large)).status).toBe(201);
    const back = await fetch(`${api.url}${typePath(tenantId, "a")}`, {
      method: "PATCH",
      headers: { "x-admin-token": stack.adminToken, "content-type": "application/json" },
      body: JSON.stringify({ version: 1 }),
    });
    expect(back.status).toBe(409);
    expect((await post("d", {}, `${tenantId}-other`)).status).toBe(201);
    await api.kill("SIGTERM");
  });

  test(
    "registering the 250th type costs what the first did",
    async () => {
      const { tenantId } = await newSender(stack);
      const took: number[] = [];
      const large = { ...MONEY, description: "x".repeat(10_000) };
      for (let n = 0; n < 250; n++) {
        const startedAt = performance.now();
        expect((await register(tenantId, `type-${n}`, large)).status).toBe(201);
        took.push(performance.now() - startedAt);
      }
      const median = (part: number[]): number => part.sort((a, b) => a - b)[part.length >> 1] as number;
      const [first, last] = [median(took.slice(0, 50)), median(took.slice(-50))];
      console.log(`registering: the first 50 took ${first.toFixed(0)} ms, the last 50 of 250 ${last.toFixed(0)} ms (median)`);
      expect(last).toBeLessThan(2 * first + 20);
    },
    patience(90_000),
  );

  test("a schema that takes long to compile is refused within its budget, and other requests are answered meanwhile", async () => {
    const { tenantId } = await newSender(stack);
    const heavy = (n: number) => ({
      properties: Object.fromEntries(Array.from({ length: 98 }, (_, i) => [`p${i}`, { pattern: `^[\\p{L}\\p{N}]{1,${900 + i}}${n}$` }])),
    });
    const attack = Promise.all(Array.from({ length: 4 }, (_, n) => register(tenantId, `heavy-${n}`, heavy(n))));
    const waits: number[] = [];
    let over = false;
    void attack.finally(() => {
      over = true;
    });
    while (!over) {
      const startedAt = performance.now();
      await fetch(`${stack.apiUrl}/live`);
      waits.push(performance.now() - startedAt);
      await sleep(5);
    }
    for (const { status, body } of await attack) expect([status, body.code]).toEqual([400, "invalid-request"]);
    waits.sort((a, b) => a - b);
    // The event loop of the api was never held for as long as one of them took.
    expect(waits.at(-1)).toBeLessThan(500);
    expect((await register(tenantId, "light", MONEY)).status).toBe(201);
  });
});

describe("numbers", () => {
  test("are judged as they are written, in schema and event, in every shape of event, and a schema is kept as it was sent", async () => {
    const sender = await newSender(stack);
    const schema =
      '{"properties":{"price":{"multipleOf":0.01},"post":{"const":9007199254740992},"zeta":{"minimum":0.50},"alpha":{"type":"integer"}}}';
    const registered = await fetch(`${stack.apiUrl}${PATH}`, {
      method: "POST",
      headers: { "x-admin-token": stack.adminToken, "content-type": "application/json" },
      body: `{"tenantId":"${sender.tenantId}","type":"N","schema":${schema}}`,
    });
    expect(registered.status).toBe(201);
    const shown = await fetch(`${stack.apiUrl}${typePath(sender.tenantId, "N")}`, { headers: { "x-admin-token": stack.adminToken } });
    expect(await shown.text()).toContain(`"schema":${schema}`);

    const fields: [string, string][] = [
      ['"price":19.99', "stored"],
      ['"price":0.07', "stored"],
      ['"price":8.20', "stored"],
      ['"price":8.205', "dead"],
      ['"price":0.0700000000000000001', "dead"],
      ['"price":1e400', "stored"],
      ['"post":9007199254740992', "stored"],
      ['"post":9007199254740993', "dead"],
      ['"post":9.007199254740992e15', "stored"],
      ['"zeta":0.49999999999999999999', "dead"],
      ['"alpha":1.0', "stored"],
      ['"alpha":1e400', "stored"],
      ['"alpha":1.0000000000000000001', "dead"],
    ];
    const texts = fields.flatMap(([field], i) => [
      `{"eventId":"n-${i}","eventType":"N","payload":{${field}}}`,
      `{"eventId":"f-${i}","eventType":"N",${field}}`,
    ]);
    const headers = { "content-type": "application/x-ndjson", authorization: `Bearer ${sender.key}` };
    // In force everywhere within a second of its answer.
    await sleep(1_000);
    const foreseen = await fetch(`${stack.apiUrl}/v1/events/validate`, { method: "POST", headers, body: texts.join("\n") });
    const { results } = (await foreseen.json()) as { results: { would: string }[] };
    expect((await fetch(`${stack.apiUrl}/v1/events`, { method: "POST", headers, body: texts.join("\n") })).status).toBe(202);
    for (const [i, [field, expected]] of fields.entries())
      for (const [shape, place] of [
        ["n", 2 * i],
        ["f", 2 * i + 1],
      ] as const) {
        expect(await decided(sender, `${shape}-${i}`), `${shape} ${field}`).toMatchObject({ status: expected });
        expect(results[place]?.would, `validate ${shape} ${field}`).toBe(expected);
      }
  });
});
