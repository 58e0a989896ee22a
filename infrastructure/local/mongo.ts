import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { type Db, MongoClient, MongoServerError } from "mongodb";
import { findMongod } from "./find-mongod.js";
import { keep } from "./keeper.js";
import { ask } from "./ports.js";
import type { LocalOptions, LocalServer } from "./types.js";

const SET = "rs0";

export interface MongoOptions extends LocalOptions {
  /** False for a member of a larger set: it is ready when it answers, and whoever starts the set initiates it. */
  alone?: boolean;
}

/**
 * Starts a MongoDB replica set of one node and waits until it is primary.
 * @throws Error with the install line of this platform when no server is found and none can be fetched
 */
export async function startMongo(options: MongoOptions): Promise<LocalServer> {
  const file = await findMongod(options.onProgress);
  const dataDir = resolve(options.dataDir, "data");
  mkdirSync(dataDir, { recursive: true });
  const extra = options.extraArgs ?? [];
  const settings: Record<string, string> = {
    "--dbpath": dataDir,
    "--replSet": SET,
    "--bind_ip": "127.0.0.1",
    // Half the machine would be its own choice, which leaves tests and their neighbours without.
    "--wiredTigerCacheSizeGB": "0.5",
    // MB; its own choice would be 5 % of the disk.
    "--oplogSize": "1024",
  };
  // mongod refuses a setting that stands twice.
  const own = Object.entries(settings).filter(([name]) => !extra.some((given) => given === name || given.startsWith(`${name}=`)));
  return keep(
    {
      kind: "mongodb",
      name: "MongoDB",
      dataDir,
      command: (port) => ({ file, args: [...own.flat(), "--quiet", "--nounixsocket", "--port", String(port), ...extra] }),
      ready: options.alone === false ? isUp : makePrimary,
      url: (port) => `mongodb://127.0.0.1:${port}/?replicaSet=${SET}`,
      stopSignal: "SIGTERM",
    },
    options,
  );
}

/** Whether our process answers at all. */
async function isUp(port: number, pid: number): Promise<boolean> {
  return withAdmin(port, async (admin) => (await pidOf(admin)) === pid);
}

/** Initiates the set once, follows a changed port, and tells whether the node is primary. */
async function makePrimary(port: number, pid: number): Promise<boolean> {
  return withAdmin(port, async (admin) => {
    if ((await pidOf(admin)) !== pid) return false;
    const host = `127.0.0.1:${port}`;
    const hello = await admin.command({ hello: 1 });
    if (hello["isWritablePrimary"] && hello["me"] === host) return true;
    // `hello` says the same of a set that was never initiated and of one whose only member is at another port.
    const config = await currentConfig(admin);
    if (!config) {
      await admin.command({ replSetInitiate: { _id: SET, members: [{ _id: 0, host }] } });
      return false;
    }
    const member = config.members[0];
    if (member && member.host !== host) {
      member.host = host;
      // Forced, since a node that does not find itself in its own set has no primary to ask.
      await admin.command({ replSetReconfig: { ...config, version: config.version + 1 }, force: true });
    }
    return false;
  });
}

/** Asks the server on this port; false while it does not answer. */
async function withAdmin(port: number, look: (admin: Db) => Promise<boolean>): Promise<boolean> {
  if ((await ask(port, "")) === "") return false;
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, { serverSelectionTimeoutMS: 2000, maxPoolSize: 1 });
  try {
    return await look(client.db("admin"));
  } catch {
    // Still starting (NotYetInitialized, connection refused): the keeper asks again, or sees it die.
    return false;
  } finally {
    await client.close();
  }
}

async function pidOf(admin: Db): Promise<number> {
  const status = await admin.command({ serverStatus: 1, metrics: 0, wiredTiger: 0, locks: 0, tcmalloc: 0 });
  return Number(status["pid"]);
}

const NOT_YET_INITIALIZED = 94;

async function currentConfig(admin: Db): Promise<{ version: number; members: { host: string }[] } | undefined> {
  try {
    return (await admin.command({ replSetGetConfig: 1 }))["config"];
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NOT_YET_INITIALIZED) return undefined;
    throw error;
  }
}
