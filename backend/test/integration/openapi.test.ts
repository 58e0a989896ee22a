import { Validator } from "@seriousme/openapi-schema-validator";
import { INPUT_NAMES } from "@streamforge/shared";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STREAMED_TYPES, TAKEN_TYPES } from "../../src/ingest/decode/media-types.js";
import { normalize } from "../../src/ingest/normalize.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { type Answer, GZIP, gzip, NDJSON, newSender, type Sending } from "./sending-fixture.js";

/** What `/openapi.json` says, held against what the API does: its examples are sent, and every answer fits what is said of it. */

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Reply {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, Media>;
}
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; schema?: object }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, Reply>;
  /** Of open routes only, and then empty. */
  security?: object[];
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties: object }> };
}

let stack: Stack;
let sender: Sending;
let document: Document;
let ajv: Ajv2020;

beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  sender = await newSender(stack);
  document = (await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as Document;
  ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  ajvFormats.default(ajv);
  ajv.addSchema(document, "openapi");
});
afterAll(() => stack?.stop());

/** What a `$ref` points to; anything else as it is. */
function resolved<T>(part: T): T {
  const { $ref } = (part ?? {}) as { $ref?: string };
  if ($ref === undefined) return part;
  const found = $ref
    .slice(2)
    .split("/")
    .reduce((at: unknown, name) => (at as Record<string, unknown>)?.[name], document);
  expect(found, $ref).toBeDefined();
  return found as T;
}

const examplesOf = ({ example, examples = {} }: Media): unknown[] =>
  example === undefined ? Object.values(examples).map(({ value }) => value) : [example];

const operation = (path: string): Operation => document.paths[path]?.["post"] as Operation;

