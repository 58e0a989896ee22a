import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { credentials, type LocalServer, mongoAdminUrl, mongoUrl, startMongo } from "@streamforge/infrastructure/local";
import { type Db, MongoClient } from "mongodb";

const INITIATE = fileURLToPath(new URL("../../../infrastructure/scripts/init-replica-sets.sh", import.meta.url));
const SET = "rs0";

/** A MongoDB of three members. As a `LocalServer` it is its primary: `kill` ends that one, `restart` starts the one that is down. */
export interface ReplicaSet extends LocalServer {
  /** The primary hands over to another member; when none has caught up after 4 s, it goes all the same. */
  stepDown(): Promise<void>;
  /** Waits until there is a primary. */
  elected(): Promise<void>;
}

/** Starts three members and initiates them as an operator would, by the script of that name. */
export async function startReplicaSet(dataDir: string): Promise<ReplicaSet> {
  const member = credentials(dataDir);
  const members = await Promise.all(
    [0, 1, 2].map((n) => startMongo({ dataDir: join(dataDir, `${n}`), member, extraArgs: ["--wiredTigerCacheSizeGB", "0.25"] })),
  );
  const hosts = members.map(({ port }) => `127.0.0.1:${port}`);
  await promisify(execFile)(INITIATE, [SET, ...hosts], {
    env: {
      ...process.env,
      PATH: `${join(process.execPath, "..")}:${process.env.PATH}`,
      MONGODB_KEY: member.admin,
      MONGODB_PASSWORD: member.app,
    },
  });
  const adminUrl = mongoAdminUrl(hosts, member.admin);
  // Ten seconds until an election are fine for users, and long for a test of many.
  await asAdmin(adminUrl, async (admin) => {
    const { config } = await admin.command({ replSetGetConfig: 1 });
    config.settings.electionTimeoutMillis = 2_000;
    await admin.command({ replSetReconfig: { ...config, version: config.version + 1 } });
  });
  const primary = async (): Promise<LocalServer> => {
    const me = await asAdmin(adminUrl, async (admin) => (await admin.command({ hello: 1 }))["me"] as string);
    return members[hosts.indexOf(me)] as LocalServer;
  };
  const [first] = members as [LocalServer];
  return {
    kind: first.kind,
    url: mongoUrl(hosts, member.app),
    adminUrl,
    port: first.port,
    dataDir,
    pid: first.pid,
    kill: async (signal) => (await primary()).kill(signal),
    async restart() {
      await Promise.all(members.map((one) => (one.pid() === undefined ? one.restart() : undefined)));
    },
    async stop() {
      // In order, a primary waits 15 s for its secondaries; nobody needs this data again.
      await Promise.all(members.map((one) => one.kill("SIGKILL")));
    },
    elected: async () => void (await primary()),
    async stepDown() {
      await asAdmin(
        adminUrl,
        async (admin) => void (await admin.command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 4, force: true })),
      );
    },
  };
}

/** Asks the member that is primary now. */
async function asAdmin<T>(url: string, ask: (admin: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 30_000 });
  try {
    return await ask(client.db("admin"));
  } finally {
    await client.close();
  }
}
