import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  credentials,
  endWithUs,
  findRedis,
  freePort,
  type LocalServer,
  privateFolder,
  startRedis,
} from "@streamforge/infrastructure/local";
import { Redis } from "ioredis";
import { patience } from "./yardstick.js";

/** Redis in more than one process, as a `LocalServer` of which `kill` ends the master that has most to lose. */
export interface ManyRedis extends LocalServer {
  servers: LocalServer[];
  /** Ends a master by `kill -9`, waits until a replica has been promoted, and starts the old one again, as its replica. */
  failOver(): Promise<void>;
}

export interface RedisCluster extends ManyRedis {
  /** Moves the slot of a key, with all that is in it, to another master. */
  moveSlotOf(key: string): Promise<void>;
}

const REPLICATED = ["--min-replicas-to-write", "0", "--repl-diskless-sync-delay", "0"];

/** Servers that share their passwords. */
async function startMembers(dataDir: string, count: number, argsOf: (admin: string) => Promise<string[]>): Promise<LocalServer[]> {
  const { admin } = credentials(dataDir);
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const folder = join(dataDir, String(n));
      privateFolder(folder);
      copyFileSync(join(dataDir, "passwords.json"), join(folder, "passwords.json"));
      return startRedis({
        dataDir: folder,
        extraArgs: [...REPLICATED, "--masteruser", "admin", "--masterauth", admin, ...(await argsOf(admin))],
      });
    }),
  );
}

async function asAdmin<T>(server: LocalServer, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.adminUrl, { maxRetriesPerRequest: 3 });
  redis.on("error", () => {});
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patience(60_000);
  while (!(await holds().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`did not come true: ${what}`);
    await sleep(100);
  }
}

const isUp = (server: LocalServer) => server.pid() !== undefined;
const info = (server: LocalServer) => asAdmin(server, (redis) => redis.info("replication"));
const isMaster = async (server: LocalServer) => isUp(server) && /^role:master/m.test(await info(server));
/** It has a replica that has caught up. */
const isCopied = async (server: LocalServer) => /^slave0:.*state=online/m.test(await info(server));

function manyOf(servers: LocalServer[], url: string, more: Pick<ManyRedis, "failOver" | "stop">): ManyRedis {
  const [first] = servers as [LocalServer];
  return {
    ...more,
    servers,
    kind: first.kind,
    url,
    adminUrl: first.adminUrl,
    port: first.port,
    dataDir: first.dataDir,
    pid: first.pid,
    kill: (signal) => first.kill(signal),
    restart: async () => {
      await Promise.all(servers.map((server) => (isUp(server) ? undefined : server.restart())));
    },
  };
}

const passwordOf = (url: string): string => new URL(url).username && `${new URL(url).username}:${new URL(url).password}`;
const place = ({ port }: LocalServer): string => `127.0.0.1:${port}`;

