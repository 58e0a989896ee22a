import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, renameSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, portIsFree } from "./ports.js";
import { privateFolder, serverEnvironment, withPrivateFiles, writePrivate } from "./private.js";
import { commandLine, isAlive, watch } from "./process.js";
import type { LocalOptions, LocalServer, Recipe } from "./types.js";

/** Reading back a large append-only file or a long journal takes this long at most. */
const READY_WITHIN_MS = 120_000;
/** After this a server that was asked to stop is killed; all three heal from that. */
const STOP_WITHIN_MS = 15_000;
const LOG_BYTES = 10 * 1024 * 1024;

/** Kept in `<dataDir>/server.json`, so that the next start finds the port again, and a server that was left over. */
interface Remembered {
  pid: number;
  owner: number;
  port: number;
  dataDir: string;
}

type Attempt = { kind: "ready" } | { kind: "port-taken" } | { kind: "failed"; why: string };

/**
 * Runs one server for as long as we live, and keeps what it needs to come back after any kind of death.
 * @throws Error with one sentence that says what is wrong and where the log is
 */
export async function keep(recipe: Recipe, options: LocalOptions): Promise<LocalServer> {
  const home = resolve(options.dataDir);
  const stateFile = join(home, "server.json");
  const logFile = join(home, "server.log");
  privateFolder(home);
  await takeOver(recipe, stateFile);
  await recipe.prepare?.();
  rotate(logFile);

  const remembered = readState(stateFile);
  let port = options.port ?? (remembered && (await portIsFree(remembered.port)) ? remembered.port : await freePort());
  let child: ChildProcess | undefined;
  let unwatch = () => {};

  async function launch(mayMove: boolean): Promise<void> {
    // A killed Postgres holds its shared memory, and any killed server its port, for some ms: hence again.
    for (let attempt = 0; attempt < 20; attempt++) {
      const log = openSync(logFile, "a", 0o600);
      const from = fstatSync(log).size;
      const { file, args, uid, gid } = recipe.command(port);
      // A session of its own: Ctrl-C reaches us alone, and we stop things in order.
      const options: SpawnOptions = { cwd: "/", detached: true, stdio: ["ignore", log, log], uid, gid, env: serverEnvironment() };
      const born = withPrivateFiles(() => spawn(file, args, options));
      closeSync(log);
      const outcome = await settle(recipe, born, port, () => readLog(logFile, from));
      if (outcome.kind === "ready") {
        child = born;
        born.unref();
        const stopWatching = watch(born.pid as number, recipe.stopSignal);
        unwatch = stopWatching;
        born.once("exit", stopWatching);
        writeState(stateFile, { pid: born.pid as number, owner: process.pid, port, dataDir: recipe.dataDir });
        return;
      }
      if (outcome.kind === "failed") throw new Error(`${recipe.name} did not start: ${outcome.why} (log: ${logFile})`);
      if (mayMove) port = await freePort();
      else await sleep(250);
    }
    throw new Error(`${recipe.name} did not start: port ${port} stays taken (log: ${logFile})`);
  }

  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  async function kill(signal: NodeJS.Signals): Promise<void> {
    if (!child || !running()) return;
    if (signal === "SIGSTOP" || signal === "SIGCONT") {
      child.kill(signal);
      return;
    }
    unwatch();
    child.ref();
    const gone = once(child, "exit");
    child.kill(signal);
    // A server that a test has frozen would otherwise never see the signal.
    child.kill("SIGCONT");
    const hard = setTimeout(() => child?.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(hard);
  }

  await launch(options.port === undefined);
  return {
    kind: recipe.kind,
    get url() {
      return recipe.url(port);
    },
    get adminUrl() {
      return recipe.adminUrl(port);
    },
    get port() {
      return port;
    },
    dataDir: recipe.dataDir,
    pid: () => (running() ? child?.pid : undefined),
    kill,
    async restart() {
      await kill(recipe.stopSignal);
      await launch(false);
    },
    stop: () => kill(recipe.stopSignal),
  };
}

/** Waits until the process is ready, has died, or took too long. */
async function settle(recipe: Recipe, born: ChildProcess, port: number, log: () => string): Promise<Attempt> {
  let failure: Error | undefined;
  born.once("error", (error) => {
    failure = error;
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (failure) return { kind: "failed", why: failure.message };
    if (born.exitCode !== null || born.signalCode !== null) return diagnose(born, log());
    try {
      if (await recipe.ready(port, born.pid as number)) return { kind: "ready" };
    } catch (error) {
      born.kill("SIGKILL");
      throw error;
    }
    await sleep(50);
  }
  born.kill("SIGKILL");
  return { kind: "failed", why: `it was not ready within ${READY_WITHIN_MS / 1000} s` };
}

function diagnose(born: ChildProcess, log: string): Attempt {
  if (/address already in use|pre-existing shared memory|SocketException.*in use/i.test(log)) return { kind: "port-taken" };
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /fatal|error|invalid|can't|cannot|denied|corrupt|bad file|"s":"[EF]"/i.test(line));
  const why = (telling.at(-1) ?? lines.at(-1) ?? `it ended with ${born.signalCode ?? `code ${born.exitCode}`}`).trim();
  return { kind: "failed", why: why.slice(0, 400) };
}

/**
 * Stops the server that a killed owner left behind on this folder: two servers on one folder would destroy it.
 * @throws Error when the owner still lives
 */
async function takeOver(recipe: Recipe, stateFile: string): Promise<void> {
  const left = readState(stateFile);
  // The process id may belong to somebody else by now; only one that names our folder is ours.
  if (!left || !isAlive(left.pid) || !commandLine(left.pid).includes(left.dataDir)) return;
  if (isAlive(left.owner)) {
    throw new Error(
      `The data folder ${recipe.dataDir} is in use by process ${left.owner}; stop that one, or choose another with STREAMFORGE_DATA_DIR.`,
    );
  }
  process.kill(left.pid, recipe.stopSignal);
  process.kill(left.pid, "SIGCONT");
  for (let waitedMs = 0; isAlive(left.pid) && waitedMs < STOP_WITHIN_MS; waitedMs += 50) await sleep(50);
  if (isAlive(left.pid)) process.kill(left.pid, "SIGKILL");
}

function readState(file: string): Remembered | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Remembered;
  } catch {
    // Missing at the first start; cut short by a crash it costs us only the port.
    return undefined;
  }
}

function writeState(file: string, state: Remembered): void {
  writePrivate(`${file}.new`, `${JSON.stringify(state)}\n`);
  renameSync(`${file}.new`, file);
}

function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > LOG_BYTES) renameSync(file, `${file}.1`);
}

function readLog(file: string, from: number): string {
  const handle = openSync(file, "r");
  try {
    const size = Math.min(fstatSync(handle).size - from, 64 * 1024);
    const bytes = Buffer.alloc(Math.max(size, 0));
    readSync(handle, bytes, 0, bytes.length, from);
    return bytes.toString("utf8");
  } finally {
    closeSync(handle);
  }
}
