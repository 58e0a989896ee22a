import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { atThisPace } from "../support/yardstick.js";
import { gzip, NDJSON, newSender, openWire, ordinaryTraffic, type Sending, watch, watchMemory } from "./sending-fixture.js";

const MIB = 1024 * 1024;
/** `FUZZ_INPUTS=100000` is promise 22 in full. */
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 3_000);
const AT_ONCE = 8;

let stack: Stack;
let sender: Sending;
beforeAll(async () => {
  stack = await startStack();
  sender = await newSender(stack);
});
afterAll(() => stack?.stop());

const EVENT = JSON.stringify({
  eventId: "f",
  eventType: "T",
  userId: "u",
  occurredAt: "2026-01-01T00:00:00Z",
  payload: { a: [1, { b: null }], ä: "🎈" },
});
const DEEP = "[".repeat(200_000);

const XML_EVENT =
  '<event a="1"><eventId>f</eventId><eventType>T</eventType><!-- c --><payload><ä b="2">🎈&amp;</ä><![CDATA[<x>]]></payload></event>';

/** Good text with a few bytes changed, cut or doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(EVENT, `[${EVENT},${EVENT}]`, `${EVENT}\n${EVENT}\r\n\n`, XML_EVENT, `<events>${XML_EVENT}\n${XML_EVENT}</events>`),
    fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "cut", "double", "insert")), { maxLength: 6 }),
  )
  .map(([text, changes]) => {
    let bytes = Buffer.from(text);
    for (const [place, value, how] of changes) {
      const at = place % Math.max(1, bytes.length);
      if (how === "set") bytes[at] = value;
      else if (how === "cut") bytes = bytes.subarray(0, at);
      else if (how === "insert") bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([value]), bytes.subarray(at)]);
      else bytes = Buffer.concat([bytes, bytes.subarray(at)]);
    }
    return bytes;
  });
const nasty = fc.constantFrom(
  DEEP,
  `{"eventType":"t","a":${DEEP}`,
  '{"a":'.repeat(40_000),
  `{"eventType":"t","a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  '"'.repeat(100_000),
  "\\".repeat(100_000),
  "[".padEnd(200_000, ","),
  "\n".repeat(200_000),
  "{}\n".repeat(9_999),
  `{"eventType":"t","n":${"9".repeat(100_000)}}`,
  `{"eventType":"t","n":1e${"9".repeat(1_000)}}`,
  `{${Array.from({ length: 10_000 }, (_, i) => `"${i}":${i}`).join(",")}}`,
  `{"eventType":"t","__proto__":{"x":1},"constructor":{"prototype":1},"_bsontype":"Code"}`,
  `{"eventId":"${"\\u0000".repeat(50)}","eventType":"t"}`,
  `{"eventType":"t","eventId":"\\ud800"}`,
  "\u0000".repeat(10_000),
  "NaN",
  "﻿",
  "[[[[]]]]",
  '[null,{},[],1,"",false]',
  `<e>${"<a>".repeat(10_000)}${"</a>".repeat(10_000)}</e>`,
  "<e>".repeat(60_000),
  `<e ${Array.from({ length: 20_000 }, (_, i) => `a${i}=""`).join(" ")}/>`,
  `<e ${Array.from({ length: 1_000_000 }, (_, i) => `a${i}=""`).join(" ")}/>`,
  `<events>${"<e/>".repeat(9_999)}</events>`,
  `<events><e>${"<!--".repeat(50_000)}</e></events>`,
  `<events><e><![CDATA[${"]]".repeat(50_000)}]]></e></events>`,
  `<!DOCTYPE l [<!ENTITY a "${"l".repeat(1_000)}">${Array.from({ length: 20 }, (_, i) => `<!ENTITY a${i} "&a;&a;&a;">`).join("")}]><l>&a19;</l>`,
  '<!DOCTYPE e SYSTEM "file:///etc/passwd"><e/>',
  `<e>${"&#x41;".repeat(40_000)}</e>`,
  `<e>${"&".repeat(100_000)}</e>`,
  "<".repeat(200_000),
  `<e>${"</a>".repeat(50_000)}`,
  `<e a="${"<".repeat(100_000)}"/>`,
  "<e><__proto__><x/></__proto__><constructor/><eventType>t</eventType></e>",
  Buffer.from(`\ufeff<events>${XML_EVENT}</events>`, "utf16le").toString("latin1"),
);
const bytes = fc.oneof(
  { arbitrary: mutated, weight: 8 },
  { arbitrary: fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)), weight: 2 },
  { arbitrary: fc.json().map((text) => Buffer.from(text)), weight: 2 },
  { arbitrary: nasty.map((text) => Buffer.from(text, text.startsWith("\u00ff") ? "latin1" : "utf8")), weight: 1 },
);
const coding = fc.oneof(
  { arbitrary: fc.constant("none"), weight: 6 },
  fc.constantFrom("gzip", "gzip-cut", "gzip-lie", "gzip-twice", "bomb", "br", "GZIP", "identity", "\u00e4"),
);
const header = fc.oneof(
  fc.constant<Record<string, string>>({}),
  fc.constantFrom<Record<string, string>>(
    { "x-idempotency-key": "" },
    { "x-idempotency-key": "k".repeat(500) },
    { "idempotency-key": "k" },
    { "x-stream-offset": "x" },
    { "x-stream-offset": "999999999999999" },
    { prefer: "handling=lenient;;;=,," },
    { traceparent: "00-zz" },
    { "x-correlation-id": "x".repeat(5_000) },
    { "content-type": "application/json; charset=utf-16" },
    { "content-type": "application/x-ndjson;" },
    { "content-type": "application/json, application/x-ndjson" },
    { "content-type": "application/xml; charset=utf-16" },
    { "content-type": "\u00ff" },
    { "content-type": "" },
    { "x-tenant-id": "\u00e9" },
    { expect: "100-continue" },
    { connection: "upgrade", upgrade: "websocket" },
    { "transfer-encoding": "gzip, chunked" },
    { authorization: "Basic x" },
    { cookie: "=;=;sid=%ff" },
  ),
);
const input = fc.record({
  path: fc.constantFrom(
    "/v1/events",
    "/v1/events",
    "/v1/ingest/stream",
    "/v1/events/validate",
    "/events",
    "/v1/events?results=all",
    "/v1/events?results=%ff",
    "/v1/events/%00",
    "/v1/ingest/stream?results=all&results=all",
    "//v1/events",
    "/v1/events/%E0%A4%A",
  ),
  type: fc.constantFrom("application/json", "application/x-ndjson", "application/xml"),
  body: bytes,
  coding,
  header,
  /** How the body is framed: as it should be, in small chunks, or with a length that lies. */
  framing: fc.oneof({ arbitrary: fc.constant("length"), weight: 5 }, fc.constantFrom("chunks", "bad-chunks", "longer", "shorter")),
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

