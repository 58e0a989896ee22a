import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { STREAMED_TYPES, TAKEN_TYPES } from "../../src/ingest/decode/media-types.js";
import { rawClient } from "../support/raw-client.js";
import { type Stack, startStack } from "../support/stack.js";

/** Each refusal says what was found, where, and what to do. */
let stack: Stack;
let client: ReturnType<typeof rawClient>;
beforeAll(async () => {
  stack = await startStack({ workers: 0, apiEnv: { ADMIN_REQUESTS_PER_MINUTE: "1000000" } });
  client = rawClient(stack.apiUrl);
});
afterAll(async () => {
  client?.close();
  await stack?.stop();
});

const JSON_TYPE = { "content-type": "application/json" };
const NDJSON = { "content-type": "application/x-ndjson" };
const GZIP = { "content-encoding": "gzip" };

async function post(path: string, body: string | Buffer, headers: Record<string, string> = JSON_TYPE) {
  const credential = path.startsWith("/v1/admin") ? { "x-admin-token": stack.adminToken } : { "x-api-key": stack.apiKey };
  const answer = await client.send("POST", path, { ...credential, ...headers }, body);
  return {
    ...answer,
    body: JSON.parse(answer.text) as {
      code: string;
      title: string;
      detail: string;
      results?: { index: number; code: string; detail: string }[];
    },
  };
}

const event = (id: string) => JSON.stringify({ eventId: id, type: "SALE", amount: 1, currency: "EUR" });
const utf16 = (text: string) => Buffer.from(text, "utf16le");

