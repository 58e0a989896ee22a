import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { head, NDJSON, newSender, openWire, ordinaryTraffic, settledSoon, watchMemory } from "../integration/sending-fixture.js";
import { event, sleep } from "../support/judged.js";
import { type Neighbours, repeatedly, startNeighbours } from "../support/neighbours.js";
import { type Stack, startStack } from "../support/stack.js";

/** Promise 29: what one tenant does is not felt by another. Each case is an attack; `bear` measures and judges. */

const MIB = 1024 * 1024;
/** `SLOW_CLIENTS=2000` is promise 30 in full. */
const CONNECTIONS = Number(process.env.SLOW_CLIENTS ?? 900);
/** Nobody's read holds up sending for longer. */
const MOST_STALL_MS = 50;

let stack: Stack;
let neighbours: Neighbours;
beforeAll(async () => {
  stack = await startStack({ env: { ADMIN_REQUESTS_PER_MINUTE: "1000000", TRUST_PROXY: "127.0.0.1" } });
  await ordinaryTraffic(stack);
  neighbours = await startNeighbours(stack);
});
afterAll(async () => {
  await neighbours?.close();
  await stack?.stop();
});

/** Promise 30: memory of the api while something happens. */
async function bounded(happening: () => Promise<void>): Promise<void> {
  const memory = watchMemory(stack.api.pid());
  await happening().finally(() => {
    const { before, peak } = memory.stop();
    console.log(`api: ${(before / MIB).toFixed(0)} MiB, + ${((peak - before) / MIB).toFixed(0)} MiB`);
    expect(peak - before).toBeLessThan(150 * MIB);
  });
}

/** Opens connections, each with the head of a request and the beginning of its body, which then drips. */
async function slowBodies(count: number, headOf: () => string, begin: string, bytesPerSecond: number): Promise<() => Promise<void>> {
  const wires = await Promise.all(Array.from({ length: count }, () => openWire(stack.apiUrl)));
  for (const wire of wires) {
    wire.write(headOf());
    wire.write(begin);
  }
  const drip = setInterval(() => {
    for (const wire of wires) wire.write(" ".repeat(bytesPerSecond));
  }, 1_000);
  return async () => {
    clearInterval(drip);
    for (const wire of wires) wire.socket.destroy();
  };
}

/** CPU time of a process so far, or of one of its threads, in ms: by the kernel's clock of 100 ticks a second. */
function cpuMs(pid: number, thread?: number): number {
  const stat = readFileSync(`/proc/${pid}${thread ? `/task/${thread}` : ""}/stat`, "utf8");
  const [user, system] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12) as [string, string];
  return (Number(user) + Number(system)) * 10;
}

const asAdmin = () => ({ "x-admin-token": stack.adminToken, "content-type": "application/json" });

/** Events of this tenant whose amount is no number die. */
async function register(tenantId: string): Promise<void> {
  const schema = { type: "object", properties: { amount: { type: "number" } } };
  const body = JSON.stringify({ tenantId, type: "order.created", schema });
  expect((await fetch(`${stack.apiUrl}/v1/admin/event-types`, { method: "POST", headers: asAdmin(), body })).status).toBe(201);
  await sleep(1_000);
}

async function keyOf(tenantId: string, scopes: string[]): Promise<string> {
  const body = JSON.stringify({ tenantId, name: "reader", scopes });
  const made = await fetch(`${stack.apiUrl}/v1/admin/keys`, { method: "POST", headers: asAdmin(), body });
  return ((await made.json()) as { key: string }).key;
}

describe("promise 30: a tenant feels nothing of somebody without a credential who", () => {
  const anonymous = (method: string, path: string, more: object = {}): string =>
    `${method} ${path} HTTP/1.1\r\n${Object.entries({ host: "x", "content-type": "application/json", "content-length": MIB, ...more })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")}\r\n`;
  const doors = [
    anonymous("POST", "/nonexistent"),
    anonymous("POST", "/v1/session"),
    anonymous("POST", "/v1/admin/keys"),
    anonymous("GET", "/v1/events"),
    anonymous("PUT", "/"),
    anonymous("GET", "/health"),
    anonymous("POST", "/v1/events", { authorization: `Bearer sf_live_${"a".repeat(50)}` }),
    anonymous("POST", "/assets/index.js", { "content-type": "application/x-ndjson" }),
    anonymous("POST", "/v1/ingest/stream", { "transfer-encoding": "chunked", "content-length": "" }).replace("content-length: \r\n", ""),
  ];

  test(`holds ${CONNECTIONS} connections with slow bodies to any path`, async () => {
    let n = 0;
    const next = () => doors[n++ % doors.length] as string;
    await bounded(() => neighbours.bear(() => slowBodies(CONNECTIONS, next, '{"a":"'.padEnd(16_000), 16_000)));
  });

  test("comes back with 1,000 requests at once", async () => {
    let n = 0;
    const burst = async (): Promise<void> => {
      const wires = await Promise.all(Array.from({ length: 1_000 }, () => openWire(stack.apiUrl)));
      for (const wire of wires) wire.write(doors[n++ % doors.length] as string);
      await sleep(500);
      for (const wire of wires) wire.socket.destroy();
    };
    await bounded(() => neighbours.bear(async () => repeatedly(1, 200, burst), { mostStallMs: MOST_STALL_MS }));
  });
});

