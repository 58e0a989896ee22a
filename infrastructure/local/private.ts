import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What lets a program in at one local server; 64 hexadecimal digits each, so they need no quoting anywhere. */
export interface Credentials {
  /** May do everything: the set-up, and tests that break things. */
  admin: string;
  /** StreamForge's own user, with the rights that its code needs. */
  app: string;
}

/** Name of StreamForge's own user in all three servers, and of its database. */
export const APP = "streamforge";

/** Makes a folder that only its owner may enter; one that others could enter (an older version's) is closed with all that it holds. */
export function privateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (statSync(folder).mode & 0o007) closeToOthers(folder);
}

function closeToOthers(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, stat.mode & 0o700);
  if (stat.isDirectory()) for (const name of readdirSync(path)) closeToOthers(join(path, name));
}

/** Writes a file that only its owner may read, also where an older one is open to others. */
export function writePrivate(file: string, text: string): void {
  if (existsSync(file)) chmodSync(file, 0o600);
  writeFileSync(file, text, { mode: 0o600 });
}

/** The passwords kept in `<home>/passwords.json`; made when there are none. */
export function credentials(home: string): Credentials {
  const file = join(home, "passwords.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Credentials;
  privateFolder(home);
  const made: Credentials = { admin: randomBytes(32).toString("hex"), app: randomBytes(32).toString("hex") };
  writePrivate(file, `${JSON.stringify(made)}\n`);
  return made;
}

/** Runs `work`, which must be synchronous, so that every file it or a child born in it makes is its owner's alone. */
export function withPrivateFiles<T>(work: () => T): T {
  const before = process.umask(0o077);
  try {
    return work();
  } finally {
    process.umask(before);
  }
}

/**
 * The environment of a server: what it needs to run. Ours may hold the operator's secrets, and a server may run as another user.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const names = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];
  const kept = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  // Messages in English, since a failed start is explained from them.
  return { ...Object.fromEntries(kept), LC_ALL: "C", TZ: "UTC" };
}
