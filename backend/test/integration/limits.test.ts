import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../support/judged.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { atThisPace, patience } from "../support/yardstick.js";
import {
  expectProblem,
  GZIP,
  gzip,
  head,
  lines,
  NDJSON,
  newSender,
  openWire,
  type Sending,
  type Wire,
  watch,
  watchMemory,
} from "./sending-fixture.js";

const MIB = 1024 * 1024;
const GRACE_MS = 5_000;
/** `SLOW_CLIENTS=2000` is promise 23 in full. */
const SLOW = Number(process.env.SLOW_CLIENTS ?? 300);

let stack: Stack;
let sender: Sending;
/** An API with little patience and little memory. */
let strict: TestProcess;
let strictSender: Sending;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  sender = await newSender(stack);
  strict = await stack.startApi({
    MAX_BUFFERED_BYTES: String(2 * MIB),
    BODY_FIRST_BYTE_TIMEOUT_MS: "1500",
    BODY_TIMEOUT_MS: "4000",
    MAX_BATCH_BYTES: String(2 * MIB),
  });
  strictSender = await newSender(stack, { apiUrl: strict.url });
});
afterAll(() => stack?.stop());

let ids = 0;
const event = (more: object = {}): object => ({ eventId: `l-${ids++}`, eventType: "SALE", ...more });
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
const statuses = (answer: string): number[] => [...answer.matchAll(/HTTP\/1\.1 (\d+) /g)].map((found) => Number(found[1]));
const fill = (bytes: number): string => JSON.stringify(event({ fill: "" })).replace('""', `"${"x".repeat(bytes)}"`);

describe("a gzip bomb", () => {
  test("is refused by its ratio, early and cheaply, as a batch and as a stream", async () => {
    const bomb = gzip(new Uint8Array(400 * MIB));
    const memory = watchMemory(stack.api.pid());
    const begun = performance.now();
    expectProblem(await sender.post("/v1/events", bomb, GZIP), 413, "batch-too-large");
    const streamed = await sender.post("/v1/ingest/stream", bomb, { ...NDJSON, ...GZIP });
    expectProblem(streamed, 413, "batch-too-large");
    expect(streamed.body).toMatchObject({ accepted: 0, offset: 0 });
    expect(performance.now() - begun).toBeLessThan(atThisPace(3_000));
    const { before, peak } = memory.stop();
    expect(peak - before).toBeLessThan(60 * MIB);
  });

  test("repetitive events are no bomb", async () => {
    const text = `[${Array.from({ length: 5_000 }, () => JSON.stringify(event({ fill: "x".repeat(100) }))).join(",")}]`;
    expect((await sender.post("/v1/events", gzip(text), GZIP)).body).toMatchObject({ accepted: 5_000 });
  });
});

describe("slow clients", () => {
  test(
    `promise 23: ${SLOW} bodies at a byte a second and half heads are shed, and nobody else feels them`,
    async () => {
      const slow = await Promise.all(
        Array.from({ length: (SLOW * 2) / 3 }, async (_, i) => {
          const wire = await openWire(stack.apiUrl);
          wire.write(head(sender, i % 2 ? "/v1/events" : "/v1/ingest/stream", { "content-length": 1_000, ...(i % 2 ? {} : NDJSON) }));
          return wire;
        }),
      );
      const halves = await Promise.all(
        Array.from({ length: SLOW / 3 }, async () => {
          const wire = await openWire(stack.apiUrl);
          wire.write("POST /v1/events HTTP/1.1\r\nhost: x\r\nx-a: ");
          return wire;
        }),
      );
      const drip = setInterval(() => {
        for (const wire of [...slow, ...halves]) wire.write(" ");
      }, 1_000);
      const healthy = watch(stack);
      const answers = await Promise.all(slow.map((wire) => wire.answer(GRACE_MS + 7_000)));
      const heads = await Promise.all(halves.map((wire) => wire.answer(9_000)));
      clearInterval(drip);
      const took = await healthy.stop();
      for (const answer of answers) expect(statusOf(answer), answer).toBe(408);
      for (const answer of heads) expect(statusOf(answer), answer).toBe(408);
      expect(answers[0]).toContain("application/problem+json");
      expect(answers[0]).toContain('"offset":');
      expect(slow.filter((wire) => !wire.ended()).length).toBe(0);
      expect(halves.filter((wire) => !wire.ended()).length).toBe(0);
      // The promise's figure; alone on a machine it is below 100.
      expect(took[Math.floor(took.length * 0.99)]).toBeLessThan(atThisPace(500));
    },
    patience(60_000),
  );

  test("no first byte: 408 in its time; a body that is fast enough, yet never ends: 408 in the total time", async () => {
    const silent = await openWire(strict.url);
    silent.write(head(strictSender, "/v1/events", { "content-length": 10 }));
    const endless = await openWire(strict.url);
    endless.write(head(strictSender, "/v1/events", { "content-length": 1_000_000 }));
    const drip = setInterval(() => endless.write("x".repeat(1_000)), 100);
    expect(statusOf(await silent.answer(3_500))).toBe(408);
    expect(statusOf(await endless.answer(6_000))).toBe(408);
    clearInterval(drip);
  });
});

