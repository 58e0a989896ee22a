import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findMongod } from "./find-mongod.js";
import { findPostgres, unprivileged } from "./find-postgres.js";
import { findRedis } from "./find-redis.js";
import { freePort, type LocalServer, type Servers, startServers } from "./index.js";
import { ask } from "./ports.js";
import { commandLine } from "./process.js";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "streamforge-doors-"));
let servers: Servers;

beforeAll(async () => {
  servers = await startServers({ dataDir: join(folder, "new") });
});
afterAll(async () => {
  await servers?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const one = (kind: LocalServer["kind"], of = servers) => of.servers.find((server) => server.kind === kind) as LocalServer;
const bare = (kind: LocalServer["kind"]) => one(kind).adminUrl.replace(/\/\/.*@/, "//");

/** Runs `work` with a client, and closes it. */
const redis = async <T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> => {
  const client = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on("error", () => {});
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
};
const mongo = async <T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> => {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
};
const postgres = async (url: string, sql: string): Promise<pg.QueryResult> => {
  const client = new pg.Client(url);
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end().catch(() => {});
  }
};

describe("without a password", () => {
  test("Redis answers nothing", async () => {
    for (const request of ["PING", "GET sf:session:x", "SET sf:session:x 1", "INFO", "CONFIG GET dir", "AUTH default x"])
      expect(await ask(one("redis").port, `${request}\r\n`), request).toMatch(/^-(NOAUTH|WRONGPASS)/);
  });

  test("Redis still reads all of its file back, transactions and scripts included", async () => {
    const server = one("redis");
    await redis(server.url, async (app) => {
      await app.multi().set("in", "transaction").set("too", "transaction").exec();
      await app.eval("redis.call('SET', 'one', '1') redis.call('SET', 'two', '2')", 0);
    });
    await server.kill("SIGKILL");
    await server.restart();
    expect(await redis(server.url, (app) => app.mget("in", "too", "one", "two"))).toEqual(["transaction", "transaction", "1", "2"]);
    expect(readFileSync(join(folder, "new/redis/server.log"), "utf8")).not.toContain("NOPERM");
  });

  test("MongoDB reads and writes nothing, and makes nobody an administrator", async () => {
    await mongo(bare("mongodb").replace(/&?authSource=\w+/, ""), async (client) => {
      await expect(client.db("streamforge").collection("events").findOne()).rejects.toThrow(/requires authentication/);
      await expect(client.db("admin").command({ createUser: "mallory", pwd: "x", roles: ["root"] })).rejects.toThrow(
        /requires authentication/,
      );
    });
  });

  test.each(["postgres", "streamforge", "nobody", "root"])("Postgres lets %s not in", async (user) => {
    const port = one("postgres").port;
    await expect(postgres(`postgresql://${user}@127.0.0.1:${port}/streamforge`, "SELECT 1")).rejects.toThrow(/password/i);
    await expect(postgres(`postgresql://${user}:guess@127.0.0.1:${port}/postgres`, "SELECT 1")).rejects.toThrow(/password/i);
  });
});

describe("StreamForge's own user", () => {
  test("has no command of Redis that ends, empties, reconfigures or looks over it, but reads settings and figures", async () => {
    const allowed = new Set(["config|get", "info"]);
    await redis(one("redis").adminUrl, async (admin) => {
      const harmful = new Set(
        (await Promise.all(["admin", "dangerous"].map((name) => admin.call("ACL", "CAT", name) as Promise<string[]>))).flat(),
      );
      expect(harmful.size).toBeGreaterThan(50);
      /** Commands are counted before they are judged: more words until there are enough. */
      const judged = async (words: string[]): Promise<string> => {
        const answer = await (admin.call("ACL", "DRYRUN", "streamforge", ...words) as Promise<string>).catch(String);
        return /wrong number/.test(answer) && words.length < 12 ? judged([...words, "1"]) : answer;
      };
      for (const name of [...harmful, "function|load", "fcall"]) {
        const answer = await judged(name.split("|"));
        if (allowed.has(name)) expect(answer, name).toBe("OK");
        else expect(answer, name).toMatch(/has no permissions/);
      }
    });
    await redis(one("redis").url, async (app) => {
      for (const [command, ...args] of [
        ["FLUSHALL"],
        ["CONFIG", "SET", "dir", "/tmp"],
        ["DEBUG", "SLEEP", "0"],
        ["SHUTDOWN", "NOSAVE"],
        ["MODULE", "LOAD", "/tmp/x.so"],
        ["ACL", "SETUSER", "mallory", "on", "nopass", "+@all"],
        ["REPLICAOF", "127.0.0.1", "1"],
        ["SAVE"],
        ["KEYS", "*"],
        ["MIGRATE", "127.0.0.1", "1", "k", "0", "1"],
        ["MONITOR"],
        ["CLIENT", "KILL", "TYPE", "normal"],
        ["FUNCTION", "LOAD", "#!lua name=x\nredis.register_function('f', function() return 1 end)"],
      ] as [string, ...string[]][])
        await expect(app.call(command, ...args), command).rejects.toThrow(/NOPERM|not allowed/);
      expect(await app.config("GET", "appendfsync")).toEqual(["appendfsync", "always"]);
      expect(await app.info("server")).toContain("redis_version");
    });
  });

  test("has one database of MongoDB, and nothing of the server", async () => {
    await mongo(one("mongodb").url, async (client) => {
      await client.db("streamforge").collection("own").insertOne({ n: 1 });
      for (const refused of [
        () => client.db("other").collection("x").insertOne({ n: 1 }),
        () => client.db("local").collection("oplog.rs").findOne(),
        () => client.db("admin").command({ createUser: "mallory", pwd: "x", roles: ["root"] }),
        () => client.db("admin").command({ grantRolesToUser: "streamforge", roles: ["root"] }),
        () => client.db("admin").command({ shutdown: 1 }),
        () => client.db("admin").command({ setParameter: 1, logLevel: 1 }),
        () => client.db("admin").command({ getCmdLineOpts: 1 }),
      ])
        await expect(refused()).rejects.toThrow(/not authorized/);
    });
  });

  test("owns one database of Postgres, and runs no program", async () => {
    const { url } = one("postgres");
    const { rows } = await postgres(
      url,
      "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = current_user",
    );
    expect(rows).toEqual([{ rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false }]);
    for (const sql of [
      "COPY (SELECT 1) TO PROGRAM 'id'",
      "COPY (SELECT 1) TO '/tmp/x'",
      "SELECT pg_read_file('/etc/passwd')",
      "CREATE ROLE mallory SUPERUSER",
      "ALTER SYSTEM SET log_statement = 'all'",
      "ALTER ROLE streamforge SUPERUSER",
      "CREATE DATABASE other",
      "SELECT rolpassword FROM pg_authid",
      "CREATE EXTENSION file_fdw",
    ])
      await expect(postgres(url, sql), sql).rejects.toThrow(/permission|must be superuser|not available|denied/);
    await expect(postgres(url.replace(/\w+$/, "postgres"), "SELECT 1")).rejects.toThrow(/permission denied for database/);
  });
});

test("mongod speaks no compression, whatever a client asks for", async () => {
  await mongo(one("mongodb").adminUrl, async (client) => {
    const hello = await client.db("admin").command({ hello: 1, compression: ["zlib", "snappy", "zstd"] });
    expect(hello["compression"]).toBeUndefined();
    const { parsed } = await client.db("admin").command({ getCmdLineOpts: 1 });
    expect(parsed.net.compression.compressors).toBe("disabled");
  });
});

test("no password stands in a command line or a log", () => {
  const secrets = servers.servers.flatMap(({ url, adminUrl }) => [url, adminUrl].map((one) => new URL(one).password));
  expect(new Set(secrets).size).toBe(6);
  for (const server of servers.servers) {
    const log = readFileSync(join(folder, "new", server.kind, "server.log"), "utf8");
    for (const secret of secrets) {
      expect(commandLine(server.pid() as number)).not.toContain(secret);
      expect(log).not.toContain(secret);
    }
  }
});

/** Paths under `path` that others than the owner may read, write or enter; a folder that one group may enter is marked. */
function open(path: string): string[] {
  const stat = lstatSync(path);
  const inside = stat.isDirectory() ? readdirSync(path).flatMap((name) => open(join(path, name))) : [];
  const passable = stat.isDirectory() && stat.gid === unprivileged()?.gid ? 0o010 : 0;
  return stat.mode & 0o077 & ~passable ? [path, ...inside] : inside;
}

test("every folder and file is its owner's alone", () => {
  expect(open(join(folder, "new"))).toEqual([]);
});

test.skipIf(process.getuid?.() !== 0)("another user of the machine reads nothing (needs root, to become another user)", async () => {
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  // Also one that Postgres runs as: a group that no account is in keeps its folders closed to it.
  for (const [name, , uid, gid] of accounts.filter(([name]) => name === "nobody" || name === "postgres")) {
    const as = { uid: Number(uid), gid: Number(gid), cwd: "/" };
    for (const server of servers.servers) {
      await expect(run("ls", [server.dataDir], as), `${name}: ${server.kind}`).rejects.toThrow(/Permission denied/);
      const own = join(folder, "new", server.kind);
      for (const file of ["passwords.json", "server.log", "users.acl", "keyfile", "data/PG_VERSION"])
        await expect(run("cat", [join(own, file)], as), `${name}: ${file}`).rejects.toThrow(/Permission denied/);
      const proc = `/proc/${server.pid()}`;
      await expect(run("cat", [`${proc}/environ`], as), `${name}: ${proc}`).rejects.toThrow(/Permission denied/);
      await expect(run("ls", [`${proc}/cwd/`, `${proc}/fd/`], as), `${name}: ${proc}`).rejects.toThrow(/Permission denied/);
    }
  }
});

/** What the version before passwords left: three servers that trust everybody, and files that everybody reads. */
async function makeOlder(home: string): Promise<void> {
  const owner = unprivileged();
  for (const kind of ["redis/data", "mongodb/data", "postgres"]) mkdirSync(join(home, kind), { recursive: true, mode: 0o755 });
  const stop = async (file: string, args: string[], work: () => Promise<void>, as = {}): Promise<void> => {
    const child = spawn(file, args, { cwd: "/", stdio: "ignore", ...as });
    const gone = once(child, "exit");
    for (let tries = 0; ; tries++) {
      try {
        await work();
        break;
      } catch (error) {
        if (tries > 400) throw error;
        await sleep(50);
      }
    }
    child.kill("SIGINT");
    await gone;
  };
  const [redisPort, mongoPort, pgPort] = [await freePort(), await freePort(), await freePort()];
  const redisDir = join(home, "redis/data");
  await stop(await findRedis(), ["--port", `${redisPort}`, "--dir", redisDir, "--appendonly", "yes", "--save", ""], () =>
    redis(`redis://127.0.0.1:${redisPort}`, async (client) => void (await client.set("sf:kept", "yes"))),
  );
  const mongoArgs = ["--dbpath", join(home, "mongodb/data"), "--replSet", "rs0", "--port", `${mongoPort}`, "--nounixsocket"];
  await stop(await findMongod(), mongoArgs, () =>
    mongo(`mongodb://127.0.0.1:${mongoPort}/?directConnection=true`, async (client) => {
      const members = [{ _id: 0, host: `127.0.0.1:${mongoPort}` }];
      await client
        .db("admin")
        .command({ replSetInitiate: { _id: "rs0", members } })
        .catch(() => {});
      await client
        .db("streamforge")
        .collection<{ _id: string }>("kept")
        .updateOne({ _id: "yes" }, { $set: { n: 1 } }, { upsert: true });
    }),
  );
  const pgDir = join(home, "postgres/data");
  const files = await findPostgres(owner);
  mkdirSync(pgDir, { mode: 0o700 });
  if (owner) {
    for (const path of [folder, home, join(home, "postgres")]) chmodSync(path, 0o755);
    chownSync(pgDir, owner.uid, owner.gid);
  }
  await run(files.initdb, [`--pgdata=${pgDir}`, "--auth=trust", "--username=postgres"], { ...owner, cwd: "/" });
  const pgArgs = ["-D", pgDir, "-p", `${pgPort}`, "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"];
  const url = `postgresql://postgres@127.0.0.1:${pgPort}`;
  let made = false;
  const make = async () => {
    if (!made) await postgres(`${url}/postgres`, "CREATE DATABASE streamforge");
    made = true;
    await postgres(
      `${url}/streamforge`,
      `CREATE TYPE mood AS ENUM ('good'); CREATE TABLE kept (id bigserial PRIMARY KEY, mood mood DEFAULT 'good', "Odd name" text);
       CREATE SEQUENCE loose; CREATE VIEW seen AS SELECT id FROM kept; CREATE FUNCTION touch() RETURNS int LANGUAGE sql AS 'SELECT 1';
       INSERT INTO kept DEFAULT VALUES`,
    );
  };
  await stop(files.postgres, pgArgs, make, { ...owner });
}

test("a data folder of the version without passwords is taken over: the data is there, and the doors are closed", async () => {
  const home = join(folder, "older");
  await makeOlder(home);
  expect(open(home).length).toBeGreaterThan(5);
  const older = await startServers({ dataDir: home });
  try {
    expect(await redis(one("redis", older).url, (client) => client.get("sf:kept"))).toBe("yes");
    expect(await mongo(one("mongodb", older).url, (client) => client.db("streamforge").collection("kept").countDocuments())).toBe(1);
    const { url, port } = one("postgres", older);
    expect((await postgres(url, "SELECT count(*)::int AS n FROM kept")).rows).toEqual([{ n: 1 }]);
    // As its owner: what a migration does.
    await postgres(
      url,
      `ALTER TABLE kept DROP COLUMN "Odd name"; ALTER TYPE mood ADD VALUE 'better'; DROP VIEW seen; DROP FUNCTION touch(); DROP SEQUENCE loose;
       INSERT INTO kept DEFAULT VALUES; CREATE TABLE more ()`,
    );
    await expect(postgres(`postgresql://postgres@127.0.0.1:${port}/streamforge`, "SELECT 1")).rejects.toThrow(/password/);
    expect(await ask(one("redis", older).port, "PING\r\n")).toMatch(/^-NOAUTH/);
    expect(open(home)).toEqual([]);
  } finally {
    await older.stop();
  }
  // Lost passwords are made again.
  for (const kind of ["redis", "mongodb", "postgres"]) rmSync(join(home, kind, "passwords.json"));
  const again = await startServers({ dataDir: home });
  try {
    expect(await redis(again.redisUrl, (client) => client.get("sf:kept"))).toBe("yes");
    expect(await mongo(again.mongodbUri, (client) => client.db("streamforge").collection("kept").countDocuments())).toBe(1);
    expect((await postgres(again.databaseUrl, "SELECT count(*)::int AS n FROM kept")).rows).toEqual([{ n: 2 }]);
  } finally {
    await again.stop();
  }
});
