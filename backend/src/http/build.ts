import { readFileSync } from "node:fs";
import type { Build } from "./routes/health.js";

/** What runs here: the version of the package, and the commit, as configured (GIT_COMMIT) or of the checkout it runs in. */
export function readBuild(commit: string | undefined): Build {
  const { version } = JSON.parse(read("../../package.json") ?? '{"version":"unknown"}') as { version: string };
  return { version, commit: commit ?? checkedOutCommit(), node: process.version };
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