describe("memory for bodies", () => {
  const half = async (bytes: number): Promise<Wire> => {
    const wire = await openWire(strict.url, { allowHalfOpen: true });
    wire.write(head(strictSender, "/v1/events", { "content-length": bytes + 1 }));
    wire.write("[".padEnd(bytes));
    return wire;
  };

  test("beyond the budget the slowest gives way: 503 backlog-full; those who leave, whole or half, give their share back", async () => {
    const first = await half(1.5 * MIB);
    await sleep(200);
    expect((await strictSender.post("/v1/events", `[${" ".repeat(MIB)}]`)).status).toBe(202);
    const refused = await first.answer();
    expect(statusOf(refused), refused).toBe(503);
    expect(refused).toContain("backlog-full");
    expect(first.ended()).toBe(true);
    for (let round = 0; round < 20; round++) {
      const wire = await half(1.5 * MIB);
      await sleep(20);
      if (round % 2) wire.socket.destroy();
      else {
        wire.socket.end();
        expect(statusOf(await wire.answer(2_000))).toBe(400);
        wire.socket.destroy();
      }
      await sleep(20);
    }
    // The whole budget is there again.
    expect((await strictSender.post("/v1/events", `[${" ".repeat(1.9 * MIB)}]`)).status).toBe(202);
    expect(strict.alive()).toBe(true);
  });

  test("a tenant that holds it all does not keep out another, with a body, a batch or a stream", async () => {
    const other = await newSender(stack, { apiUrl: strict.url });
    const hold = async (path: string, more: object) => {
      const wire = await openWire(strict.url);
      wire.write(head(strictSender, path, { "content-length": 3 * MIB, ...more }));
      return wire;
    };
    const line = `{"eventType":"half","fill":"${"x".repeat(250_000)}`;
    const wires = await Promise.all(Array.from({ length: 12 }, () => hold("/v1/ingest/stream", NDJSON)));
    for (const wire of wires) wire.write(line);
    const bodies = await Promise.all(Array.from({ length: 4 }, () => half(0.4 * MIB)));
    await sleep(300);
    expect((await other.post("/v1/events", event())).status).toBe(202);
    expect((await other.post("/v1/events", `[${" ".repeat(0.3 * MIB)}]`)).status).toBe(202);
    expect((await other.post("/v1/ingest/stream", lines([event()]), NDJSON)).status).toBe(202);
    // Some gave way, the others may continue.
    expect([...wires, ...bodies].filter((wire) => wire.ended()).length).toBeGreaterThan(0);
    expect([...wires, ...bodies].filter((wire) => !wire.ended()).length).toBeGreaterThan(3);
    for (const wire of [...wires, ...bodies]) wire.socket.destroy();
  });

  test(
    "bodies in chunks of one byte take what they hold, not a buffer for each byte",
    async () => {
      const text = `[${Array.from({ length: 4 }, () => fill(90_000)).join(",")}]`;
      const chunked = Buffer.from(
        [...text]
          .map((char) => `1\r\n${char}\r\n`)
          .join("")
          .concat("0\r\n\r\n"),
      );
      const memory = watchMemory(stack.api.pid());
      // To the stream the array is one line longer than any event.
      for (const [path, more, expected] of [
        ["/v1/events", {}, 202],
        ["/v1/ingest/stream", NDJSON, 400],
      ] as const) {
        const wire = await openWire(stack.apiUrl);
        wire.write(head(sender, path, { "transfer-encoding": "chunked", connection: "close", ...more }));
        wire.write(chunked);
        expect(statusOf(await wire.answer(20_000))).toBe(expected);
      }
      const { before, peak } = memory.stop();
      console.log(`1-byte chunks: ${((peak - before) / MIB).toFixed(0)} MiB more`);
      expect(peak - before).toBeLessThan(200 * MIB);
    },
    patience(60_000),
  );
});

describe("answers arrive", () => {
  test("an upload over the limit hears its 413 while it still sends, whatever it sends", async () => {
    for (let round = 0; round < 5; round++) {
      const wire = await openWire(strict.url);
      wire.write(head(strictSender, "/v1/events", { "content-length": 40 * MIB }));
      const piece = Buffer.alloc(4 * MIB, " ");
      for (let i = 0; i < 10; i++) wire.write(piece);
      const answer = await wire.answer();
      expect(statusOf(answer)).toBe(413);
      expect(answer).toContain("batch-too-large");
      const chunked = await strictSender.post(
        "/v1/events",
        new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(256 * 1024).fill(0x20)) }, { highWaterMark: 0 }),
      );
      expectProblem(chunked, 413, "batch-too-large");
    }
  });

  test("a wrong key hears its 401 with a large body on its way", async () => {
    for (let round = 0; round < 5; round++) {
      expectProblem(await sender.post("/v1/events", " ".repeat(8 * MIB), { authorization: "Bearer wrong" }), 401, "unauthenticated");
    }
  });
});

