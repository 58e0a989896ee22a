import { realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Whether this module is the program that was started, and not an import of another one. */
export function isMain(moduleUrl: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(moduleUrl);
}
