import { createGzip, constants as zlib } from "node:zlib";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Duplex, openDuplex } from "../support/duplex.js";
import { type Stack, startStack } from "../support/stack.js";
import { atThisPace, patience } from "../support/yardstick.js";
import { lines, newSender, type Sending, settledSoon, watchMemory } from "./sending-fixture.js";

const MIB = 1024 * 1024;
/** `DUPLEX_MIB=1024 DUPLEX_BREAKS=20` is the long form. */
const UPLOAD_MIB = Number(process.env.DUPLEX_MIB ?? 12);
const BREAKS = Number(process.env.DUPLEX_BREAKS ?? 5);

let stack: Stack;
let mongo: MongoClient;
beforeAll(async () => {
  stack = await startStack({ env: { STREAM_MAX_BYTES: String(2048 * MIB), MAX_BACKLOG_EVENTS: "100000000" } });
  mongo = await new MongoClient(stack.mongo.url).connect();
}, patience(60_000));
afterAll(async () => {
  await mongo?.close();
  await stack?.stop();
});

const open = (sender: Sending, headers: Record<string, string | number> = {}, url = stack.apiUrl): Duplex =>
  openDuplex(url, sender.key, headers);
const event = (eventId: string, more: object = {}) => `${JSON.stringify({ eventId, eventType: "TICK", payload: { n: 1 }, ...more })}\n`;

test("each line is answered as soon as it is decided, and the summary comes last", async () => {
  const upload = open(await newSender(stack));
  let sent = 0;
  const say = async (text: string) => {
    sent += Buffer.byteLength(text);
    await upload.send(text);
    return upload.next();
  };
  expect(await say(event("d-1"))).toEqual({ index: 0, eventId: "d-1", status: "accepted", offset: sent });
  const { statusCode, headers } = await upload.response;
  expect(statusCode).toBe(200);
  expect(headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
  expect(headers["x-correlation-id"]).toBeTruthy();
  expect(await say(event("d-1"))).toEqual({ index: 1, eventId: "d-1", status: "duplicate", offset: sent });
  expect(await say(event("d-1", { payload: 2 }))).toMatchObject({ index: 2, status: "conflict", code: "identity-conflict", offset: sent });
  expect(await say('{"eventId":\n')).toMatchObject({ index: 3, status: "rejected", code: "invalid-json", offset: sent });
  await upload.send("\n\n");
  upload.finish();
  expect(await upload.rest()).toEqual([
    { summary: { accepted: 1, duplicates: 1, conflicts: 1, rejected: 1, retry: 0, results: [], offset: sent + 2 } },
  ]);
});

test("an empty body is answered with its summary alone", async () => {
  const upload = open(await newSender(stack));
  upload.finish();
  expect(await upload.rest()).toMatchObject([{ summary: { accepted: 0, offset: 0 } }]);
});

test("what goes wrong before the first line has the status of its problem", async () => {
  const sender = await newSender(stack);
  const upload = open(sender, { "content-encoding": "gzip" });
  await upload.send("this is not gzip\n");
  upload.finish();
  expect((await upload.response).statusCode).toBe(400);
  const other = open(sender, { "content-type": "text/plain" });
  other.finish();
  expect((await other.response).statusCode).toBe(415);
});

test("without that Accept the answer is one summary; a wildcard does not ask for lines", async () => {
  const sender = await newSender(stack);
  for (const accept of ["*/*", "application/json", "application/x-ndjson;q=0"]) {
    const answer = await sender.post("/v1/ingest/stream", event(`w-${accept.length}`), { "content-type": "application/x-ndjson", accept });
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ accepted: 1 });
  }
});

test("of a gzip body the offset is that of the inflated lines, and a new gzip of the rest resumes there", async () => {
  const sender = await newSender(stack);
  const all = Array.from({ length: 40 }, (_, n) => event(`z-${n}`));
  const first = await gzipUpload(open(sender, { "content-encoding": "gzip" }), all.slice(0, 25));
  const seen = [await first.next(), await first.next()];
  first.breakOff();
  const { offset } = seen[1];
  expect(offset).toBe(all.slice(0, 2).join("").length);
  const rest = await gzipUpload(open(sender, { "content-encoding": "gzip", "x-stream-offset": offset }), all.slice(2), true);
  const answered = await rest.rest();
  expect(answered).toHaveLength(39);
  expect(answered[38].summary).toMatchObject({ offset: all.join("").length, rejected: 0, conflicts: 0, retry: 0 });
  await expectStored(sender, 40);
});