describe("HTTP as it comes", () => {
  test("Expect: 100-continue is answered when the credential is good, and only then", async () => {
    const body = JSON.stringify(event());
    const good = await openWire(stack.apiUrl);
    good.write(head(sender, "/v1/events", { "content-length": body.length, expect: "100-continue", connection: "close" }));
    await sleep(300);
    good.write(body);
    expect(statuses(await good.answer())).toEqual([100, 202]);
    const bad = await openWire(stack.apiUrl);
    bad.write(head({ ...sender, key: "wrong" }, "/v1/events", { "content-length": body.length, expect: "100-continue" }));
    expect(statuses(await bad.answer(1_000))).toEqual([401]);
    bad.socket.destroy();
    const odd = await openWire(stack.apiUrl);
    odd.write(head(sender, "/v1/events", { "content-length": body.length, expect: "a miracle" }));
    expect(statuses(await odd.answer(1_000))).toEqual([417]);
    odd.socket.destroy();
  });

  test("pipelined requests are answered in order; garbage behind them is refused, and ends the connection", async () => {
    const bodies = [event(), event()].map((one) => JSON.stringify(one));
    const wire = await openWire(stack.apiUrl);
    wire.write(bodies.map((body) => head(sender, "/v1/events", { "content-length": body.length }) + body).join(""));
    wire.write("\u0000\u0001garbage\r\n\r\n");
    const answer = await wire.answer();
    expect(statuses(answer)).toEqual([202, 202, 400]);
    expect(answer).toContain("application/problem+json");
    expect(wire.ended()).toBe(true);
  });

  test("Content-Length lies: too long is a request that never ends, too short leaves garbage", async () => {
    const body = JSON.stringify(event());
    const long = await openWire(stack.apiUrl, { allowHalfOpen: true });
    long.write(head(sender, "/v1/events", { "content-length": body.length + 10 }) + body);
    long.socket.end();
    expect(statusOf(await long.answer(3_000))).toBe(400);
    const short = await openWire(stack.apiUrl);
    short.write(head(sender, "/v1/events", { "content-length": body.length - 5 }) + body);
    // The rest of the body stands where the next request's method would.
    expect(statuses(await short.answer())).toEqual([400, 400]);
    const both = await openWire(stack.apiUrl);
    both.write(`${head(sender, "/v1/events", { "content-length": 4, "transfer-encoding": "chunked" })}0\r\n\r\n`);
    expect(statusOf(await both.answer())).toBe(400);
    for (const wire of [long, short, both]) wire.socket.destroy();
  });

  test("header floods are refused: too many bytes, too many names", async () => {
    const long = await openWire(stack.apiUrl);
    long.write(head(sender, "/v1/events", { "x-long": "x".repeat(20_000), "content-length": 2 }));
    const answer = await long.answer();
    expect(statusOf(answer)).toBe(431);
    expect(answer).toContain("application/problem+json");
    const many = await openWire(stack.apiUrl);
    const body = JSON.stringify(event());
    many.write(
      head(sender, "/v1/events", {
        ...Object.fromEntries(Array.from({ length: 1_900 }, (_, i) => [`a${i}`, "1"])),
        "content-length": body.length,
      }) + body,
    );
    expect([202, 431]).toContain(statusOf(await many.answer(1_000)));
    many.socket.destroy();
  });

  test("NDJSON in chunks of any size: mark, CRLF, blank lines, no last newline, characters cut in two", async () => {
    const text = Buffer.from(`\uFEFF${lines([event({ a: "ä🎈" }), "", "  ", event({ b: "é" })]).replaceAll("\n", "\r\n")}`);
    for (const path of ["/v1/events", "/v1/ingest/stream"]) {
      for (const size of [1, 2, 3, 7, 1_000]) {
        const wire = await openWire(stack.apiUrl);
        wire.write(head(sender, path, { ...NDJSON, "transfer-encoding": "chunked", connection: "close" }));
        for (let at = 0; at < text.length; at += size) {
          const part = text.subarray(at, at + size);
          wire.write(Buffer.concat([Buffer.from(`${part.length.toString(16)};x=y\r\n`), part, Buffer.from("\r\n")]));
        }
        wire.write("0\r\n\r\n");
        const answer = await wire.answer();
        expect(statusOf(answer), answer).toBe(202);
        expect(answer).toContain('"rejected":0');
        expect(answer).toMatch(/"accepted":2|"duplicates":2/);
      }
    }
  });
});
