import { afterAll, beforeAll, expect, test } from "vitest";
import { type Document, exampleOf, type Operation, operationsOf } from "../support/openapi-requests.js";
import { rawClient } from "../support/raw-client.js";
import { type Stack, startStack } from "../support/stack.js";
import { openWire } from "./sending-fixture.js";

/** Every path × every method, out of the OpenAPI document. */
const ORIGIN = "https://console.example.org";
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "PURGE", "M-SEARCH", "REPORT", "MKCOL"];

let stack: Stack;
let client: ReturnType<typeof rawClient>;
/** Path → methods that the document names. */
let paths: Map<string, { url: string; methods: Set<string> }>;
let operations: Operation[];

beforeAll(async () => {
  stack = await startStack({ workers: 0, apiEnv: { CORS_ORIGINS: ORIGIN, ADMIN_REQUESTS_PER_MINUTE: "1000000" } });
  client = rawClient(stack.apiUrl);
  operations = operationsOf(JSON.parse((await client.send("GET", "/openapi.json")).text) as Document);
  paths = new Map();
  for (const { path, method, parameters } of operations) {
    const example = (name: string) => String(exampleOf(parameters.find((one) => one.name === name)?.schema ?? { type: "string" }));
    const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(example(name)));
    const known = paths.get(path) ?? { url, methods: new Set() };
    paths.set(path, known);
    known.methods.add(method);
    // A live view sends no HEAD: it would never end.
    if (method === "GET" && path !== "/v1/stats/live") known.methods.add("HEAD");
  }
});
afterAll(async () => {
  client?.close();
  await stack?.stop();
});

/** What else may answer here: `/v1/events/validate` is also an event of that name. */
function methodsAt(url: string): Set<string> {
  const of = [...paths].filter(([path]) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(url));
  return new Set(of.flatMap(([, { methods }]) => [...methods]));
}

test("a wrong method is 405 with Allow on every path", async () => {
  const wrong: string[] = [];
  const requests = [...paths.values()].flatMap(({ url }) =>
    METHODS.filter((method) => !methodsAt(url).has(method)).map((method) => ({ url, method })),
  );
  await client.each(requests, async ({ url, method }) => {
    const { status, headers, text } = await client.send(method, url, { "x-admin-token": stack.adminToken });
    const allow = String(headers.allow).split(", ");
    const named = [...methodsAt(url), "OPTIONS"].sort();
    if (
      status !== 405 ||
      JSON.stringify(allow) !== JSON.stringify(named) ||
      (method !== "HEAD" && JSON.parse(text).code !== "method-not-allowed")
    )
      wrong.push(`${method} ${url}: ${status}, Allow: ${headers.allow}`);
  });
  expect(wrong).toEqual([]);
  expect(requests.length).toBeGreaterThan(500);
  console.info(`${paths.size} paths, ${requests.length} wrong methods`);
});

test("OPTIONS says what a path takes, and so does the answer to a method that nobody knows", async () => {
  for (const { url } of paths.values()) {
    const named = [...methodsAt(url), "OPTIONS"].sort().join(", ");
    expect(await client.send("OPTIONS", url)).toMatchObject({ status: 204, headers: { allow: named } });
    const wire = await openWire(stack.apiUrl);
    wire.write(`FOO ${url}?a=1 HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answer = await wire.answer();
    expect(answer).toMatch(/^HTTP\/1\.1 405 [\s\S]*"code":"method-not-allowed"/);
    expect(answer).toContain(`Allow: ${named}\r\n`);
  }
});

test("what does not exist is 404 with every method", async () => {
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "OPTIONS"]) {
    const { status, text } = await client.send(method, "/v1/nothing/here");
    expect([method, status, JSON.parse(text).code]).toEqual([method, 404, "not-found"]);
  }
});

test("a preflight from an allowed origin passes for every operation, with every header of the contract", async () => {
  const REQUEST = [
    ...["Authorization", "X-Api-Key", "X-Admin-Token", "X-Tenant-Id", "Idempotency-Key", "X-Idempotency-Key", "X-Correlation-Id"],
    ...["traceparent", "Prefer", "Content-Type", "Content-Encoding", "X-Stream-Offset"],
  ];
  const words = (header: string | string[] | undefined) => String(header).toLowerCase().split(/, */);
  for (const { method, path } of operations) {
    const { url } = paths.get(path) as { url: string };
    const asked = { "access-control-request-method": method, "access-control-request-headers": REQUEST.join(",").toLowerCase() };
    const { status, headers } = await client.send("OPTIONS", url, { origin: ORIGIN, ...asked });
    expect([method, path, status, headers["access-control-allow-origin"]]).toEqual([method, path, 204, ORIGIN]);
    expect(headers["access-control-allow-credentials"]).toBe("true");
    expect(words(headers["access-control-allow-methods"])).toContain(method.toLowerCase());
    expect(words(headers["access-control-allow-headers"])).toEqual(expect.arrayContaining(REQUEST.map((name) => name.toLowerCase())));
    const foreign = await client.send("OPTIONS", url, { origin: "https://elsewhere.example.org", ...asked });
    expect([path, foreign.headers["access-control-allow-origin"]]).toEqual([path, undefined]);
  }
  const answer = await client.send("GET", "/v1/me", { origin: ORIGIN, "x-admin-token": stack.adminToken });
  expect(words(answer.headers["access-control-expose-headers"])).toEqual(
    expect.arrayContaining([
      "ratelimit",
      "ratelimit-policy",
      "retry-after",
      "location",
      "x-correlation-id",
      "etag",
      "preference-applied",
      "allow",
    ]),
  );
  console.info(`${operations.length} operations`);
});