const BOMB = gzip(new Uint8Array(30 * MIB));

function encode({ body, coding: how }: Input): { body: Uint8Array; encoding?: string } {
  switch (how) {
    case "none":
      return { body };
    case "gzip":
    case "GZIP":
      return { body: gzip(body), encoding: how };
    case "gzip-cut":
      return { body: gzip(body).subarray(0, 12 + (body.length % 9)), encoding: "gzip" };
    case "gzip-lie":
      return { body, encoding: "gzip" };
    case "gzip-twice":
      return { body: gzip(gzip(body)), encoding: "gzip" };
    case "bomb":
      return { body: BOMB, encoding: "gzip" };
    default:
      return { body, encoding: how };
  }
}

/** Sends it over a connection of its own, byte by byte as composed: no client library corrects it. */
async function throwAt(one: Input): Promise<number[]> {
  const { body, encoding } = encode(one);
  const chunked = one.framing.endsWith("chunks");
  const lie = one.framing === "longer" ? 7 : one.framing === "shorter" ? -3 : 0;
  const headers: Record<string, string> = {
    host: "x",
    connection: "close",
    authorization: `Bearer ${sender.key}`,
    "content-type": one.type,
    ...(encoding ? { "content-encoding": encoding } : {}),
    ...(chunked ? { "transfer-encoding": "chunked" } : { "content-length": String(Math.max(0, body.length + lie)) }),
    ...one.header,
  };
  const wire = await openWire(stack.apiUrl, { allowHalfOpen: true });
  wire.write(
    Buffer.from(
      `POST ${one.path} HTTP/1.1\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("")}\r\n`,
      "latin1",
    ),
  );
  if (!chunked) wire.write(body);
  else {
    for (let at = 0; at < body.length; at += 1_000) {
      const part = body.subarray(at, at + 1_000);
      wire.write(`${one.framing === "bad-chunks" && at > 0 ? "zz" : part.length.toString(16)}\r\n`);
      wire.write(part);
      wire.write("\r\n");
    }
    wire.write("0\r\n\r\n");
  }
  wire.socket.end();
  const answer = await wire.answer(15_000);
  wire.socket.destroy();
  return [...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map((found) => Number(found[1])).filter((status) => status !== 100);
}

test(`promise 22: ${INPUTS} bad inputs: nothing ends, nothing is called an error of ours, nobody waits, and the memory stays`, async () => {
  const inputs = fc.sample(input, { numRuns: INPUTS, ...(process.env.FUZZ_SEED ? { seed: Number(process.env.FUZZ_SEED) } : {}) });
  const pid = stack.api.pid();
  await ordinaryTraffic(stack);
  await Promise.all(inputs.slice(0, AT_ONCE).map(throwAt));
  const memory = watchMemory(pid);
  const others = watch(stack, stack.apiUrl, 10);
  const seen = new Map<number, number>();
  const odd: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < inputs.length) {
      const one = inputs[next++] as Input;
      const begun = performance.now();
      const found = await throwAt(one);
      const tookMs = Math.round(performance.now() - begun);
      for (const status of found) seen.set(status, (seen.get(status) ?? 0) + 1);
      if (found.some((status) => status >= 500) || found.length === 0)
        odd.push({ found, tookMs, ...one, size: one.body.length, body: one.body.toString("latin1").slice(0, 40) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const took = await others.stop();
  const { before, peak } = memory.stop();
  console.log(
    `statuses ${JSON.stringify(Object.fromEntries([...seen].sort(([a], [b]) => a - b)))}; RSS ${(before / MIB).toFixed(0)} + ${((peak - before) / MIB).toFixed(0)} MiB; others p99 ${took[Math.floor(took.length * 0.99)]?.toFixed(0)}, most ${took.at(-1)?.toFixed(0)} ms`,
  );
  expect(odd.slice(0, 3), `${odd.length} odd answers`).toEqual([]);
  expect(stack.api.pid()).toBe(pid);
  expect(stack.api.alive() && stack.worker.alive()).toBe(true);
  expect(peak - before).toBeLessThan(150 * MIB);
  expect(took[Math.floor(took.length * 0.99)]).toBeLessThan(atThisPace(200));
  expect((await sender.post("/v1/events", `{"eventId":"after","eventType":"T"}`, {})).status).toBe(202);
  expect((await sender.post("/v1/events", `{"eventId":"after","eventType":"T"}`, NDJSON)).body.duplicates).toBe(1);
}, 1_800_000);
