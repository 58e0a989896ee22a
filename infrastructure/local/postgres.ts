import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { closedFolder, findPostgres, type Owner, type PostgresFiles, unprivileged } from "./find-postgres.js";
import { keep } from "./keeper.js";
import type { LocalOptions, LocalServer } from "./types.js";

const run = promisify(execFile);
const DATABASE = "streamforge";

/**
 * Starts a Postgres with an empty database `streamforge`.
 * @throws Error with one sentence when the platform has none, or the data is of another major version
 */
export async function startPostgres(options: LocalOptions): Promise<LocalServer> {
  mkdirSync(options.dataDir, { recursive: true });
  const owner = unprivileged();
  const files = await findPostgres(owner);
  const dataDir = owner ? reachable(resolve(options.dataDir, "data")) : resolve(options.dataDir, "data");
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
      command: (port) => ({
        file: files.postgres,
        args: ["-D", dataDir, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting]), ...(options.extraArgs ?? [])],
        ...owner,
        env: environment(),
      }),
      ready: async (_port, pid) => isReady(dataDir, pid),
      url: (port) => `postgresql://postgres@127.0.0.1:${port}/${DATABASE}`,
      // "Fast shutdown"; SIGTERM would wait until every client has left.
      stopSignal: "SIGINT",
    },
    options,
  );
}

/** Messages in English, since a failed start is explained from them. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C", TZ: "UTC" };
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
 * As root the server's user must be able to pass through every folder above its data. Under the temporary folder the
 * closed ones are a test's own and are opened; anywhere else (a clone under /root) the data moves to /var/lib.
 */
function reachable(dataDir: string): string {
  const temporary = realpathSync(tmpdir()) + sep;
  for (let closed = closedFolder(dataDir); closed; closed = closedFolder(dataDir)) {
    if (!closed.startsWith(temporary)) {
      const key = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
      const moved = `/var/lib/streamforge/postgres-${key}`;
      mkdirSync(moved, { recursive: true, mode: 0o755 });
      writeFileSync(join(dirname(dataDir), "data-is-in.txt"), `${moved}\n`);
      return join(moved, "data");
    }
    chmodSync(closed, 0o711);
  }
  return dataDir;
}

/** Makes the cluster and its database beside its place and renames it when complete: a start that was killed leaves nothing half. */
async function initialise(files: PostgresFiles, dataDir: string, owner: Owner | undefined): Promise<void> {
  const unfinished = `${dataDir}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (owner) chownSync(unfinished, owner.uid, owner.gid);
  const as = { ...owner, cwd: "/", env: environment() };
  // Only this machine reaches it, as with Redis and MongoDB beside it; hence no password.
  const flags = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-instructions"];
  await run(files.initdb, [`--pgdata=${unfinished}`, ...flags], as).catch((error: { stderr?: string; message: string }) => {
    throw new Error(`Postgres could not make its data folder ${dataDir}: ${error.stderr?.trim().split("\n").at(-1) || error.message}`);
  });
  const single = spawn(files.postgres, ["--single", "-D", unfinished, "-c", "unix_socket_directories=", "postgres"], {
    ...as,
    stdio: ["pipe", "ignore", "ignore"],
  });
  single.stdin.end(`CREATE DATABASE ${DATABASE};\n`);
  const [code] = (await once(single, "exit")) as [number | null];
  if (code !== 0) throw new Error(`Postgres could not make the database ${DATABASE} in ${dataDir}`);
  renameSync(unfinished, dataDir);
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
