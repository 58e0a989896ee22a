import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { privateFolder, writePrivate } from "@streamforge/infrastructure/local";

/** What `npm start` keeps beside the servers' data. */
export interface Home {
  dir: string;
  path(name: string): string;
  /** Secret of the API keys' HMAC: made once, since another one would make every key invalid. */
  keyPepper(): string;
  /** The demo tenant's key, so that the printed curl line works at every start; undefined when there is none here. */
  demoKey(): string | undefined;
  keepDemoKey(key: string): void;
  /** Tells `npm run sf`, `demo` and the like where what runs here is (infrastructure/run/running.mjs reads it). */
  keepRunning(settings: Record<string, string>): void;
}

/**
 * Makes the data folder when it is missing, and closes it to the machine's other users.
 * @throws Error with one sentence when it cannot be written to
 */
export function openHome(dir: string): Home {
  try {
    privateFolder(dir);
    accessSync(dir, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new Error(`The data folder ${dir} cannot be used (${code}); choose another: STREAMFORGE_DATA_DIR=/some/folder npm start`);
  }
  const path = (name: string) => join(dir, name);
  const read = (name: string) => (existsSync(path(name)) ? readFileSync(path(name), "utf8").trim() || undefined : undefined);
  const write = (name: string, secret: string) => writePrivate(path(name), `${secret}\n`);
  return {
    dir,
    path,
    keyPepper() {
      const kept = read("key-pepper");
      if (kept) return kept;
      const made = randomBytes(32).toString("base64url");
      write("key-pepper", made);
      return made;
    },
    demoKey: () => read("demo-key"),
    keepDemoKey: (key) => write("demo-key", key),
    keepRunning: (settings) => write("running.json", JSON.stringify({ pid: process.pid, settings })),
  };
}
