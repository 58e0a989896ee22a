import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sleep } from "../support/judged.js";
import { type Stack, startStack, type TestProcess } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { admin, head, newSender, openWire, type Sending, type Wire, watchMemory } from "./sending-fixture.js";

/** Promise 30: bodies that nobody will read, connections that ask nothing. */

const MIB = 1024 * 1024;
const GONE_MS = 30_000;

let stack: Stack;
let sender: Sending;
let operations: { method: string; path: string }[];
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  sender = await newSender(stack);
  const { paths } = (await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as { paths: Record<string, object> };
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, "x") })),
  );
});
afterAll(() => stack?.stop());

async function begin(method: string, path: string, headers: object): Promise<Wire> {
  const wire = await openWire(stack.apiUrl);
  const all = Object.entries({ host: "x", "content-type": "application/json", ...headers });
  wire.write(`${method} ${path} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
  return wire;
}

/** A body that comes just fast enough. */
function dripping(wires: Wire[], piece: string): () => void {
  const timer = setInterval(() => {
    for (const wire of wires) wire.write(piece);
  }, 1_000);
  return () => clearInterval(timer);
}

const CHUNK = `800\r\n${" ".repeat(0x800)}\r\n`;

describe("somebody without a credential", () => {
  test(
    "is answered at the headers on every path, known or not, and the connection is gone in time",
    async () => {
      const unknown = ["POST", "PUT", "DELETE", "GET", "OPTIONS", "HEAD"].map((method) => ({ method, path: "/nonexistent" }));
      const all = [...operations, ...unknown, { method: "GET", path: "/" }, { method: "POST", path: "/%zz" }];
      expect(all.length).toBeGreaterThan(60);
      const memory = watchMemory(stack.api.pid());
      const declared = await Promise.all(all.map(({ method, path }) => begin(method, path, { "content-length": MIB })));
      const chunked = await Promise.all(all.map(({ method, path }) => begin(method, path, { "transfer-encoding": "chunked" })));
      const stops = [dripping(declared, " ".repeat(2_048)), dripping(chunked, CHUNK)];
      const answers = await Promise.all([...declared, ...chunked].map((wire) => wire.answer(GONE_MS)));
      for (const stop of stops) stop();
      answers.forEach((answer, i) => {
        const { method, path } = all[i % all.length] as { method: string; path: string };
        expect(answer, `${method} ${path}`).toMatch(/^HTTP\/1\.1 [234]\d\d /);
      });
      const open = [...declared, ...chunked].map((wire, i) => (wire.ended() ? undefined : all[i % all.length])).filter(Boolean);
      expect(open).toEqual([]);
      const { before, peak } = memory.stop();
      expect(peak - before).toBeLessThan(150 * MIB);
    },
    patience(60_000),
  );

  test(
    "with a small body that never comes: gone in time, too",
    async () => {
      const wires = await Promise.all(operations.map(({ method, path }) => begin(method, path, { "content-length": 1_000 })));
      await Promise.all(wires.map((wire) => wire.answer(GONE_MS)));
      expect(wires.map((wire, i) => (wire.ended() ? undefined : operations[i])).filter(Boolean)).toEqual([]);
    },
    patience(60_000),
  );
});

test(
  "a known caller's body has the same time everywhere: one that does not come is 408",
  async () => {
    const headers = { "x-admin-token": stack.adminToken, "x-tenant-id": sender.tenantId, "content-length": 1_000 };
    const written = operations.filter(({ method, path }) => /^(POST|PUT|PATCH)$/.test(method) && path !== "/v1/session");
    expect(written.length).toBeGreaterThan(20);
    const wires = await Promise.all(written.map(({ method, path }) => begin(method, path, headers)));
    const answers = await Promise.all(wires.map((wire) => wire.answer(20_000)));
    // Those that take no body at all, or that refuse the request by what they see before it.
    const others = answers.flatMap((answer, i) => (/^HTTP\/1\.1 (408|4\d\d|2\d\d)/.test(answer) ? [] : [`${written[i]?.path}: ${answer}`]));
    expect(others).toEqual([]);
    expect(answers.filter((answer) => answer.startsWith("HTTP/1.1 408")).length).toBeGreaterThan(written.length * 0.8);
    expect(wires.filter((wire) => !wire.ended()).length).toBe(0);
  },
  patience(60_000),
);

describe("connections", () => {
  let few: TestProcess;
  beforeAll(async () => {
    few = await stack.startApi({ MAX_CONNECTIONS: "40" });
  });

  test("one address has half of them: its oldest that asks nothing gives way, others do not notice", async () => {
    const idle = await Promise.all(Array.from({ length: 60 }, () => openWire(few.url)));
    await sleep(500);
    expect(idle.filter((wire) => !wire.ended()).length).toBe(20);
    expect(idle.slice(-10).every((wire) => !wire.ended())).toBe(true);
    const other = await openWire(few.url, { localAddress: "127.0.0.3" });
    other.write(head(sender, "/v1/events", { "content-length": 2, connection: "close" }));
    other.write("[]");
    expect(await other.answer()).toContain("HTTP/1.1 202");
    // The same address, too: it takes the place of one that asks nothing.
    expect((await admin({ ...stack, apiUrl: few.url }, "POST", "/v1/admin/keys", {})).status).toBe(400);
    for (const wire of idle) wire.socket.destroy();
  });

  test("when all are taken, the address that has most gives way", async () => {
    const open = (localAddress: string, count: number) =>
      Promise.all(Array.from({ length: count }, () => openWire(few.url, { localAddress })));
    const many = [...(await open("127.0.0.4", 20)), ...(await open("127.0.0.5", 18))];
    const late = await open("127.0.0.6", 4);
    await sleep(500);
    expect(late.every((wire) => !wire.ended())).toBe(true);
    expect([...many, ...late].filter((wire) => !wire.ended()).length).toBeLessThanOrEqual(40);
    for (const wire of [...many, ...late]) wire.socket.destroy();
  });
});
