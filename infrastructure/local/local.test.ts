import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalServer, type Servers, startRedis, startServers } from "./index.js";
import { isAlive } from "./process.js";

const folder = mkdtempSync(join(tmpdir(), "streamforge-local-"));
let servers: Servers;

beforeAll(async () => {
  servers = await startServers({ dataDir: folder, onProgress: (line) => console.log(line) });
});

afterAll(async () => {
  await servers?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const one = (kind: LocalServer["kind"]) => servers.servers.find((server) => server.kind === kind) as LocalServer;

/** Writes one more record to a server and gives all there are, each by a fresh connection. */
const add: Record<LocalServer["kind"], (url: string, value: string) => Promise<string[]>> = {
  async redis(url, value) {
    const client = new Redis(url);
    await client.rpush("kept", value);
    const all = await client.lrange("kept", 0, -1);
    client.disconnect();
    return all;
  },
  async mongodb(url, value) {
    const client = new MongoClient(url);
    const kept = client.db("streamforge").collection<{ value: string }>("kept");
    await kept.insertOne({ value }, { writeConcern: { w: "majority" } });
    const all = await kept.find().sort({ _id: 1 }).toArray();
    await client.close();
    return all.map((row) => row.value);
  },
  async postgres(url, value) {
    const client = new pg.Client(url);
    await client.connect();
    await client.query("CREATE TABLE IF NOT EXISTS kept (n serial, value text)");
    await client.query("INSERT INTO kept (value) VALUES ($1)", [value]);
    const all = await client.query<{ value: string }>("SELECT value FROM kept ORDER BY n");
    await client.end();
    return all.rows.map((row) => row.value);
  },
};

describe.each(["redis", "mongodb", "postgres"] as const)("a local %s", (kind) => {
  test("keeps its data and port through kill -9, a restart in order, and a stop", async () => {
    const server = one(kind);
    const { url, port } = server;
    const first = server.pid() as number;
    expect(await add[kind](url, "before")).toEqual(["before"]);

    await server.kill("SIGKILL");
    expect(server.pid()).toBeUndefined();
    expect(isAlive(first)).toBe(false);
    await server.restart();
    expect(server.pid()).not.toBe(first);
    expect(await add[kind](url, "after kill -9")).toEqual(["before", "after kill -9"]);

    await server.restart();
    expect(server.port).toBe(port);
    expect(await add[kind](url, "after restart")).toEqual(["before", "after kill -9", "after restart"]);
  });

  test("ends in order although it is frozen", async () => {
    const server = one(kind);
    await server.kill("SIGSTOP");
    await server.stop();
    expect(server.pid()).toBeUndefined();
    await server.stop();
    await server.restart();
    expect(await add[kind](server.url, "thawed")).toHaveLength(4);
  });
});

test("a second start finds ports and data again, and the folder is refused while it is in use", async () => {
  await expect(startRedis({ dataDir: join(folder, "redis") })).rejects.toThrow(/in use by process/);
  const ports = servers.servers.map((server) => server.port);
  await servers.stop();
  servers = await startServers({ dataDir: folder });
  expect(servers.servers.map((server) => server.port)).toEqual(ports);
  for (const server of servers.servers) expect(await add[server.kind](server.url, "second start")).toHaveLength(5);
});

test("the replica set follows when its port had to change", async () => {
  const mongo = one("mongodb");
  await mongo.stop();
  const { startMongo } = await import("./mongo.js");
  const { freePort } = await import("./ports.js");
  const moved = await startMongo({ dataDir: join(folder, "mongodb"), port: await freePort() });
  expect(moved.port).not.toBe(mongo.port);
  expect(await add.mongodb(moved.url, "moved")).toContain("before");
  await moved.stop();
});

test("Redis loses nothing that it acknowledged and cannot be made to evict", async () => {
  const client = new Redis(servers.redisUrl);
  const settings = await client.config("GET", "append*", "maxmemory-policy", "lazyfree-lazy-expire", "bind");
  client.disconnect();
  const asked = Object.fromEntries((settings as string[]).flatMap((name, i, all) => (i % 2 === 0 ? [[name, all[i + 1]]] : [])));
  expect(asked).toMatchObject({
    appendonly: "yes",
    appendfsync: "always",
    "maxmemory-policy": "noeviction",
    "lazyfree-lazy-expire": "yes",
    bind: "127.0.0.1",
  });
});

test("a server goes when its owner is killed -9, and the next owner heals it", async () => {
  const dataDir = join(folder, "orphan");
  const built = new URL("../dist/local/index.js", import.meta.url).href;
  const script = `const { startRedis } = await import(${JSON.stringify(built)}); await startRedis({ dataDir: ${JSON.stringify(dataDir)} }); process.kill(process.pid, "SIGKILL");`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  await once(owner, "exit");
  const { pid } = JSON.parse(readFileSync(join(dataDir, "server.json"), "utf8")) as { pid: number };
  for (let tries = 0; isAlive(pid) && tries < 100; tries++) await sleep(50);
  expect(isAlive(pid)).toBe(false);
  const next = await startRedis({ dataDir });
  expect(existsSync(join(next.dataDir, "appendonlydir"))).toBe(true);
  await next.stop();
});

test("given servers are used as they are, and a broken folder is one clear sentence", async () => {
  const use = { redisUrl: "redis://r", mongodbUri: "mongodb://m", databaseUrl: "postgresql://p" };
  const given = await startServers({ dataDir: join(folder, "none"), use });
  expect(given).toMatchObject({ ...use, servers: [] });
  const broken = startServers({
    dataDir: join(folder, "broken"),
    use: { mongodbUri: use.mongodbUri, databaseUrl: use.databaseUrl },
  });
  await (await broken).stop();
  rmSync(join(folder, "broken/redis/data/appendonlydir"), { recursive: true });
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(folder, "broken/redis/data/appendonlydir"), "not a folder");
  await expect(startRedis({ dataDir: join(folder, "broken/redis") })).rejects.toThrow(/^Redis did not start: .*\(log: .*server\.log\)$/s);
});