function expectFit(value: unknown, schema: object, what: string): void {
  const fits = ajv.compile({ ...(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')) as object) });
  expect(fits(value), `${what}: ${JSON.stringify(value)} ${ajv.errorsText(fits.errors)}`).toBe(true);
}

const TOLD = ["location", "retry-after", "ratelimit", "ratelimit-policy", "preference-applied", "www-authenticate", "x-correlation-id"];

/** The answer is one that the document has: its status, type, members and headers. */
function expectDescribed(path: string, answer: Answer, status: number): Answer {
  expect([answer.status, answer.body]).toEqual([status, answer.body]);
  const reply = resolved(operation(path).responses[String(status)]);
  expect(reply, `${path} ${status}`).toBeDefined();
  const type = answer.headers.get("content-type")?.split(";")[0] as string;
  expect(Object.keys(reply?.content ?? {})).toEqual([type]);
  expectFit(answer.body, reply?.content?.[type]?.schema as object, `${path} ${status}`);
  const described = Object.keys(reply?.headers ?? {}).map((name) => name.toLowerCase());
  expect(described).toEqual(expect.arrayContaining(TOLD.filter((name) => answer.headers.has(name))));
  return answer;
}

const WAYS_IN = {
  "/v1/events": { statuses: [200, 201, 202, 207, 400, 401, 403, 408, 409, 413, 415, 422, 429, 503], good: 202, own: ["Prefer"] },
  "/events": { statuses: [200, 201, 202, 207, 400, 401, 403, 408, 409, 413, 415, 422, 429, 503], good: 202, own: ["Prefer"] },
  "/v1/events/validate": { statuses: [200, 207, 400, 401, 403, 408, 413, 415, 429, 503], good: 200, own: [] },
  "/v1/ingest/stream": { statuses: [200, 202, 207, 400, 401, 403, 408, 413, 415, 429, 503], good: 202, own: ["X-Stream-Offset"] },
};
const paths = Object.keys(WAYS_IN) as (keyof typeof WAYS_IN)[];
const HEADERS_IN = [
  "Idempotency-Key",
  "X-Idempotency-Key",
  "Content-Encoding",
  "X-Correlation-Id",
  "traceparent",
  "tracestate",
  "X-Tenant-Id",
];

async function signIn(): Promise<string> {
  const body = JSON.stringify({ email: stack.adminEmail, password: stack.adminPassword });
  const answer = await fetch(`${stack.apiUrl}/v1/session`, { method: "POST", headers: { "content-type": "application/json" }, body });
  return (answer.headers.get("set-cookie") as string).split(";", 1)[0] as string;
}

describe("the document", () => {
  it("shows lines of an answer that are as it says of a line", () => {
    const media = operation("/v1/ingest/stream").responses["200"]?.content?.["application/x-ndjson"] as Media;
    const shown = (media.example as string).trim().split("\n");
    expect(shown).toHaveLength(3);
    for (const line of shown) expectFit(JSON.parse(line), (media.schema as { contentSchema: object }).contentSchema, "a line");
  });

  it("is valid OpenAPI 3.1, and points nowhere in vain", async () => {
    expect(await new Validator().validate(structuredClone(document) as never)).toMatchObject({ valid: true });
    JSON.stringify(document, (key, value) => (key === "$ref" ? resolved({ $ref: value as string }) && value : value));
  });

  it("describes every answer that has a body", () => {
    const silent: string[] = [];
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { responses }] of Object.entries(operations)) {
        for (const [status, reply] of Object.entries(responses)) {
          const { description, content = {} } = resolved(reply);
          const told = status === "204" || Object.values(content).some(({ schema }) => Object.keys(schema).length > 0);
          if (!told || description === "" || description === "Default Response") silent.push(`${method} ${path} ${status}`);
        }
      }
    }
    // A page; its JSON is that of /problems/{code}.
    expect(silent).toEqual(["get /problems 200"]);
  });

  /** Lists that end by themselves, and where. */
  const ENDS: Record<string, string> = {
    "/v1/admin/ledger": "says truncated, and all counts the whole time",
    "/v1/admin/ledger/alarms": "all: few, since each is a loss",
    "/v1/admin/ledger/checks": "newest, up to limit",
    "/v1/admin/dlq/reasons": "most frequent, up to limit; the rest is a number",
    "/v1/admin/retries": "those that are due first, up to limit: the order changes by the second",
    "/v1/me/sessions": "of one person",
    "/v1/admin/users/{id}/sessions": "of one person",
  };

  it("has limit, cursor and nextCursor in every list, and a list in pieces is the list", async () => {
    const schemaOf = (operation: Operation) =>
      resolved(resolved(operation.responses["200"])?.content?.["application/json"]?.schema) as { properties?: Record<string, object> };
    const lists = Object.entries(document.paths).filter(([, { get }]) => get && schemaOf(get)?.properties?.["items"] !== undefined);
    expect(lists.length).toBeGreaterThanOrEqual(14);
    for (const [path, { get }] of lists) {
      if (ENDS[path] !== undefined) continue;
      const names = get?.parameters?.map(({ name }) => name);
      expect(names, path).toEqual(expect.arrayContaining(["limit", "cursor"]));
      expect(schemaOf(get as Operation).properties, path).toHaveProperty("nextCursor");
    }
    const headers = { cookie: await signIn(), origin: stack.apiUrl, "content-type": "application/json" };
    const ask = (path: string, body?: object) =>
      fetch(`${stack.apiUrl}${path}`, { headers, ...(body ? { method: "POST", body: JSON.stringify(body) } : {}) });
    for (let n = 0; n < 5; n++) {
      const tenantId = `lists-${n % 2}`;
      const made = [
        await ask("/v1/admin/tenants", { tenantId: `listed-${n}`, name: "Listed" }),
        await ask("/v1/admin/keys", { tenantId, name: `key ${n}` }),
        await ask("/v1/admin/users", { email: `listed-${n}@example.com`, role: "viewer" }),
        await ask("/v1/admin/event-types", { tenantId, type: `type ${n}`, schema: { type: "object" } }),
      ];
      expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    }
    const read = async (path: string): Promise<{ items: object[]; nextCursor: string | null }> => {
      const answer = await ask(path);
      expect(answer.status, path).toBe(200);
      return (await answer.json()) as never;
    };
    const counts: Record<string, number> = {};
    for (const [path, { get }] of lists) {
      if (ENDS[path] !== undefined) continue;
      const tenant = path.endsWith("/events") ? `&tenantId=${sender.tenantId}` : "";
      const limit = get?.parameters?.find(({ name }) => name === "limit")?.schema as { maximum: number };
      const whole = await read(`${path}?limit=${limit.maximum}${tenant}`);
      const pieces: object[] = [];
      for (let cursor = ""; pieces.length <= whole.items.length; ) {
        const { items, nextCursor } = await read(`${path}?limit=2${tenant}${cursor}`);
        expect(items.length, path).toBeLessThanOrEqual(2);
        pieces.push(...items);
        if (nextCursor === null) break;
        cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
      }
      expect(pieces, path).toEqual(whole.items);
      counts[path] = pieces.length;
    }
    console.log("items:", counts);
  });

  it("says what any route with a credential may refuse, and each 409", async () => {
    const guarded = Object.values(document.paths).flatMap((operations) => Object.values(operations).filter(({ security }) => !security));
    expect(guarded.length).toBeGreaterThan(40);
    for (const { operationId, responses } of guarded)
      expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(["401", "403", "429", "503"]));
    const call = (method: string, path: string, body: object) =>
      fetch(`${stack.apiUrl}${path}`, {
        method,
        headers: { "x-admin-token": stack.adminToken, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const person = { email: "twice@example.com", role: "viewer" };
    const type = { tenantId: "tenant-demo", type: "twice", version: 1, schema: { type: "object" } };
    const tenant = { tenantId: "twice", name: "Twice" };
    const keyOf = async () =>
      (await call("POST", "/v1/admin/keys", { tenantId: "tenant-demo", name: "k", scopes: ["events:read"] })).json();
    const { id: keyId } = (await keyOf()) as { id: string };
    const dry = { tenantId: "tenant-demo", all: true, status: "DLQ", mode: "dry-run" };
    const { replayId } = (await (await call("POST", "/v1/admin/replay", dry)).json()) as { replayId: string };
    const twice: [string, string, string, object][] = [
      ["post", "/v1/admin/tenants", "/v1/admin/tenants", tenant],
      ["post", "/v1/admin/users", "/v1/admin/users", person],
      ["post", "/v1/admin/event-types", "/v1/admin/event-types", type],
      ["post", "/v1/admin/keys/{id}/rotate", `/v1/admin/keys/${keyId}/rotate`, { overlapSeconds: 60 }],
      ["post", "/v1/admin/replay/{id}/resume", `/v1/admin/replay/${replayId}/resume`, {}],
    ];
    await call("POST", `/v1/admin/replay/${replayId}/cancel`, {});
    for (const [method, path, url, body] of twice) {
      await call(method, url, body);
      const again = await call(method, url, body);
      expect(again.status, `${path} ${await again.clone().text()}`).toBe(409);
      const reply = document.paths[path]?.[method]?.responses["409"] as Reply;
      expectFit(await again.json(), reply.content?.["application/problem+json"]?.schema as object, path);
    }
  });

  it("names what an event may have as normalize reads it", () => {
    const { properties } = document.components.schemas["SentEvent"] as { properties: object };
    expect(Object.keys(properties)).toEqual(Object.values(INPUT_NAMES).flat());
  });

  it("allows in a field what normalize allows", () => {
    const values = ["x", "", "😀".repeat(200), "😀".repeat(201), 7, 2 ** 53, 1.5, true, {}, "2026-01-31T12:00:00Z", "yesterday"];
    const fits = ajv.getSchema("openapi#/components/schemas/SentEvent");
    for (const name of Object.values(INPUT_NAMES).flat()) {
      for (const value of values) {
        const event = { [name]: value };
        const taken = !Array.isArray(normalize(event, JSON.stringify(event), "t", Date.UTC(2026, 5, 1)));
        expect([event, fits?.(event)]).toEqual([event, taken]);
      }
    }
  });
});

describe.each(paths)("POST %s", (path) => {
  const { statuses, good, own } = WAYS_IN[path];

  it("says what it takes and how it may answer", () => {
    const { requestBody, responses, parameters = [] } = operation(path);
    expect(Object.keys(requestBody?.content ?? {})).toEqual(path === "/v1/ingest/stream" ? STREAMED_TYPES : TAKEN_TYPES);
    expect(Object.keys(responses)).toEqual([...statuses.map(String), "default"]);
    expect(parameters.map((one) => resolved(one).name)).toEqual(["results", ...HEADERS_IN, ...own]);
    for (const status of ["429", "503"]) {
      expect(Object.keys(resolved(responses[status])?.headers ?? {})).toEqual(
        expect.arrayContaining(["X-Correlation-Id", "RateLimit-Policy", "RateLimit", "Retry-After"]),
      );
    }
  });

  it("takes its own examples", async () => {
    const { tenantId, post } = await newSender(stack);
    let sent = 0;
    for (const [type, media] of Object.entries(operation(path).requestBody?.content ?? {})) {
      for (const value of examplesOf(media)) {
        expectFit(value, media.schema, `${path} ${type}`);
        const answer = await post(path, value as object, { "content-type": type, "x-tenant-id": tenantId });
        expectDescribed(path, answer, good);
        sent++;
      }
    }
    expect(sent).toBeGreaterThanOrEqual((path === "/v1/ingest/stream" ? STREAMED_TYPES : TAKEN_TYPES).length);
  });

  it("shows answers that are as it says", () => {
    let shown = 0;
    for (const [status, reply] of Object.entries(operation(path).responses)) {
      for (const media of Object.values(resolved(reply).content ?? {})) {
        for (const value of examplesOf(media)) expectFit(value, media.schema, `${path} ${status}`);
        shown += examplesOf(media).length;
      }
    }
    expect(shown).toBeGreaterThan(1);
  });

  it("refuses as it says", async () => {
    const { post, tenantId } = sender;
    const good = '{"eventId":"refused","type":"t"}';
    expectDescribed(path, await post(path, good, { ...NDJSON, authorization: "Bearer nobody" }), 401);
    expectDescribed(path, await post(path, good, { ...NDJSON, "x-tenant-id": "another" }), 403);
    expectDescribed(path, await post(path, good, { "content-type": "text/csv" }), 415);
    expectDescribed(path, await post(path, good, { ...NDJSON, "content-encoding": "br" }), 415);
    expectDescribed(path, await post(path, "no gzip", { ...NDJSON, ...GZIP }), 400);
    expectDescribed(path, await post(path, good, { ...NDJSON, "idempotency-key": "k".repeat(181) }), 400);
    expectDescribed(path, await post(`${path}?results=some`, good, NDJSON), 400);
    const none = expectDescribed(path, await post(path, "no JSON\n{}", NDJSON), 400);
    expect(none.body).toMatchObject({ rejected: 2, results: [{ index: 0 }, { index: 1 }] });
    const some = expectDescribed(path, await post(path, `${JSON.stringify({ eventId: path, type: tenantId })}\n{}`, NDJSON), 207);
    expect(some.body).toMatchObject({ accepted: 1, rejected: 1 });
  });

  it("limits as it says", async () => {
    const { post } = await newSender(stack, { limits: { requestsPerSecond: 1 } });
    // By which of them the limit is reached is a matter of time; that it is, is not.
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => post(path, `{"eventId":"${i}","type":"t"}`, NDJSON)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of answers) expectDescribed(path, answer, answer.status === 429 ? 429 : good);
  });
});

describe("the answers to one event and to many", () => {
  const post = (path: string, body: string | object, headers?: Record<string, string>) => sender.post(path, body, headers);

  it.each(["/v1/events", "/events"])("of %s are as described", async (path) => {
    const event = { eventId: `one${path}`, type: "t" };
    expectDescribed(path, await post(path, event, { "idempotency-key": "k", "x-correlation-id": "c" }), 202);
    expectDescribed(path, await post(path, event), 409);
    const first = expectDescribed(path, await post(path, event, { prefer: "handling=lenient" }), 200);
    expect(first.headers.get("preference-applied")).toBe("handling=lenient");
    expectDescribed(path, await post(path, { ...event, more: 1 }), 422);
    expectDescribed(path, await post(path, { ...event, occurredAt: "yesterday" }), 400);
    expectDescribed(path, await post(path, "no JSON"), 400);
    expectDescribed(path, await post(path, { ...event, payload: "x".repeat(300_000) }), 413);
    expectDescribed(path, await post(`${path}?results=all`, [event, { ...event, eventId: `two${path}` }]), 202);
    expectDescribed(path, await post(`${path}?results=all`, [event, { ...event, more: 1 }]), 207);
    expectDescribed(path, await post(path, gzip(JSON.stringify([event])), GZIP), 202);
  });

  it("of /v1/events/validate are as described", async () => {
    const path = "/v1/events/validate";
    const event = { eventId: "validated", type: "t" };
    await post("/v1/events", event);
    expect(expectDescribed(path, await post(path, event), 200).body).toMatchObject({ would: "duplicate", code: "duplicate" });
    expect(expectDescribed(path, await post(path, { ...event, more: 1 }), 200).body).toMatchObject({ code: "identity-conflict" });
    expect(expectDescribed(path, await post(path, { type: "t" }), 200).body).toMatchObject({ would: "stored" });
    expectDescribed(path, await post(path, {}), 400);
    expectDescribed(path, await post(path, { ...event, payload: "x".repeat(300_000) }), 413);
    const many = expectDescribed(path, await post(path, [event, { ...event, more: 1 }, { type: "t" }, {}]), 207);
    expect(many.body.results).toMatchObject([{ would: "duplicate" }, { would: "conflict" }, { would: "stored" }, { status: "rejected" }]);
  });

  it("of /v1/ingest/stream are as described, also where the list of results ends", async () => {
    const path = "/v1/ingest/stream";
    const lines = Array.from({ length: 10_002 }, (_, i) => `{"eventId":"s-${i}","type":"t"}\n`).join("");
    const all = expectDescribed(path, await post(`${path}?results=all`, lines, NDJSON), 202);
    expect(all.body).toMatchObject({ accepted: 10_002, resultsOmitted: 2, offset: lines.length });
    expect(all.body.results).toHaveLength(10_000);
    const rest = expectDescribed(path, await post(path, '{"type":"t"}\n{}', { ...NDJSON, "x-stream-offset": "100" }), 207);
    expect(rest.body).toMatchObject({ offset: 115 });
    expectDescribed(path, await post(path, "", { ...NDJSON, "x-stream-offset": "-1" }), 400);
  });

  it("that can take nothing now are as described", async () => {
    const full = await stack.startApi({ MAX_BACKLOG_EVENTS: "1" });
    const { post } = await newSender(stack, { apiUrl: full.url });
    await expect.poll(async () => (await post("/v1/events", { type: "t" })).status, { timeout: patience(20_000) }).toBe(503);
    for (const path of paths) expectDescribed(path, await post(path, '{"type":"t"}', NDJSON), 503);
  });
});