async function gzipUpload(upload: Duplex, all: string[], whole = false): Promise<Duplex> {
  const gzip = createGzip({ flush: zlib.Z_SYNC_FLUSH });
  gzip.on("data", (chunk: Buffer) => void upload.send(chunk));
  for (const line of all) gzip.write(line);
  if (whole) gzip.once("end", upload.finish).end();
  return upload;
}

test("XML is answered element by element, and resumes at the offset of bytes", async () => {
  const sender = await newSender(stack);
  const xml = { "content-type": "application/xml" };
  const item = (n: number) => `<event><eventId>x-${n}</eventId><eventType>TICK</eventType></event>`;
  const upload = open(sender, xml);
  await upload.send(`<events>${item(1)}${item(2)}`);
  const first = await upload.next();
  expect(first).toMatchObject({ eventId: "x-1", status: "accepted" });
  await upload.send("</events>");
  upload.finish();
  expect(await upload.rest()).toMatchObject([{ eventId: "x-2", status: "accepted" }, { summary: { accepted: 2 } }]);
  const rest = open(sender, { ...xml, "x-stream-offset": first.offset });
  await rest.send(`${item(2)}${item(3)}</events>`);
  rest.finish();
  expect(await rest.rest()).toMatchObject([
    { eventId: "x-2", status: "duplicate" },
    { eventId: "x-3", status: "accepted" },
    { summary: {} },
  ]);
});

test("over the limit what came before stays accepted, and the last line says so", async () => {
  const small = await stack.startApi({ STREAM_MAX_BYTES: "1000" });
  const upload = open(await newSender(stack), {}, small.url);
  const one = event("limit-1");
  await upload.send(one);
  expect(await upload.next()).toMatchObject({ status: "accepted" });
  await upload.send(lines(Array.from({ length: 40 }, (_, n) => event(`limit-x${n}`).trim())));
  const answered = await upload.rest();
  const { summary, problem } = answered.at(-1);
  expect(problem).toMatchObject({ code: "batch-too-large", status: 413, correlationId: expect.any(String) });
  expect(summary.accepted).toBe(answered.length);
  expect(summary.offset).toBeLessThanOrEqual(1000);
  await small.kill("SIGKILL");
});

test("a process that ends says so in the last line, also to a client that is silent", async () => {
  const api = await stack.startApi();
  const sender = await newSender(stack);
  const upload = open(sender, {}, api.url);
  const text = event("term-1");
  await upload.send(text);
  await upload.next();
  const begun = performance.now();
  const ended = api.kill("SIGTERM");
  expect(await upload.rest()).toMatchObject([
    { summary: { accepted: 1, offset: text.length }, problem: { code: "shutting-down", status: 503 } },
  ]);
  expect(performance.now() - begun).toBeLessThan(atThisPace(2_000));
  await ended;
});

test("an item whose outcome is not known ends the stream at its own offset", async () => {
  const api = await stack.startApi({ APPEND_TIMEOUT_MS: "500" });
  const upload = open(await newSender(stack), {}, api.url);
  const text = event("gone-1");
  await upload.send(text);
  await upload.next();
  await stack.redis.kill("SIGSTOP");
  try {
    await upload.send(event("gone-2"));
    const answered = await upload.rest();
    expect(answered[0]).toMatchObject({ eventId: "gone-2", status: "retry", offset: text.length });
    expect(answered[1]).toMatchObject({ summary: { accepted: 1, retry: 1, offset: text.length } });
  } finally {
    await stack.redis.kill("SIGCONT");
    await api.kill("SIGKILL");
  }
});

