import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import closeWithGrace from "close-with-grace";

/**
 * Runs a process when its module is the program that was started, and not an import of another one. What cannot start says why in
 * one sentence; SIGTERM, SIGINT and what nobody planned for close it in order.
 */
export async function runAsMain(moduleUrl: string, start: () => Promise<{ close(): Promise<void> }>): Promise<void> {
  if (!isMain(moduleUrl)) return;
  try {
    const running = await start();
    giveBackStartupMemory();
    closeWithGrace({ delay: 10_000 }, () => running.close());
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

/**
 * Gives what starting up left behind back to the system: parsed modules, their garbage, and the code of what runs only once;
 * 14–18 MB a process that V8 would otherwise keep for the next burst. Once, when the process is ready.
 */
function giveBackStartupMemory(): void {
  setFlagsFromString("--expose-gc");
  // Code goes although it ran a moment ago: what is needed again is compiled again when it is called.
  setFlagsFromString("--stress-flush-code");
  const collect = runInNewContext("gc") as (options: object) => void;
  collect({ type: "major", flavor: "last-resort", execution: "sync" });
  setFlagsFromString("--no-stress-flush-code");
}

/** Whether this module is the program that was started, and not an import of another one. */
export function isMain(moduleUrl: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}
