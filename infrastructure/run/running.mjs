import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ROOT } from "./prepare.mjs";

/** Reads `.env` beside package.json when there is one; what the environment says already wins. */
export function loadEnvFile() {
  const file = join(ROOT, ".env");
  if (existsSync(file)) process.loadEnvFile(file);
}

/**
 * Addresses of the installation that `npm start` runs from this folder, as settings.
 * @returns those that are not set otherwise; {} when none runs
 */
export function running() {
  const file = resolve(ROOT, process.env.STREAMFORGE_DATA_DIR || ".streamforge", "running.json");
  try {
    const { pid, settings } = JSON.parse(readFileSync(file, "utf8"));
    process.kill(pid, 0);
    return Object.fromEntries(Object.entries(settings).filter(([name]) => !process.env[name]));
  } catch {
    return {};
  }
}
