import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { openWire } from "../bench/wire.js";
import { createMix } from "../demo/mix.js";
import { makeEvent } from "./events.js";
import { createLatencyRecorder } from "./histogram.js";
import { startRun } from "./run.js";
import { createSender, type LoadFormat } from "./sender.js";
import { resolveTarget } from "./target.js";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function listen(listener: RequestListener): Promise<{ url: string; port: number }> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  const { port } = listening.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

/** Counts items as the API would and accepts them all. */
const acceptAll =
  (bodies: string[], delayMs: () => number = () => 0): RequestListener =>
  (request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      bodies.push(text);
      const several = text.startsWith("[") || text.includes("\n");
      const accepted = text.startsWith("[") ? JSON.parse(text).length : text.trimEnd().split("\n").length;
      const summary = { accepted, duplicates: 0, conflicts: 0, rejected: 0, retry: 0, results: [] };
      setTimeout(() => response.writeHead(202).end(JSON.stringify(several ? summary : { status: "accepted" })), delayMs());
    });
  };

describe("load", () => {
  test.each<[LoadFormat, number]>([
    ["single", 1],
    ["array", 50],
    ["ndjson", 50],
    ["stream", 500],
  ])("sends %s and counts what was acknowledged", async (format, batch) => {
    const bodies: string[] = [];
    const { url } = await listen(acceptAll(bodies));
    const sender = createSender({ target: { url, apiKey: "k" }, format, batch, connections: 2, timeoutMs: 5_000 });
    const run = startRun({ sender, connections: 2, batch, seconds: 0.3, signal: new AbortController().signal });
    await run.finished;
    await sender.close();
    expect(run.counts.statuses).toEqual({ 202: run.counts.requests });
    expect(run.counts.acknowledged).toBe(bodies.length * batch);
    expect(run.counts.acknowledged).toBeGreaterThan(batch);
    expect(new Set(bodies.join().match(/"eventId":"[^"]+"/g)).size).toBe(run.counts.acknowledged);
  });

  test("keeps the rate, and charges a stall to every request that it held up", async () => {
    const startedAt = performance.now();
    // The server sleeps from 200 to 700 ms, and answers everything else at once.
    const { url } = await listen(
      acceptAll([], () => {
        const at = performance.now() - startedAt;
        return at > 200 && at < 700 ? 700 - at : 0;
      }),
    );
    const sender = createSender({ target: { url, apiKey: "k" }, format: "single", batch: 1, connections: 1, timeoutMs: 5_000 });
    const run = startRun({ sender, connections: 1, batch: 1, seconds: 1, eventsPerSecond: 100, signal: new AbortController().signal });
    await run.finished;
    await sender.close();
    expect(run.counts.requests).toBeGreaterThanOrEqual(99);
    expect(run.counts.requests).toBeLessThanOrEqual(101);
    // One connection: counted from when it was sent, a single request would show the half second.
    expect(run.latency().p90).toBeGreaterThan(300);
  });

  test("another machine is refused unless it is meant, and a key is needed", () => {
    expect(() => resolveTarget({ url: "http://192.0.2.1:3001", key: "k" })).toThrow("--allow-remote");
    expect(() => resolveTarget({ url: "http://127.0.0.1.example.org", key: "k" })).toThrow("--allow-remote");
    expect(resolveTarget({ url: "http://192.0.2.1:3001", key: "k", allowRemote: true }).url).toBe("http://192.0.2.1:3001");
    expect(resolveTarget({ url: "http://[::1]:3001/x", key: "k" }).url).toBe("http://[::1]:3001");
    expect(() => resolveTarget({ url: "http://localhost:3001", key: "" })).toThrow("no API key");
  });

  test("percentiles are right to three figures", () => {
    const latency = createLatencyRecorder();
    for (let ms = 1; ms <= 10_000; ms++) latency.record(ms);
    const { p50, p99, p999, max } = latency.summary();
    expect(p50 / 5_000).toBeCloseTo(1, 2);
    expect(p99 / 9_900).toBeCloseTo(1, 2);
    expect(p999 / 9_990).toBeCloseTo(1, 2);
    expect(max / 10_000).toBeCloseTo(1, 2);
  });

  test("events are of about 300 bytes and distinct", () => {
    const texts = Array.from({ length: 1_000 }, (_, n) => JSON.stringify(makeEvent(n)));
    expect(new Set(texts).size).toBe(1_000);
    const mean = texts.join("").length / texts.length;
    expect(mean).toBeGreaterThan(250);
    expect(mean).toBeLessThan(350);
  });
});

describe("the bench's wire", () => {
  test("reads answers that arrive in pieces, and tells a lost connection", async () => {
    let requests = 0;
    const { port } = await listen((request, response) => {
      request.resume();
      request.on("end", () => {
        if (++requests === 3) return request.socket.destroy();
        const socket = request.socket;
        const answer = `HTTP/1.1 ${requests === 1 ? 202 : 503} X\r\nContent-Length: 5\r\n\r\nhello`;
        // Cut in the head and in the body.
        socket.write(answer.slice(0, 20));
        setTimeout(() => socket.write(answer.slice(20, -3)), 10);
        setTimeout(() => {
          socket.write(answer.slice(-3));
          response.detachSocket(socket);
        }, 20);
      });
    });
    const request = Buffer.from("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    let tell: (what: number | "lost") => void = () => {};
    const next = () =>
      new Promise<number | "lost">((resolve) => {
        tell = resolve;
      });
    const open = () =>
      openWire(
        "127.0.0.1",
        port,
        (status) => tell(status),
        () => tell("lost"),
      );
    for (const wanted of [202, 503, "lost"]) {
      const wire = await open();
      const told = next();
      wire.send(request);
      expect(await told).toBe(wanted);
      wire.close();
    }
  });
});

describe("the demo's mix", () => {
  test("is mostly sound, and holds some of everything that goes wrong", () => {
    const next = createMix();
    const kinds = new Map<string, number>();
    const types = new Set<string>();
    for (let n = 0; n < 5_000; n++) {
      const { kind, type } = next();
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      types.add(type);
    }
    expect((kinds.get("new") ?? 0) / 5_000).toBeGreaterThan(0.9);
    for (const kind of ["duplicate", "late resend", "conflict", "malformed", "wrong for its type", "unknown type"])
      expect(kinds.get(kind) ?? 0).toBeGreaterThan(5);
    expect([...types].sort()).toEqual(["PAYMENT", "REFUND", "SALE", "malformed"]);
  });
});
