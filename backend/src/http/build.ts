import { readFileSync } from "node:fs";
import type { Build } from "./routes/health.js";

/** What runs here: the version of the package, and the commit, from GIT_COMMIT or from the checkout it runs in. */
export function readBuild(env: Record<string, string | undefined> = process.env): Build {
  const { version } = JSON.parse(read("../../package.json") ?? '{"version":"unknown"}') as { version: string };
  return { version, commit: env.GIT_COMMIT || checkedOutCommit(), node: process.version };
}

function checkedOutCommit(): string | null {
  const head = read("../../../.git/HEAD")?.trim();
  if (head === undefined) return null;
  const name = /^ref: (.+)$/.exec(head)?.[1];
  if (name === undefined) return head;
  const packed = () => new RegExp(`^([0-9a-f]{40}) ${name}$`, "m").exec(read("../../../.git/packed-refs") ?? "")?.[1];
  return read(`../../../.git/${name}`)?.trim() ?? packed() ?? null;
}

/** Relative to this folder; the same from `src` and from `dist`. */
function read(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, import.meta.url), "utf8");
  } catch {
    return undefined;
  }
}
