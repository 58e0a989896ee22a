import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalServer, startMongo } from "@streamforge/infrastructure/local";
import { Binary } from "mongodb";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config.js";
import { createLetterStore } from "../../src/dead-letters/letters.js";
import { StorageUnavailableError } from "../../src/lib/errors.js";
import type { AttemptDocument, DeadLetterDocument, EventDocument } from "../../src/store/documents.js";
import { createEventStore } from "../../src/store/events.js";
import { connectStore, ensureIndexes, type Store } from "../../src/store/mongo.js";

/** A connection that breaks in the middle of a bulk is an outage, however much of the bulk was written before. */

let dataDir: string;
let server: LocalServer;
let proxy: Server;
let store: Store;
/** Cuts the connections that send a bulk once this many have passed. */
let passing = Number.POSITIVE_INFINITY;
const BULK = /(insert|update)\0/;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "sf-bulk-"));
  server = await startMongo({ dataDir });
  const direct = new URL(server.url);
  const port = Number(direct.port);
  proxy = createServer((client) => forward(client, port)).listen(0, "127.0.0.1");
  await new Promise((listening) => proxy.once("listening", listening));
  direct.port = String((proxy.address() as AddressInfo).port);
  direct.searchParams.set("directConnection", "true");
  store = await connectStore(loadConfig({ MONGODB_URI: direct.href }), "bulk");
  await ensureIndexes(store);
});
afterEach(() => {
  passing = Number.POSITIVE_INFINITY;
});
afterAll(async () => {
  await store?.close();
  proxy?.close();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

function forward(client: Socket, port: number): void {
  const upstream = connect(port, "127.0.0.1");
  const cut = (): void => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) socket.on("error", cut).on("close", cut);
  upstream.pipe(client);
  client.on("data", (bytes) => {
    if (BULK.test(bytes.toString("latin1")) && passing-- <= 0) cut();
    else upstream.write(bytes);
  });
}

let made = 0;
const binary = (size: number): Binary => {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32BE(++made, size - 4);
  return new Binary(bytes, size === 16 ? Binary.SUBTYPE_UUID : Binary.SUBTYPE_DEFAULT);
};
const event = (padding = ""): EventDocument =>
  ({
    _id: binary(16),
    tenantId: "t",
    eventId: `e${made}`,
    occurredAt: new Date(),
    userId: "u",
    payload: padding,
  }) as unknown as EventDocument;
const letter = (): DeadLetterDocument =>
  ({
    _id: binary(24),
    receipt: binary(8),
    tenantId: "t",
    eventId: `e${made}`,
    status: "open",
    deaths: 1,
    history: [],
  }) as unknown as DeadLetterDocument;
const attempt = (): AttemptDocument => ({ _id: `a${++made}`, tenantId: "t" }) as AttemptDocument;

/** Every bulk of the way of an event, by what writes it. */
const bulks: Record<string, () => Promise<unknown>> = {
  events: () => createEventStore(store).insert([event(), event()]),
  "hours of events": () => createEventStore(store).rememberHours([event(), event()]),
  letters: () => createLetterStore(store).write([letter(), letter()]),
  attempts: () => createLetterStore(store).recordAttempts([attempt(), attempt()]),
};

test.each(Object.keys(bulks))("a connection cut under a bulk of %s is an outage", async (name) => {
  const write = bulks[name] as () => Promise<unknown>;
  await write();
  passing = 0;
  await expect(write()).rejects.toBeInstanceOf(StorageUnavailableError);
});

test("a bulk of several messages that is cut behind the first is an outage, also when the first had refusals", async () => {
  const events = createEventStore(store);
  const known = event();
  await events.insert([known]);
  // A message has at most 48 MB.
  const bulk = [known, ...Array.from({ length: 9 }, () => event("x".repeat(8_000_000)))];
  passing = 1;
  await expect(events.insert(bulk)).rejects.toBeInstanceOf(StorageUnavailableError);
  passing = Number.POSITIVE_INFINITY;
  const failures = await events.insert(bulk);
  expect(failures.get(0)).toEqual({ kind: "exists" });
  expect(await store.events.countDocuments({ payload: /^x/ })).toBe(9);
});
