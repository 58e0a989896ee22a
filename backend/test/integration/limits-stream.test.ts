import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { expectProblem, head, lines, NDJSON, newSender, openWire, watch, watchMemory } from "./sending-fixture.js";

const MIB = 1024 * 1024;
/** `STREAM_UPLOAD_MIB=1024` measures what the design promises for the longest upload. */
const UPLOAD_MIB = Number(process.env.STREAM_UPLOAD_MIB ?? 128);
/** The same of XML, whose way through the worker is longer. */
const XML_UPLOAD_MIB = Number(process.env.STREAM_UPLOAD_MIB ?? 32);

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ env: { STREAM_MAX_BYTES: String(2048 * MIB), MAX_BACKLOG_EVENTS: "100000000" } });
});
afterAll(() => stack?.stop());

/** The same in XML, whose events are smaller: the parser is what is measured, too. */
function xmlUpload(mib: number, prefix: string): ReadableStream<Uint8Array> {
  const filler = "<line><sku>a</sku><n>1</n></line>".repeat(480);
  let n = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const text = Array.from({ length: 16 }, () =>
          `<e><eventId>${prefix}-${n++}</eventId><eventType>BIG</eventType><payload><!-- <x> -->${filler}</payload></e>`.padEnd(16 * 1024),
        );
        if (n === 16) text[0] = `<events>${(text[0] as string).slice(0, 16 * 1024 - 8)}`;
        if (n >= mib * 64) text[15] = `${(text[15] as string).slice(0, 16 * 1024 - 9)}</events>`;
        controller.enqueue(Buffer.from(text.join("")));
        if (n >= mib * 64) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** NDJSON of large events, so that the upload's length and not the number of events is what is measured. */
function upload(mib: number, prefix: string): ReadableStream<Uint8Array> {
  const filler = "x".repeat(64 * 1024 - 200);
  let n = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const text = Array.from({ length: 16 }, () =>
          `{"eventId":"${prefix}-${n++}","eventType":"BIG","payload":{"filler":"${filler}"}}`.padEnd(64 * 1024 - 1),
        );
        controller.enqueue(Buffer.from(`${text.join("\n")}\n`));
        if (n >= mib * 16) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

test.each([
  { name: "NDJSON", mib: UPLOAD_MIB, perMib: 16, type: NDJSON, body: upload },
  { name: "XML", mib: XML_UPLOAD_MIB, perMib: 64, type: { "content-type": "application/xml" }, body: xmlUpload },
])(
  "an upload of $mib MiB of $name grows the API by less than 100 MB, and nobody waits for it",
  async ({ name, mib, perMib, type, body }) => {
    const sender = await newSender(stack);
    await sender.post("/v1/ingest/stream", body(1, "warm"), type);
    const memory = watchMemory(stack.api.pid());
    const others = watch(stack);
    const begun = performance.now();
    const answer = await sender.post("/v1/ingest/stream", body(mib, "big"), type);
    const seconds = (performance.now() - begun) / 1000;
    const { before, peak } = memory.stop();
    const took = await others.stop();
    const grown = (peak - before) / MIB;
    console.log(
      `${mib} MiB of ${name} in ${seconds.toFixed(1)} s; API ${(before / MIB).toFixed(0)} + ${grown.toFixed(0)} MiB; others p99 ${took[Math.floor(took.length * 0.99)]?.toFixed(0)} ms`,
    );
    expect(answer.body).toMatchObject({ accepted: mib * perMib, rejected: 0, retry: 0, offset: mib * MIB });
    expect(grown).toBeLessThan(100);
  },
  patience(600_000),
);

test("over its limit a stream stops; what came before is accepted and counted", async () => {
  const small = await stack.startApi({ STREAM_MAX_BYTES: "10000" });
  const sender = await newSender(stack, { apiUrl: small.url });
  const line = (n: number): string => `${JSON.stringify({ eventId: `over-${n}`, eventType: "T" }).padEnd(99)}\n`;
  const text = Array.from({ length: 300 }, (_, n) => line(n)).join("");
  const answer = await sender.post("/v1/ingest/stream", text, NDJSON);
  expectProblem(answer, 413, "batch-too-large");
  expect(answer.body).toMatchObject({ accepted: 100, rejected: 0, offset: 10_000 });
  // Resuming does not get around the limit.
  const more = await sender.post("/v1/ingest/stream", text.slice(10_000), { ...NDJSON, "x-stream-offset": "10000" });
  expectProblem(more, 413, "batch-too-large");
  expect(more.body).toMatchObject({ accepted: 0, offset: 10_000 });
  await small.kill("SIGKILL");
});

test("a line longer than any event is rejected alone, however long it is", async () => {
  const sender = await newSender(stack);
  const good = (n: number): object => ({ eventId: `long-${n}`, eventType: "T" });
  const text = lines([
    good(0),
    `{"a":"${"x".repeat(3 * MIB)}"}`,
    good(1),
    `{"eventType":"t"}${" ".repeat(MIB)}!`,
    good(2),
    "x".repeat(400_000),
  ]);
  const answer = await sender.post("/v1/ingest/stream", text, NDJSON);
  expect(answer.status).toBe(207);
  expect(answer.body).toMatchObject({ accepted: 3, rejected: 3, offset: text.length });
  expect(answer.body.results.map((r: { index: number; code: string }) => [r.index, r.code])).toEqual([
    [1, "event-too-large"],
    [3, "event-too-large"],
    [5, "event-too-large"],
  ]);
});

test("broken off and sent again from any offset up to the one that was told, everything is there once", async () => {
  const sender = await newSender(stack);
  const items = Array.from({ length: 3_000 }, (_, n) => JSON.stringify({ eventType: "T", n, fill: "x".repeat(n % 200) }));
  const text = `${items.join("\r\n")}\r\n`;
  const headers = { ...NDJSON, "x-idempotency-key": "resumed" };
  const wire = await openWire(stack.apiUrl);
  wire.write(head(sender, "/v1/ingest/stream", { ...headers, "content-length": text.length }));
  wire.write(text.slice(0, text.length / 2));
  await new Promise((resolve) => setTimeout(resolve, 500));
  wire.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 300));
  // Nobody was told an offset: begin again from the start, in three pieces cut at line ends.
  const cuts = [0, text.indexOf("\n", text.length / 4) + 1, text.indexOf("\n", text.length / 1.5) + 1, text.length];
  let [accepted, duplicates] = [0, 0];
  for (let i = 0; i < 3; i++) {
    const part = await sender.post("/v1/ingest/stream", text.slice(cuts[i], cuts[i + 1]), {
      ...headers,
      "x-stream-offset": String(cuts[i]),
    });
    expect(part.body).toMatchObject({ conflicts: 0, rejected: 0, offset: cuts[i + 1] });
    accepted += part.body.accepted;
    duplicates += part.body.duplicates;
  }
  expect(accepted + duplicates).toBe(3_000);
  expect(duplicates).toBeGreaterThan(1_000);
  expect(duplicates).toBeLessThan(1_700);
});