/** Three masters with a replica each, on loopback. */
export async function startRedisCluster(dataDir: string): Promise<RedisCluster> {
  const servers = await startMembers(dataDir, 6, async () => {
    // A bus port is 10,000 above the port otherwise, which may be none.
    return ["--cluster-enabled", "yes", "--cluster-port", String(await freePort()), "--cluster-node-timeout", "2000"].concat([
      "--cluster-require-full-coverage",
      "no",
      "--cluster-replica-validity-factor",
      "0",
    ]);
  });
  const [first] = servers as [LocalServer];
  const ids = await Promise.all(servers.map((server) => asAdmin(server, (redis) => redis.cluster("MYID") as Promise<string>)));
  const bus = await Promise.all(
    servers.map((server) => asAdmin(server, async (redis) => (await redis.config("GET", "cluster-port")) as string[])),
  );
  await asAdmin(first, async (redis) => {
    for (const [n, server] of servers.entries())
      if (n > 0) await redis.call("CLUSTER", "MEET", "127.0.0.1", server.port, bus[n]?.[1] as string);
  });
  const ranges = [0, 5461, 10_923, 16_384];
  for (const n of [0, 1, 2]) {
    await asAdmin(servers[n] as LocalServer, (redis) =>
      redis.call("CLUSTER", "ADDSLOTSRANGE", ranges[n] as number, (ranges[n + 1] as number) - 1),
    );
  }
  const knowsAll = (server: LocalServer) =>
    asAdmin(server, async (redis) => /cluster_known_nodes:6/.test(String(await redis.cluster("INFO"))));
  for (const server of servers) await until("every node knows all", () => knowsAll(server));
  for (const n of [3, 4, 5]) await asAdmin(servers[n] as LocalServer, (redis) => redis.call("CLUSTER", "REPLICATE", ids[n - 3] as string));
  const whole = async () => {
    const masters = (await Promise.all(servers.map(async (server) => ((await isMaster(server)) ? server : undefined)))).filter(
      (one) => one !== undefined,
    );
    const states = await Promise.all(servers.map((server) => asAdmin(server, async (redis) => redis.cluster("INFO") as Promise<string>)));
    return (
      states.every((state) => /cluster_state:ok/.test(state)) &&
      masters.length === 3 &&
      (await Promise.all(masters.map(isCopied))).every(Boolean)
    );
  };
  await until("the cluster is whole", whole);
  let round = 0;
  const ownerOf = async (slot: number) => {
    const slots = (await asAdmin(servers.find(isUp) as LocalServer, (redis) => redis.call("CLUSTER", "SLOTS"))) as [
      number,
      number,
      [string, number, string],
    ][];
    const [, , [, port, id]] = slots.find(([from, to]) => from <= slot && slot <= to) as (typeof slots)[number];
    return { id, server: servers.find((one) => one.port === port) as LocalServer };
  };
  return {
    ...manyOf(servers, `redis-cluster://${passwordOf(first.url)}@${servers.map(place).join(",")}`, {
      async failOver() {
        await until("every master has its replica", whole);
        const { server } = await ownerOf(ranges[round++ % 3] as number);
        const id = ids[servers.indexOf(server)] as string;
        await server.kill("SIGKILL");
        const others = servers.filter((one) => one !== server);
        await until("a replica was promoted", async () => {
          const { id: now } = await ownerOf(ranges[(round - 1) % 3] as number);
          return now !== id && (await Promise.all(others.map(isMaster))).filter(Boolean).length === 3;
        });
        await server.restart();
      },
      async stop() {
        await Promise.all(servers.map((one) => one.kill("SIGKILL")));
      },
    }),
    async moveSlotOf(key) {
      const slot = Number(await asAdmin(first, (redis) => redis.call("CLUSTER", "KEYSLOT", key)));
      const from = await ownerOf(slot);
      const masters = (await Promise.all(servers.map(async (one) => ((await isMaster(one)) ? one : undefined)))).filter(
        (one) => one !== undefined,
      );
      const to = masters.find((one) => one !== from.server) as LocalServer;
      const toId = ids[servers.indexOf(to)] as string;
      const { username, password } = new URL(to.adminUrl);
      await asAdmin(to, (redis) => redis.call("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id));
      await asAdmin(from.server, async (redis) => {
        await redis.call("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
        for (;;) {
          const keys = (await redis.call("CLUSTER", "GETKEYSINSLOT", slot, 10)) as string[];
          if (keys.length === 0) break;
          await redis.call("MIGRATE", "127.0.0.1", to.port, "", 0, 5_000, "AUTH2", username, password, "KEYS", ...keys);
        }
      });
      for (const one of [to, from.server, ...masters]) await asAdmin(one, (redis) => redis.call("CLUSTER", "SETSLOT", slot, "NODE", toId));
    },
  };
}

const MASTER = "streamforge";

/** A master with a replica, and three Sentinels that watch them. */
export async function startRedisSentinel(dataDir: string): Promise<ManyRedis> {
  const servers = await startMembers(dataDir, 2, async () => []);
  const [master, replica] = servers as [LocalServer, LocalServer];
  await asAdmin(replica, (redis) => redis.call("REPLICAOF", "127.0.0.1", master.port));
  await until("the replica has caught up", () => isCopied(master));
  const file = await findRedis();
  const { admin } = credentials(dataDir);
  const ports = [await freePort(), await freePort(), await freePort()];
  const sentinels = ports.map((port, n): ChildProcess => {
    const folder = join(dataDir, `sentinel-${n}`);
    privateFolder(folder);
    const settings = [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder}`,
      `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 2`,
      `sentinel auth-user ${MASTER} admin`,
      `sentinel auth-pass ${MASTER} ${admin}`,
      `sentinel down-after-milliseconds ${MASTER} 1500`,
      `sentinel failover-timeout ${MASTER} 6000`,
    ];
    writeFileSync(join(folder, "sentinel.conf"), `${settings.join("\n")}\n`, { mode: 0o600 });
    const child = spawn(file, [join(folder, "sentinel.conf"), "--sentinel"], { stdio: "ignore" });
    endWithUs(child.pid as number, "SIGKILL");
    return child;
  });
  const asked = <T>(use: (sentinel: Redis) => Promise<T>) => asAdmin({ adminUrl: `redis://127.0.0.1:${ports[0]}` } as LocalServer, use);
  const current = async (): Promise<LocalServer> => {
    const [, port] = (await asked((redis) => redis.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER))) as [string, string];
    return servers.find((one) => one.port === Number(port)) as LocalServer;
  };
  const watched = () =>
    asked(async (redis) => {
      const found = (await redis.call("SENTINEL", "MASTER", MASTER)) as string[];
      const of = (name: string) => found[found.indexOf(name) + 1];
      return of("flags") === "master" && of("num-other-sentinels") === "2" && Number(of("num-slaves")) >= 1;
    });
  await until("the Sentinels know each other and the replica", watched);
  const userAndPassword = passwordOf(master.url);
  return manyOf(servers, `redis-sentinel://${userAndPassword}@${ports.map((port) => `127.0.0.1:${port}`).join(",")}/${MASTER}`, {
    async failOver() {
      const before = await current();
      await until("the master has its replica", async () => (await watched()) && isCopied(before));
      await before.kill("SIGKILL");
      await until("the replica was promoted", async () => {
        const now = await current();
        return now !== before && isMaster(now);
      });
      await before.restart();
    },
    async stop() {
      for (const sentinel of sentinels) sentinel.kill("SIGKILL");
      await Promise.all(servers.map((one) => one.kill("SIGKILL")));
    },
  });
}
