import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Document,
  exampleOf,
  type Operation,
  operationsOf,
  type Place,
  placesOf,
  pointerOf,
  replaced,
  type Schema,
  withText,
} from "../support/openapi-requests.js";
import { type RawAnswer, rawClient } from "../support/raw-client.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { openWire } from "./sending-fixture.js";

/**
 * What no store can hold, thrown at every parameter and every member of every body of every route that the OpenAPI document has:
 * never a 5xx, and each refusal is a problem document.
 */
let stack: Stack;
let client: ReturnType<typeof rawClient>;
let operations: Operation[];
let cookie: string;
/** Real things, so that what is odd about the rest of a request reaches them. */
const REAL: Record<string, string> = { "/v1/admin/tenants/": "tenant-a", "/v1/admin/event-types/": "odd" };

beforeAll(async () => {
  // The letters, jobs and events that come of it need no worker.
  stack = await startStack({ workers: 0, env: { ADMIN_REQUESTS_PER_MINUTE: "10000000", EXPORT_DIR: tmpdir() } });
  client = rawClient(stack.apiUrl);
  operations = operationsOf(JSON.parse((await client.send("GET", "/openapi.json")).text) as Document);
  const post = async (path: string, body: object) =>
    client.send("POST", path, { "content-type": "application/json", "x-admin-token": stack.adminToken }, JSON.stringify(body));
  const signedIn = await post("/v1/session", { email: stack.adminEmail, password: stack.adminPassword });
  cookie = String(signedIn.headers["set-cookie"]).split(";")[0] as string;
  REAL["/v1/admin/keys/"] = JSON.parse((await post("/v1/admin/keys", { tenantId: "tenant-a", name: "odd" })).text).id;
  REAL["/v1/admin/users/"] = JSON.parse((await post("/v1/admin/users", { email: "odd@test", role: "viewer" })).text).id;
  expect((await post("/v1/admin/event-types", { tenantId: "tenant-a", type: "odd", schema: {} })).status).toBe(201);
});
afterAll(async () => {
  client?.close();
  await stack?.stop();
});

const AS_TEXT = {
  "a blank": " ",
  "a long text": "x".repeat(5_000),
  "a year 0": "0000-01-01T00:00:00Z",
  "a time before the year 1 in UTC": "0001-01-01T00:00:00+23:59",
  "a time after the year 9999 in UTC": "9999-12-31T23:59:59-23:59",
  "a time before 1970": "0001-01-01T00:00:00Z",
  "the last time": "9999-12-31T23:59:59.999Z",
  "an offset of a day": "2026-01-01T00:00:00+24:00",
  "a negative year": "-271821-04-20T00:00:00Z",
  "a year of six digits": "+275760-09-13T00:00:00.001Z",
  "a leap second": "2026-06-30T23:59:60Z",
  "2^31": "2147483648",
  "2^53 + 1": "9007199254740993",
  "2^63": "9223372036854775808",
  "400 digits": "9".repeat(400),
  "-1": "-1",
  "1e400": "1e400",
  NaN: "NaN",
  hexadecimal: "0x10",
  __proto__: "__proto__",
  constructor: "constructor",
  "a pattern": ".*(a+)+$[",
  "an operator": "$where",
  "a wildcard": "%_\\",
  "a path": "../../etc/passwd",
  "text from right to left": "\u202e\u200b\ufeff",
  "beyond the basic plane": "🎈",
  "not a character": "\uffff",
};

/** In a path or query, percent-encoded. */
const IN_URL: Record<string, string> = {
  ...Object.fromEntries(Object.entries(AS_TEXT).map(([name, text]) => [name, encodeURIComponent(text)])),
  "U+0000": "%00",
  "U+0000 within": "ab%00cd",
  "a control character": "ab%07%1b",
  "half a surrogate pair": "%ed%a0%80",
  "no UTF-8": "%ff",
  "half an escape": "%",
  "no escape": "%zz",
  empty: "",
};