test("promise 30: a tenant feels nothing of guesses at sign-in and the admin token, and of made-up keys", async () => {
  let n = 0;
  const guess = async (): Promise<void> => {
    const from = { "x-forwarded-for": `198.51.${100 + (n % 50)}.${n % 250}`, "content-type": "application/json" };
    const body = JSON.stringify({ email: n % 2 ? stack.adminEmail : `person-${n}@example.org`, password: `guess ${n}` });
    const made = `sf_live_${String(n++).padStart(12, "0")}_${"a".repeat(38)}`;
    const answers = await Promise.all([
      fetch(`${stack.apiUrl}/v1/session`, { method: "POST", headers: from, body }),
      fetch(`${stack.apiUrl}/v1/admin/users`, { headers: { ...from, "x-admin-token": `guess ${n}` } }),
      fetch(`${stack.apiUrl}/v1/events?limit=1`, { headers: { ...from, authorization: `Bearer ${made}` } }),
    ]);
    for (const answer of answers) {
      expect([401, 429]).toContain(answer.status);
      await answer.arrayBuffer();
    }
  };
  await bounded(() => neighbours.bear(async () => repeatedly(4, 20, guess)));
});

describe("promise 29: a tenant feels nothing of a neighbour that", () => {
  test("sends 100 times as much", async () => {
    const { post } = await newSender(stack);
    let sent = 0;
    const batch = () => `${Array.from({ length: 100 }, () => event("flood", sent++).text).join("\n")}\n`;
    await neighbours.bear(async () => repeatedly(5, 150, () => post("/v1/events", batch(), NDJSON)));
  });

  test("holds as many slow uploads as it can", async () => {
    const sender = await newSender(stack);
    // Seven fill what there is for bodies (64 MiB) to the last 100 bytes each. They may take their time: so far they were fast.
    const held = Math.floor((64 * MIB) / 7) - 100;
    const body = "[".padEnd(held);
    await neighbours.bear(() => slowBodies(7, () => head(sender, "/v1/events", { "content-length": held + 1 }), body, 0));
  });

  test("holds slow streams with half a line each", async () => {
    const sender = await newSender(stack);
    const half = `{"eventType":"half","fill":"${"x".repeat(250_000)}`;
    const stream = () => head(sender, "/v1/ingest/stream", { ...NDJSON, "content-length": 10 * MIB });
    await neighbours.bear(() => slowBodies(400, stream, half, 2_048));
  });

  const largest = {
    "one long text": () => ({ fill: "x".repeat(240_000) }),
    "many members": (n: number) => ({ rows: Array.from({ length: 4_000 }, (_, i) => ({ sku: `${n}-${i}`, price: i / 4, count: i })) }),
    "numbers beyond doubles": () => ({ fill: "x".repeat(240_000), big: Number.MAX_SAFE_INTEGER }),
  };
  const sendLargest = async (payload: (n: number) => object, count: number): Promise<() => Promise<number>> => {
    const sender = await newSender(stack);
    const large = (n: number) =>
      JSON.stringify({ ...JSON.parse(event("large", n).text), payload: payload(n) }).replace(
        `${Number.MAX_SAFE_INTEGER}`,
        "9007199254740993",
      );
    for (let n = 0; n < count; n += 32)
      await sender.post("/v1/events", `${Array.from({ length: 32 }, (_, i) => large(n + i)).join("\n")}\n`, NDJSON);
    await settledSoon(stack);
    const headers = { authorization: `Bearer ${sender.key}` };
    return async () => (await (await fetch(`${stack.apiUrl}/v1/events?limit=500`, { headers })).arrayBuffer()).byteLength;
  };

  test("reads the largest pages", async () => {
    const read = await sendLargest(largest["one long text"], 320);
    await neighbours.bear(async () => repeatedly(4, 20, read), { mostStallMs: MOST_STALL_MS });
  });

  test.each(Object.entries(largest))(
    "reads the largest pages, of events of %s: most of it happens beside the event loop",
    async (_, payload) => {
      const read = await sendLargest(payload, 64);
      await read();
      const pid = stack.api.pid();
      const used = () => ({ all: cpuMs(pid), loop: cpuMs(pid, pid) });
      const before = used();
      const pages = 8;
      for (let n = 0; n < pages; n += 4)
        for (const bytes of await Promise.all([read(), read(), read(), read()])) expect(bytes).toBeGreaterThan(3 * MIB);
      const [loop, all] = (["loop", "all"] as const).map((which) => (used()[which] - before[which]) / pages) as [number, number];
      console.log(`CPU of a page: ${all.toFixed(0)} ms, of which the event loop's ${loop.toFixed(0)} ms`);
      expect(loop / all).toBeLessThan(0.5);
    },
  );

  test("searches in its dead letters, and in its events for what is not there", async () => {
    const sender = await newSender(stack);
    await register(sender.tenantId);
    const bad = (n: number) => JSON.stringify({ ...JSON.parse(event("bad", n).text), payload: { amount: "x".repeat(2_000) } });
    for (let n = 0; n < 10_000; n += 500)
      await sender.post("/v1/events", `${Array.from({ length: 500 }, (_, i) => bad(n + i)).join("\n")}\n`, NDJSON);
    await settledSoon(stack, 120_000);
    const key = await keyOf(sender.tenantId, ["events:read", "dead-letters:read"]);
    let n = 0;
    const search = async (): Promise<void> => {
      const path = ["/v1/admin/dlq?q=nothing-like-this", "/v1/events?type=nothing.like.this", `/v1/events/${randomUUID()}`][n++ % 3];
      const answer = await fetch(`${stack.apiUrl}${path}`, { headers: { authorization: `Bearer ${key}` } });
      await answer.arrayBuffer();
      expect([200, 404, 429]).toContain(answer.status);
    };
    await neighbours.bear(async () => repeatedly(30, 0, search), { mostStallMs: MOST_STALL_MS });
  });
});