test(
  "a client that does not read its answers is slowed, in bounded memory, and disconnected when it stays away",
  async () => {
    const api = await stack.startApi({ ANSWER_STALL_TIMEOUT_MS: "2000" });
    const sender = await newSender(stack);
    const upload = open(sender, {}, api.url);
    await upload.send(event("slow-0"));
    await upload.next();
    upload.pause();
    const memory = watchMemory(api.pid());
    let sent = 0;
    let over = false;
    upload.request.once("close", () => {
      over = true;
    });
    const bad = `${"x".repeat(60)}\n`.repeat(1_000);
    while (!over && sent < 400 * MIB) {
      await upload.send(bad);
      sent += bad.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { before, peak } = memory.stop();
    console.log(`took ${(sent / MIB).toFixed(0)} MiB until it was disconnected; API + ${((peak - before) / MIB).toFixed(0)} MiB`);
    expect(over).toBe(true);
    expect((peak - before) / MIB).toBeLessThan(100);
    const metrics = await (await fetch(`${api.url}/metrics`)).text();
    expect(metrics).toContain("streamforge_stalled_clients_total 1");
    await api.kill("SIGKILL");
  },
  patience(60_000),
);

test(
  `an upload of ${UPLOAD_MIB} MiB, broken off ${BREAKS} times and resumed: every line exactly once`,
  async () => {
    const sender = await newSender(stack);
    const total = UPLOAD_MIB * 64;
    const lineOf = (n: number): string =>
      `${JSON.stringify({ eventId: `line-${n}`, eventType: "BIG", payload: { filler: "x".repeat(15_900 + (n % 97)) } })}\n`;
    const starts: number[] = [];
    let bytes = 0;
    for (let n = 0; n < total; n++) {
      starts.push(bytes);
      bytes += lineOf(n).length;
    }
    const breaks = Array.from({ length: BREAKS }, () => Math.floor(Math.random() * bytes)).sort((a, b) => a - b);
    const memory = watchMemory(stack.api.pid());
    const begun = performance.now();
    let offset = 0;
    let connections = 0;
    let last: { summary?: { offset: number; retry: number } } = {};
    while (!last.summary) {
      connections++;
      const upload = open(sender, { "x-stream-offset": offset });
      const breakAt = breaks.shift() ?? Number.POSITIVE_INFINITY;
      const reading = (async () => {
        for (let line = await upload.next(); line !== undefined; line = await upload.next()) {
          if (line.summary) last = line;
          else offset = line.offset;
        }
      })();
      // It resumes where an item begins, never in one.
      const from = starts.indexOf(offset);
      expect(from).toBeGreaterThanOrEqual(0);
      let at = offset;
      for (let n = from; n < total && !upload.request.destroyed; n++) {
        const text = lineOf(n);
        if (at + text.length > breakAt) {
          await upload.send(text.slice(0, Math.max(0, breakAt - at)));
          upload.breakOff();
        } else await upload.send(text);
        at += text.length;
      }
      if (!upload.request.destroyed) upload.finish();
      await reading;
    }
    const { before, peak } = memory.stop();
    const grown = (peak - before) / MIB;
    console.log(
      `${UPLOAD_MIB} MiB over ${connections} connections in ${((performance.now() - begun) / 1000).toFixed(1)} s; API + ${grown.toFixed(0)} MiB`,
    );
    expect(last.summary).toMatchObject({ offset: bytes, retry: 0 });
    expect(connections).toBe(BREAKS + 1);
    expect(grown).toBeLessThan(100);
    await expectStored(sender, total);
  },
  patience(900_000),
);

/** Each event of the sender once, counted in MongoDB. */
async function expectStored(sender: Sending, count: number): Promise<void> {
  await settledSoon(stack, patience(120_000));
  const events = mongo.db("streamforge").collection("events");
  const [found] = await events
    .aggregate([
      { $match: { tenantId: sender.tenantId } },
      { $group: { _id: "$eventId", times: { $sum: 1 } } },
      { $group: { _id: null, events: { $sum: 1 }, most: { $max: "$times" } } },
    ])
    .toArray();
  expect(found).toMatchObject({ events: count, most: 1 });
}