/** In a body, as JSON text; what is not ASCII is bytes (latin1). */
const IN_BODY: Record<string, string> = {
  ...Object.fromEntries(Object.entries(AS_TEXT).map(([name, text]) => [name, Buffer.from(JSON.stringify(text)).toString("latin1")])),
  "U+0000": '"\\u0000"',
  "U+0000 within": '"abc\\u0000def"',
  "half a surrogate pair": '"abc\\ud800"',
  "bytes that are no UTF-8": '"abc\xed\xa0\x80"',
  "an e-mail with U+0000": '"a\\u0000@b"',
  "a very long text": `"${"x".repeat(300_000)}"`,
  empty: '""',
  "the number 2^31": "2147483648",
  "the number 2^53 + 1": "9007199254740993",
  "the number 2^63": "9223372036854775808",
  "the number -1": "-1",
  "the number 1e400": "1e400",
  "the number 1.5": "1.5",
  "no JSON": "NaN",
  null: "null",
  true: "true",
  "an empty list": "[]",
  "a list of texts": '["abc\\u0000"]',
  "a list of lists": "[[[]]]",
  "an empty object": "{}",
  "an operator as member": '{"$ne":1,"$where":"1"}',
  "__proto__ as member": '{"__proto__":{"a":1}}',
  "a prototype": '{"constructor":{"prototype":{"a":1}}}',
  "members that no store takes": '{"a\\u0000":"\\u0000","\\ud800":1e400}',
  "deep lists": `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  "deep objects": `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`,
};

/** In a header, as bytes (latin1). */
const IN_HEADER: Record<string, string> = {
  empty: "",
  "a long text": "x".repeat(5_000),
  latin1: "M\xfcnchen \xff",
  "UTF-8": Buffer.from("München 🎈").toString("latin1"),
  "2^63": "9223372036854775808",
  "-1": "-1",
  __proto__: "__proto__",
  "a year 0": "0000-01-01T00:00:00Z",
  "half of everything": '";,=%00\\ ,, ;q=x "',
  "an escape": "%00%ff",
};

const HEADERS = [
  ...["Authorization", "X-Api-Key", "X-Admin-Token", "Cookie", "X-Tenant-Id", "X-Correlation-Id", "traceparent", "tracestate", "Prefer"],
  ...["Idempotency-Key", "X-Idempotency-Key", "X-Stream-Offset", "Accept", "Accept-Encoding", "Content-Type", "Content-Encoding", "Origin"],
  ...[
    "Referer",
    "Range",
    "If-None-Match",
    "If-Modified-Since",
    "X-Forwarded-For",
    "Sec-Fetch-Site",
    "User-Agent",
    "Last-Event-ID",
    "Expect",
  ],
];

/** What a request needs besides: a credential, and a tenant where no parameter names one. */
function headersFor({ path, parameters, body }: Operation): Record<string, string> {
  const person = { cookie, origin: stack.apiUrl };
  // Signing out would end the session of the test.
  const credential = path.startsWith("/v1/me") ? person : { "x-admin-token": stack.adminToken };
  const named = parameters.some(({ name }) => name === "tenantId") || body?.properties?.["tenantId"] !== undefined;
  return { ...credential, ...(named ? {} : { "x-tenant-id": "tenant-a" }), ...(body ? { "content-type": "application/json" } : {}) };
}

/** Path and query with an example for each path parameter, and one of all parameters as it is given. */
function urlFor({ path, parameters }: Operation, odd?: { name: string; in: string; text: string }): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (odd?.in === "path" && odd.name === name) return odd.text;
    const real = Object.keys(REAL).find((prefix) => path.startsWith(prefix));
    const parameter = parameters.find((one) => one.name === name && one.in === "path");
    return real ? (REAL[real] as string) : encodeURIComponent(String(exampleOf(parameter?.schema ?? { type: "string" })));
  });
  const named = parameters.some((one) => one.name === "tenantId" && one.in === "query") && odd?.name !== "tenantId";
  const tenant = named ? "tenantId=tenant-a&" : "";
  const query = tenant + (odd?.in === "query" ? odd.text : "");
  return query === "" ? filled : `${filled}?${query}`;
}

const faults: string[] = [];
const counts = { requests: 0, refused: 0 };

/** Sends one request, and keeps what is wrong with its answer. */
async function expectNoFault(what: string, sent: Promise<RawAnswer>): Promise<void> {
  const { status, headers, text } = await sent;
  counts.requests++;
  if (status >= 400) counts.refused++;
  const isProblem = headers["content-type"]?.startsWith("application/problem+json") && JSON.parse(text).status === status;
  if (status >= 500 || (status >= 400 && !isProblem)) faults.push(`${what}: ${status} ${text.slice(0, 200)}`);
}

async function report(what: string): Promise<void> {
  console.info(`${what}: ${counts.requests} requests, ${counts.refused} refused, ${faults.length} wrong`);
  expect(faults.splice(0)).toEqual([]);
  Object.assign(counts, { requests: 0, refused: 0 });
}

const isSending = ({ path }: Operation): boolean => /events(\/validate)?$/.test(path);

/** A body of only what is required, and the member that is looked at. */
function least(schema: Schema, { path: [member] }: Place): unknown {
  const whole = exampleOf(schema);
  if (schema.required === undefined && schema.properties === undefined) return whole;
  const kept = new Set([...(schema.required ?? []), member, "tenantId"]);
  return Object.fromEntries(Object.entries(whole as object).filter(([name]) => kept.has(name)));
}

describe("what no store can hold is no 5xx", () => {
  test("the examples themselves are taken, or refused for what they ask for and not for their form", async () => {
    const wrong: string[] = [];
    for (const operation of operations.filter(({ path }) => path !== "/v1/ingest/stream")) {
      const body = operation.body && JSON.stringify(exampleOf(operation.body));
      const { status } = await client.send(operation.method, urlFor(operation), headersFor(operation), body);
      if (status === 400 || status === 401 || status === 403 || status > 422) wrong.push(`${operation.method} ${operation.path} ${status}`);
    }
    // A password that is not the right one, and nobody's cookie.
    expect(wrong).toEqual(["POST /v1/session 401", "GET /v1/session 401", "POST /v1/me/password 400"]);
  });

  test(
    "in any parameter of a path or query",
    async () => {
      const requests = operations.flatMap((operation) =>
        operation.parameters
          .filter((parameter) => parameter.in === "path" || parameter.in === "query")
          .flatMap((parameter) => {
            const { name } = parameter;
            const values = Object.entries(IN_URL).map(([odd, text]) => [odd, parameter.in === "path" ? text : `${name}=${text}`] as const);
            const repeated = [
              ["twice", `${name}=1&${name}=1`],
              ["as a list", `${name}[]=1`],
              ["as an operator", `${name}[$ne]=1`],
              ["without a value", name],
            ] as const;
            return [...values, ...(parameter.in === "query" ? repeated : [])].map(([odd, text]) => ({
              what: `${operation.method} ${operation.path} ${name} (${parameter.in}), ${odd}`,
              operation,
              url: urlFor(operation, { name, in: parameter.in, text }),
            }));
          }),
      );
      await client.each(requests, async ({ what, operation, url }) => {
        const body = operation.body && JSON.stringify(exampleOf(operation.body));
        await expectNoFault(what, client.send(operation.method, url, headersFor(operation), body));
      });
      await report("odd values in paths and queries");
    },
    patience(300_000),
  );

  test(
    "in any header",
    async () => {
      // Hashing a password takes 50 ms on purpose, and headers have no part in it.
      const requests = operations
        .filter(({ method, path }) => !(method === "POST" && /users$|password$/.test(path)))
        .flatMap((operation) =>
          HEADERS.flatMap((name) => [
            ...Object.entries(IN_HEADER).map(([odd, value]) => ({ operation, name, odd, value })),
            { operation, name, odd: "two lines", value: ["one", "two"] },
          ]),
        );
      await client.each(requests, async ({ operation, name, odd, value }) => {
        const { [name.toLowerCase()]: _, ...headers } = headersFor(operation);
        const body = operation.body && JSON.stringify(exampleOf(operation.body));
        const sent = client.send(operation.method, urlFor(operation), { ...headers, [name]: value }, body);
        await expectNoFault(`${operation.method} ${operation.path} ${name}, ${odd}`, sent);
      });
      await report("odd values in headers");
    },
    patience(300_000),
  );

  test(
    "in any place of a body",
    async () => {
      const requests = operations.flatMap((operation) => {
        const { body } = operation;
        if (!body) return [];
        return placesOf(body).flatMap((place) =>
          Object.entries(IN_BODY).flatMap(([odd, text]) =>
            (isSending(operation) ? [exampleOf(body)] : [exampleOf(body), least(body, place)]).map((whole) => ({
              what: `${operation.method} ${operation.path} ${pointerOf(place.path) || "/"}, ${odd}`,
              operation,
              text: Buffer.from(withText(whole, place.path, text), "latin1"),
            })),
          ),
        );
      });
      await client.each(requests, async ({ what, operation, text }) =>
        expectNoFault(what, client.send(operation.method, urlFor(operation), headersFor(operation), text)),
      );
      await report("odd values in bodies");
    },
    patience(300_000),
  );

  test("in a header as bytes that HTTP itself does not allow", async () => {
    for (const name of HEADERS) {
      for (const value of ["a\u0000b", "a\u0007b", "a\rb"]) {
        const wire = await openWire(stack.apiUrl);
        wire.write(Buffer.from(`GET /v1/me HTTP/1.1\r\nHost: a\r\n${name}: ${value}\r\n\r\n`, "latin1"));
        const answer = await wire.answer();
        expect(answer, `${name} ${JSON.stringify(value)}`).toMatch(/^HTTP\/1.1 400 [\s\S]*application\/problem\+json/);
        wire.socket.destroy();
      }
    }
  });
});

describe("what is not understood is refused by name", () => {
  interface Refusal {
    what: string;
    operation: Operation;
    url: string;
    body?: unknown;
    pointer: string;
    meant?: string;
  }

  async function expectRefusals(what: string, requests: Refusal[]): Promise<void> {
    await client.each(requests, async (one) => {
      const body = one.body === undefined ? undefined : JSON.stringify(one.body);
      const headers = { ...headersFor(one.operation), ...(body === undefined ? {} : { "content-type": "application/json" }) };
      const { status, text } = await client.send(one.operation.method, one.url, headers, body);
      counts.requests++;
      const { code, errors = [] } = status === 400 ? JSON.parse(text) : {};
      const found = (errors as { pointer: string; detail: string }[]).find(({ pointer }) => pointer === one.pointer);
      const said = one.meant === undefined ? "unknown" : `did you mean "${one.meant}"?`;
      if (code !== "invalid-request" || !found?.detail.includes(said)) faults.push(`${one.what}: ${status} ${text.slice(0, 300)}`);
    });
    expect(requests.length).toBeGreaterThan(50);
    await report(what);
  }

  /** As people misspell a name: as in other languages, or with a letter more. */
  const misspellings = (name: string): string[] => [
    `${name}${name.at(-1)}`,
    ...(/[A-Z]/.test(name) ? [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), name.toLowerCase()] : []),
  ];
  const ours = () => operations.filter(({ path }) => /^\/(v1|events)\b/.test(path));

  test("in every object of every body", async () => {
    const requests = ours().flatMap((operation): Refusal[] => {
      const { body } = operation;
      const url = urlFor(operation);
      const name = `${operation.method} ${operation.path}`;
      if (!body) {
        if (operation.method === "GET" || operation.path === "/v1/ingest/stream") return [];
        return [{ what: name, operation, url, body: { zzz: 1 }, pointer: "/zzz" }];
      }
      return placesOf(body)
        .filter(({ schema }) => schema.properties)
        .flatMap(({ path, schema }) => {
          // What producers send may have any members, and what it has is kept.
          if (isSending(operation)) return [];
          const example = exampleOf(schema) as Record<string, unknown>;
          if (schema.additionalProperties !== false) return [];
          const at = pointerOf(path);
          const more = { what: `${name} ${at}/zzz`, operation, url, body: replaced(exampleOf(body), path, { ...example, zzz: 1 }) };
          const misspelt = Object.keys(schema.properties ?? {}).flatMap((member) =>
            misspellings(member).map((wrong) => {
              const { [member]: value, ...rest } = example;
              const changed = replaced(exampleOf(body), path, { ...rest, [wrong]: value });
              return { what: `${name} ${at}/${wrong}`, operation, url, body: changed, pointer: `${at}/${wrong}`, meant: member };
            }),
          );
          return [{ ...more, pointer: `${at}/zzz` }, ...misspelt];
        });
    });
    await expectRefusals("unknown members", requests);
  });

  test("every object of an administrative body is closed, or open on purpose", () => {
    const open = ours()
      .filter((operation) => !isSending(operation))
      .flatMap(({ method, path, body }) =>
        body ? placesOf(body).map(({ path: at, schema }) => ({ name: `${method} ${path} ${pointerOf(at)}`, schema })) : [],
      )
      .filter(({ schema }) => schema.type === "object" && schema.additionalProperties !== false)
      .map(({ name }) => name);
    // Names of types, and schemas.
    expect(open).toEqual([
      "PATCH /v1/admin/tenants/{tenantId} /retention/types",
      "POST /v1/admin/event-types /schema",
      "POST /v1/admin/event-types/check /schema",
    ]);
  });

  test("in every query", async () => {
    const requests = ours().flatMap((operation): Refusal[] => {
      const base = urlFor(operation);
      const url = (parameter: string) => `${base}${base.includes("?") ? "&" : "?"}${parameter}`;
      const name = `${operation.method} ${operation.path}`;
      const body = operation.body && exampleOf(operation.body);
      const known = operation.parameters.filter((parameter) => parameter.in === "query");
      return [
        { what: `${name}?zzz`, operation, url: url("zzz=1"), body, pointer: "/querystring/zzz" },
        ...known.flatMap(({ name: parameter, schema }) =>
          misspellings(parameter).map((wrong) => {
            const text = encodeURIComponent(String(exampleOf(schema)));
            const pointer = `/querystring/${wrong}`;
            return { what: `${name}?${wrong}`, operation, url: url(`${wrong}=${text}`), body, pointer, meant: parameter };
          }),
        ),
      ];
    });
    await expectRefusals("unknown parameters", requests);
  });
});