/** What is sent as JSON that is none, to every kind of route, and what the answer must say. */
const BROKEN: [string, string | Buffer, RegExp][] = [
  ["two byte order marks", `\ufeff\ufeff${event("a")}`, /^line 1, column 1 \(byte 3\): found U\+FEFF \(a byte order mark\).*take it out/i],
  [
    "gzip without its header",
    gzipSync(event("a")),
    /^line 1, column 1 \(byte 0\): found 1f 8b, which is gzip; send Content-Encoding: gzip/i,
  ],
  [
    "NDJSON as JSON",
    `${event("a")}\n${event("b")}\n`,
    /^line 2, column 1 \(byte \d+\): .*looks like NDJSON; send Content-Type: application\/x-ndjson/i,
  ],
  ["single quotes", "{'a':1}", /^line 1, column 2 \(byte 1\): found ' \(a single quote\)/i],
  ["a comma too many", '{\n  "a": 1,\n}', /^line 3, column 1 \(byte 12\): found } behind a comma/i],
  ["NaN", '{"a":NaN}', /^line 1, column 6 \(byte 5\): found NaN/i],
  ["a comment", '{"a":1} // one', /column 9 \(byte 8\): found a comment/],
  ["Python's None", '{"a":None}', /found None.*write null/],
  ["cut off", '{"a":{"b":1}', /the text ends, and the { is still open/],
  ["UTF-16", utf16('{"a":1}'), /UTF-16; send UTF-8/],
  ["ISO-8859-1", Buffer.from('{"a":"ü"}', "latin1"), /column 7 \(byte 6\): found the byte fc.*ISO-8859-1/],
  ["a control character", '{"a":"x\u0001"}', /found U\+0001 within a text; write it as \\u0001/],
];

describe.each(["/v1/events", "/v1/events/validate", "/v1/admin/tenants"])("what is no JSON, at %s", (path) => {
  test.each(BROKEN)("%s", async (_kind, sent, said) => {
    const { status, body } = await post(path, sent);
    expect([status, body.code]).toEqual([400, "invalid-json"]);
    expect(body.detail).toMatch(said);
  });

  test("an empty body", async () => {
    const { status, body } = await post(path, "");
    expect([status, body.code]).toEqual([400, "invalid-json"]);
    expect(body.detail).toMatch(/^The body is empty.*send/);
  });
});

describe("a bad item of many", () => {
  test("of NDJSON is named by its line and byte, blank lines counted", async () => {
    const lines = [event("n1"), "", "{'a':1}", '{"type":"SALE","occurredAt":"2026-02-30T00:00:00Z"}', "[1]", event("n2")];
    for (const path of ["/v1/events", "/v1/ingest/stream"]) {
      const { status, body } = await post(path, lines.join("\r\n"), NDJSON);
      expect(status).toBe(207);
      const at = (line: number) => Buffer.byteLength(`${lines.slice(0, line - 1).join("\r\n")}\r\n`);
      expect(body.results?.map(({ index, detail }) => [index, detail])).toEqual([
        [1, `line 3, column 2 (byte ${at(3) + 1}): found ' (a single quote); JSON has double quotes (") around texts and keys`],
        [2, `/occurredAt has the day 30, which does not exist: 2026-02 has 28 days (line 4, byte ${at(4)})`],
        [3, `must be a JSON object (line 5, byte ${at(5)})`],
      ]);
    }
  });

  test("of a long stream too, across its groups and chunks", async () => {
    const lines = Array.from({ length: 2_000 }, (_, i) => (i % 700 === 699 ? "{" : event(`s${i}`)));
    const { body } = await post("/v1/ingest/stream", lines.join("\n"), NDJSON);
    expect(body.results?.map(({ detail }) => detail.split(":")[0])).toEqual(
      [700, 1400].map((line) => `line ${line}, column 2 (byte ${Buffer.byteLength(lines.slice(0, line - 1).join("\n")) + 2})`),
    );
    expect(body.results?.[0]?.detail).toContain("in NDJSON each event is one line");
  });

  test("of an array is placed in the body", async () => {
    const { status, body } = await post("/v1/events", `[${event("r1")},\n  {"a":1 "b":2},\n  ${event("r2")}]`);
    expect(status).toBe(207);
    expect(body.results).toMatchObject([
      { index: 1, code: "invalid-json", detail: expect.stringMatching(/^line 2, column 10 \(byte \d+\): found ".*a comma is missing/) },
    ]);
  });

  test("an array that is not closed, or followed by something, says where", async () => {
    expect((await post("/v1/events", `[${event("x")},\n`)).body.detail).toMatch(
      /^Line 2, column 1 \(byte \d+\): the body ends, and the array is not closed/,
    );
    expect((await post("/v1/events", `[${event("x")}]\n[${event("y")}]`)).body.detail).toMatch(
      /^Line 2, column 1 .*found \[ behind the end of the array.*NDJSON/,
    );
  });
});

describe("encodings and types", () => {
  test("x-gzip is gzip, whatever its case", async () => {
    for (const [i, encoding] of ["x-gzip", "X-GZIP", "gzip", "GZip"].entries())
      expect((await post("/v1/events", gzipSync(event(`g${i}`)), { ...JSON_TYPE, "content-encoding": encoding })).status).toBe(202);
  });

  test("a body that claims to be gzip and is not: the answer names its first bytes", async () => {
    for (const path of ["/v1/events", "/v1/admin/tenants"]) {
      const plain = await post(path, event("p"), { ...JSON_TYPE, ...GZIP });
      expect([plain.status, plain.body.detail]).toEqual([
        400,
        expect.stringMatching(/begins with 7b 22 and gzip with 1f 8b.*send no Content-Encoding/),
      ]);
      const cut = await post(path, gzipSync(event("c")).subarray(0, 30), { ...JSON_TYPE, ...GZIP });
      expect([cut.status, cut.body.detail]).toEqual([400, expect.stringMatching(/cut off/)]);
    }
  });

  test("415 for an encoding is about the encoding, and says which is taken", async () => {
    for (const encoding of ["br", "deflate", "zstd", "gzip, gzip"]) {
      const { status, headers, body } = await post("/v1/events", event("e"), { ...JSON_TYPE, "content-encoding": encoding });
      expect([status, body.code, headers["accept-encoding"]]).toEqual([415, "unsupported-media-type", "gzip"]);
      expect(body.title).toContain("encoding");
      expect(body.detail).toContain(`"${encoding}"`);
    }
  });

  test.each([
    ["/v1/events", TAKEN_TYPES.join(", ")],
    ["/v1/events/validate", TAKEN_TYPES.join(", ")],
    ["/v1/admin/tenants", "application/json"],
    ["/v1/session", "application/json"],
  ])("415 for a type names what %s takes", async (path, accept) => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/json-seq",
      undefined,
    ]) {
      const { status, headers, body } = await post(path, "a=1", type === undefined ? {} : { "content-type": type });
      expect([type, status, headers.accept]).toEqual([type, 415, accept]);
      for (const taken of accept.split(", ")) expect(body.detail).toContain(taken);
    }
  });

  test("a stream takes lines only", async () => {
    const { status, headers, body } = await post("/v1/ingest/stream", event("l"));
    expect([status, headers.accept]).toEqual([415, STREAMED_TYPES.join(", ")]);
    expect(body.detail).toContain("application/x-ndjson");
  });

  test.each([
    ["/v1/events", TAKEN_TYPES],
    ["/events", TAKEN_TYPES],
    ["/v1/events/validate", TAKEN_TYPES],
    ["/v1/ingest/stream", STREAMED_TYPES],
  ])("neither a body nor a type: 415 on %s", async (path, types) => {
    const { status, headers } = await client.send("POST", path, { "x-api-key": stack.apiKey });
    expect([status, headers.accept]).toEqual([415, types.join(", ")]);
  });

  test("a request without a body may name a type", async () => {
    const { status } = await client.send("DELETE", "/v1/session", JSON_TYPE);
    expect(status).toBe(204);
  });
});

test("Prefer: handling=lenient answers a mixed batch with 200 and the same body", async () => {
  const body = (id: string) => `[${event(id)},{}]`;
  const plain = await post("/v1/events", body("l1"));
  expect([plain.status, plain.headers["preference-applied"]]).toEqual([207, undefined]);
  for (const [i, prefer] of ["handling=lenient", 'respond-async, handling="lenient"'].entries()) {
    const lenient = await post("/v1/events", body(`l2${i}`), { ...JSON_TYPE, prefer });
    expect([lenient.status, lenient.headers["preference-applied"]]).toEqual([200, "handling=lenient"]);
    expect(lenient.body).toEqual(plain.body);
  }
  const lines = await post("/v1/events", `${event("l3")}\n{}`, { ...NDJSON, prefer: "handling=lenient" });
  expect(lenient(lines)).toEqual([200, "handling=lenient"]);
  const good = await post("/v1/events", `[${event("l4")}]`, { ...JSON_TYPE, prefer: "handling=lenient" });
  expect(good.status).toBe(202);
  // All of them bad is bad.
  expect((await post("/v1/events", "[{},{}]", { ...JSON_TYPE, prefer: "handling=lenient" })).status).toBe(400);

  function lenient({ status, headers }: { status: number; headers: Record<string, unknown> }) {
    return [status, headers["preference-applied"]];
  }
});
