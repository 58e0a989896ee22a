import { resolve } from "node:path";
import { type Db, MongoClient, MongoServerError } from "mongodb";
import { findMongod } from "./find-mongod.js";
import { keep } from "./keeper.js";
import { ask } from "./ports.js";
import { APP, type Credentials, credentials, privateFolder, writePrivate } from "./private.js";
import type { LocalOptions, LocalServer } from "./types.js";

const SET = "rs0";

export interface MongoOptions extends LocalOptions {
  /** The database that StreamForge's own user may write to; unset, `streamforge`. */
  database?: string;
  /** A member of a larger set: it is ready when it answers, and who starts the set initiates it and makes its user. */
  member?: Credentials;
}

/**
 * Starts a MongoDB replica set of one node and waits until it is primary.
 * @throws Error with the install line of this platform when no server is found and none can be fetched
 */
export async function startMongo(options: MongoOptions): Promise<LocalServer> {
  const file = await findMongod(options.onProgress);
  const dataDir = resolve(options.dataDir, "data");
  privateFolder(options.dataDir);
  privateFolder(dataDir);
  const secrets = options.member ?? credentials(options.dataDir);
  const keyFile = resolve(options.dataDir, "keyfile");
  writePrivate(keyFile, secrets.admin);
  const extra = options.extraArgs ?? [];
  const settings: Record<string, string> = {
    "--dbpath": dataDir,
    "--replSet": SET,
    "--bind_ip": "127.0.0.1",
    // Nobody gets in without a password; members, and we for the set-up, by what is in this file.
    "--keyFile": keyFile,
    // CVE-2025-14847: a compressed message reads the server's memory, before any password.
    "--networkMessageCompressors": "disabled",
    // Half the machine would be its own choice, which leaves tests and their neighbours without.
    "--wiredTigerCacheSizeGB": "0.5",
    // MB; its own choice would be 5 % of the disk.
    "--oplogSize": "1024",
  };
  // mongod refuses a setting that stands twice.
  const own = Object.entries(settings).filter(([name]) => !extra.some((given) => given === name || given.startsWith(`${name}=`)));
  // Else the first program that connects from this machine may make itself an administrator while there is no user.
  const noBypass = ["--setParameter", "enableLocalhostAuthBypass=0"];
  const ready = options.member ? isUp : makePrimary(options.database ?? APP);
  return keep(
    {
      kind: "mongodb",
      name: "MongoDB",
      dataDir,
      command: (port) => ({ file, args: [...own.flat(), ...noBypass, "--quiet", "--nounixsocket", "--port", String(port), ...extra] }),
      ready: (port, pid) => withAdmin(port, secrets, (admin) => ready(admin, { port, pid, password: secrets.app })),
      url: (port) => mongoUrl([`127.0.0.1:${port}`], secrets.app),
      adminUrl: (port) => mongoAdminUrl([`127.0.0.1:${port}`], secrets.admin),
      stopSignal: "SIGTERM",
    },
    options,
  );
}

/** URL of a set for StreamForge's own user. */
export function mongoUrl(hosts: string[], password: string): string {
  return `mongodb://${APP}:${password}@${hosts.join(",")}/?replicaSet=${SET}&authSource=admin`;
}

/** URL of a set for the user that its members are to each other: what is in their key file is its password. */
export function mongoAdminUrl(hosts: string[], key: string): string {
  return `mongodb://__system:${key}@${hosts.join(",")}/?replicaSet=${SET}&authSource=local`;
}

interface Member {
  port: number;
  pid: number;
  /** Of StreamForge's own user. */
  password: string;
}

/** Whether our process answers at all. */
async function isUp(admin: Db, { pid }: Member): Promise<boolean> {
  return (await pidOf(admin)) === pid;
}

/** Initiates the set once, follows a changed port, and tells whether the node is primary and has our user. */
function makePrimary(database: string): (admin: Db, member: Member) => Promise<boolean> {
  return async (admin, { port, pid, password }) => {
    if ((await pidOf(admin)) !== pid) return false;
    const host = `127.0.0.1:${port}`;
    const hello = await admin.command({ hello: 1 });
    if (hello["isWritablePrimary"] && hello["me"] === host) {
      await makeUser(admin, database, password);
      return true;
    }
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
  };
}

const USER_EXISTS = 51003;

/** Makes StreamForge's own user, or gives it this password and these rights again (a data folder of an older version has none). */
async function makeUser(admin: Db, database: string, pwd: string): Promise<void> {
  // `dbAdmin` for `collMod`: a changed time to keep is a changed index.
  const roles = ["readWrite", "dbAdmin"].map((role) => ({ role, db: database }));
  const user = { pwd, roles, mechanisms: ["SCRAM-SHA-256"] };
  try {
    await admin.command({ createUser: APP, ...user });
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === USER_EXISTS)) throw error;
    await admin.command({ updateUser: APP, ...user });
  }
}

/** Asks the server on this port; false while it does not answer. */
async function withAdmin(port: number, { admin: key }: Credentials, look: (admin: Db) => Promise<boolean>): Promise<boolean> {
  if ((await ask(port, "")) === "") return false;
  const url = `mongodb://__system:${key}@127.0.0.1:${port}/?directConnection=true&authSource=local`;
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 2000, maxPoolSize: 1 });
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
