import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Gives what starting up left behind back to the system: parsed modules and their garbage, 12–16 MB a process that V8 would
 * otherwise keep for the next burst. Once, when the process is ready.
 */
export function giveBackStartupMemory(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: object) => void;
  collect({ type: "major", flavor: "last-resort", execution: "sync" });
}

/** Whether this module is the program that was started, and not an import of another one. */
export function isMain(moduleUrl: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}
