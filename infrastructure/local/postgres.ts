import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { closedFolder, findPostgres, type Owner, type PostgresFiles, unprivileged } from "./find-postgres.js";
import { keep } from "./keeper.js";
import { OWN_DATABASE, ROLES } from "./postgres-roles.js";
import { APP, type Credentials, credentials, privateFolder, serverEnvironment, writePrivate } from "./private.js";
import type { LocalOptions, LocalServer } from "./types.js";

const run = promisify(execFile);

/**
 * Starts a Postgres with a database `streamforge` and a user of that name, which owns it and nothing else.
 * @throws Error with one sentence when the platform has none, or the data is of another major version
 */
export async function startPostgres(options: LocalOptions): Promise<LocalServer> {
  privateFolder(options.dataDir);
  const owner = unprivileged();
  const files = await findPostgres(owner);
  const dataDir = owner ? reachable(resolve(options.dataDir, "data"), owner) : resolve(options.dataDir, "data");
  const secrets = credentials(options.dataDir);
  if (!existsSync(join(dataDir, "PG_VERSION"))) {
    options.onProgress?.("Postgres: making a new database ...");
    await initialise(files, dataDir, owner);
  }
  await sameMajor(files, dataDir);
  const settings = [
    "listen_addresses=127.0.0.1",
    // No socket file: its default folder may be closed to us, and everything here speaks TCP.
    "unix_socket_directories=",
    "shared_buffers=64MB",
    "max_connections=200",
  ];
  return keep(
    {
      kind: "postgres",
      name: "Postgres",
      dataDir,
      prepare: () => lock({ files, dataDir, owner }, secrets),
      command: (port) => ({
        file: files.postgres,
        args: ["-D", dataDir, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting]), ...(options.extraArgs ?? [])],
        ...owner,
      }),
      ready: async (_port, pid) => isReady(dataDir, pid),
      url: (port) => `postgresql://${APP}:${secrets.app}@127.0.0.1:${port}/${APP}`,
      adminUrl: (port) => `postgresql://postgres:${secrets.admin}@127.0.0.1:${port}/${APP}`,
      // "Fast shutdown"; SIGTERM would wait until every client has left.
      stopSignal: "SIGINT",
    },
    options,
  );
}

/** What pg_ctl reads, too: process id in line 1 (a killed server leaves its own there), state in line 8. */
function isReady(dataDir: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n");
    return lines[0] === String(pid) && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}

/**
 * As root the server's user must be able to pass through every folder above its data, and nobody else may: these folders
 * are open to a group that only the server is in. Those of StreamForge and a test's own under the temporary folder are
 * opened; where another one is closed (a clone under /root) the data moves to /var/lib.
 */
function reachable(dataDir: string, owner: Owner): string {
  const temporary = realpathSync(tmpdir()) + sep;
  const home = dirname(dirname(dataDir));
  for (let closed = closedFolder(dataDir, owner.gid); closed; closed = closedFolder(dataDir, owner.gid)) {
    if (!`${closed}${sep}`.startsWith(`${home}${sep}`) && !closed.startsWith(temporary)) {
      const key = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
      const moved = `/var/lib/streamforge/postgres-${key}`;
      mkdirSync(moved, { recursive: true, mode: 0o755 });
      openToGroup(moved, owner.gid);
      writeFileSync(join(dirname(dataDir), "data-is-in.txt"), `${moved}\n`, { mode: 0o600 });
      return join(moved, "data");
    }
    openToGroup(closed, owner.gid);
  }
  return dataDir;
}

function openToGroup(folder: string, gid: number): void {
  chownSync(folder, statSync(folder).uid, gid);
  chmodSync(folder, 0o710);
}

/** Makes the cluster and its database beside its place and renames it when complete: a start that was killed leaves nothing half. */
async function initialise(files: PostgresFiles, dataDir: string, owner: Owner | undefined): Promise<void> {
  const unfinished = `${dataDir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (owner) chownSync(unfinished, owner.uid, owner.gid);
  // Passwords come with the roles, before it listens for the first time.
  const flags = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-instructions"];
  const as = { ...owner, cwd: "/", env: serverEnvironment() };
  await run(files.initdb, [`--pgdata=${unfinished}`, ...flags], as).catch((error: { stderr?: string; message: string }) => {
    throw new Error(`Postgres could not make its data folder ${dataDir}: ${error.stderr?.trim().split("\n").at(-1) || error.message}`);
  });
  await alone({ files, dataDir: unfinished, owner }, "postgres", [`CREATE DATABASE ${APP}`]);
  renameSync(unfinished, dataDir);
}

interface Cluster {
  files: PostgresFiles;
  dataDir: string;
  owner: Owner | undefined;
}

/** Lets in who knows a password, and sets these passwords when they are others than last time or there were none. */
async function lock(cluster: Cluster, { admin, app }: Credentials): Promise<void> {
  writePrivate(join(cluster.dataDir, "pg_hba.conf"), "# Written by StreamForge at every start.\nhost all all 127.0.0.1/32 scram-sha-256\n");
  const mark = join(cluster.dataDir, "streamforge-roles");
  const now = createHash("sha256").update(`${admin} ${app}`).digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === now) return;
  await alone(cluster, "postgres", ROLES(admin, app));
  await alone(cluster, APP, OWN_DATABASE);
  writePrivate(mark, now);
}

/**
 * Runs statements of one line each while no server does: Postgres's single-user mode asks for no password, and what it
 * reads from its input no list of processes shows.
 */
async function alone({ files, dataDir, owner }: Cluster, database: string, statements: string[]): Promise<void> {
  const args = ["--single", "-D", dataDir, "-c", "unix_socket_directories=", "-c", "exit_on_error=on", database];
  const single = spawn(files.postgres, args, { ...owner, cwd: "/", env: serverEnvironment(), stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  single.stderr.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  single.stdin.on("error", () => {});
  single.stdin.end(`${statements.join("\n")}\n`);
  const [code] = (await once(single, "close")) as [number | null];
  if (code === 0) return;
  const why = said.split("\n").find((line) => /ERROR|FATAL/.test(line)) ?? said.trim().split("\n").at(-1);
  throw new Error(`Postgres could not set up its users in ${dataDir}: ${why}`);
}

async function sameMajor(files: PostgresFiles, dataDir: string): Promise<void> {
  const data = readFileSync(join(dataDir, "PG_VERSION"), "utf8").trim();
  const { stdout } = await run(files.postgres, ["--version"]);
  const program = /(\d+)\./.exec(stdout)?.[1];
  if (data !== program) {
    throw new Error(
      `The data in ${dataDir} is of Postgres ${data}, this is ${program}: move the folder away, or set DATABASE_URL to a Postgres ${data}.`,
    );
  }
}
