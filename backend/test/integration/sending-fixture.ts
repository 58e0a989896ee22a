import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { settled } from "@streamforge/infrastructure/judge";
import { Redis } from "ioredis";
import { expect } from "vitest";
import type { Stack } from "../support/stack.js";
import { atThisPace } from "../support/yardstick.js";

/** An answer, read to its end. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The body as JSON; {} when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any;
}

export interface Sending {
  tenantId: string;
  key: string;
  post(path: string, body: string | object, headers?: Record<string, string>): Promise<Answer>;
}

let tenants = 0;

/** A tenant of its own with a key. @param apiUrl another API process than the stack's first */
export async function newSender(
  stack: Stack,
  { apiUrl = stack.apiUrl, ...more }: { apiUrl?: string; defaultType?: string; limits?: object } = {},
): Promise<Sending> {
  const tenantId = `sending-${process.pid}-${tenants++}`;
  const { limits, defaultType } = more;
  if (limits) expect((await admin(stack, "POST", "/v1/admin/tenants", { tenantId, name: "limited", limits })).status).toBe(201);
  const created = await admin(stack, "POST", "/v1/admin/keys", {
    tenantId,
    name: "sender",
    scopes: ["events:write", "events:read"],
    ...(defaultType ? { defaultType } : {}),
  });
  expect(created.status).toBe(201);
  const key = created.body.key as string;
  return {
    tenantId,
    key,
    post(path, body, headers = {}) {
      const raw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
      return send(`${apiUrl}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        body: raw ? (body as string) : JSON.stringify(body),
        ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
      } as RequestInit);
    },
  };
}

export function admin(stack: Stack, method: string, path: string, body: object): Promise<Answer> {
  return send(`${stack.apiUrl}${path}`, {
    method,
    headers: { "x-admin-token": stack.adminToken, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  let body: unknown = {};
  try {
    body = JSON.parse(text);
  } catch {}
  return { status: response.status, headers: response.headers, body };
}

export const NDJSON = { "content-type": "application/x-ndjson" };
export const GZIP = { "content-encoding": "gzip" };
export const gzip = (text: string | Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(text));
export const lines = (items: unknown[]): string => items.map((item) => (typeof item === "string" ? item : JSON.stringify(item))).join("\n");

/** A problem document with everything that every problem has. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer.body, JSON.stringify(answer.body)).toMatchObject({
    type: `/problems/${code}`,
    status,
    code,
    title: expect.any(String),
    instance: expect.any(String),
    correlationId: answer.headers.get("x-correlation-id"),
  });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  if (status === 429 || status === 503) expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
}

/** Events accepted so far, over all tenants. */
export async function acceptedTotal(stack: Stack): Promise<number> {
  const redis = new Redis(stack.redis.url);
  try {
    return Number(await redis.hget("sf:{0}:totals", "accepted"));
  } finally {
    redis.disconnect();
  }
}

/** A connection on which bytes are written as they are. */
export interface Wire {
  socket: Socket;
  write(bytes: string | Uint8Array): void;
  /** Everything that came back, when the other side has ended or `ms` have passed. */
  answer(ms?: number): Promise<string>;
  ended(): boolean;
}

export function openWire(url: string, options: { allowHalfOpen?: boolean; localAddress?: string } = {}): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ...options });
  let text = "";
  let over = false;
  socket.on("data", (data) => {
    text += data.toString("latin1");
  });
  socket.on("error", () => {});
  const ended = new Promise<void>((resolve) => {
    for (const event of ["end", "close"] as const) {
      socket.once(event, () => {
        over = true;
        resolve();
      });
    }
  });
  const wire: Wire = {
    socket,
    write: (bytes) => void (socket.destroyed || socket.write(bytes)),
    async answer(ms = 10_000) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, atThisPace(ms))))]);
      clearTimeout(timer);
      return text;
    },
    ended: () => over,
  };
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(wire));
    socket.once("error", reject);
  });
}

/** The head of a request. */
export function head(sender: Sending, path: string, headers: Record<string, string | number>): string {
  const all = { host: "localhost", authorization: `Bearer ${sender.key}`, "content-type": "application/json", ...headers };
  return `POST ${path} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
}

/**
 * Sends ordinary traffic before a test measures memory. Any traffic makes the young generation grow by 25 MB after a start; the test
 * measures what its own load adds.
 */
export async function ordinaryTraffic(stack: Stack): Promise<void> {
  const { post } = await newSender(stack);
  const producer = async (_: unknown, lane: number): Promise<void> => {
    for (let n = 0; n < 150; n++)
      await post("/v1/events", { eventId: `ordinary-${lane}-${n}`, eventType: "order.created", payload: { n } });
  };
  await Promise.all(Array.from({ length: 64 }, producer));
}

/** Memory of a process, looked at 20 times a second from now on (Linux). */
export function watchMemory(pid: number): { stop(): { before: number; peak: number } } {
  const rss = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
  const before = rss();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, rss());
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return { before, peak: Math.max(peak, rss()) };
    },
  };
}

/** Asks for a page that does not exist every `everyMs` until `stop`; how long each answer took, sorted, in ms. */
export function watch(stack: Stack, apiUrl = stack.apiUrl, everyMs = 20): { stop(): Promise<number[]> } {
  const took: number[] = [];
  let over = false;
  const running = (async () => {
    while (!over) {
      const begun = performance.now();
      await fetch(`${apiUrl}/v1/none`).then((response) => response.arrayBuffer());
      took.push(performance.now() - begun);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    async stop() {
      over = true;
      await running;
      return took.sort((a, b) => a - b);
    },
  };
}

/** Waits until everything that was accepted is settled. */
export async function settledSoon(stack: Stack, timeoutMs = 20_000): Promise<void> {
  await settled({ redisUrl: stack.redis.url, keyPrefix: "sf", timeoutMs });
}
