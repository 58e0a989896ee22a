import { realpathSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import closeWithGrace from "close-with-grace";
import { loadConfig } from "./config.js";

/**
 * Runs a process when its module is the program that was started, and not an import of another one. What cannot start says why in
 * one sentence; SIGTERM, SIGINT and what nobody planned for close it in order.
 */
export async function runAsMain(moduleUrl: string, start: () => Promise<{ close(): Promise<void> }>): Promise<void> {
  if (!isMain(moduleUrl)) return;
  try {
    const running = await start();
    giveBackMemory();
    growFreely();
    closeWithGrace({ delay: loadConfig().SHUTDOWN_TIMEOUT_MS + 1_000 }, () => running.close());
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
    // Nothing is left that could keep it; should something be, it ends all the same.
    setTimeout(() => process.exit(1), LONGEST_END_MS).unref();
  }
}

const LONGEST_END_MS = 5_000;
const LOOK_EVERY_MS = 30_000;
/** Its own polls keep a process busy for 1 to 2 % of its time. */
const IDLE_UTILIZATION = 0.04;

/**
 * Gives back to the system what an idle process does not need. When it is ready: what starting up left behind, parsed modules,
 * their garbage, and the code of what runs only once; 14–18 MB that V8 would keep for the next burst. Later: the garbage of idle
 * polls, another 10 MB within minutes, because V8 collects by how much is allocated. A collection stops an idle process for 30 to
 * 50 ms; one that is busy is left to V8.
 */
function giveBackMemory(): void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as (options: object) => void;
  const collect = () => gc({ type: "major", flavor: "last-resort", execution: "sync" });
  // Code goes although it ran a moment ago: what is needed again is compiled again when it is called.
  setFlagsFromString("--stress-flush-code");
  collect();
  setFlagsFromString("--no-stress-flush-code");

  let seen = performance.eventLoopUtilization();
  setInterval(() => {
    const now = performance.eventLoopUtilization();
    if (performance.eventLoopUtilization(now, seen).utilization < IDLE_UTILIZATION) collect();
    seen = now;
  }, LOOK_EVERY_MS).unref();
}

/**
 * Lets the heap grow to three times what lives in it before it is marked again. Under light load V8 would do so at 1.2 times, every
 * second or two, and its helper threads take for 50 ms the core that a request waits for.
 */
function growFreely(): void {
  setFlagsFromString("--heap-growing-percent=200");
}

/** Whether this module is the program that was started, and not an import of another one. */
export function isMain(moduleUrl: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}
