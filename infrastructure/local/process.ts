import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * The environment of an api or worker: how Node and its allocator keep memory (docs/decisions/0007-memory.md). What `env` says
 * of it wins. The image sets the same.
 */
export function processEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    // glibc gives each thread an arena of its own; two are as fast and keep 3 to 5 MB less in a process.
    MALLOC_ARENA_MAX: "2",
    ...env,
    // V8 lets young objects fill 128 MB: more than any cache holds, and collections as long as that.
    NODE_OPTIONS: `--max-semi-space-size=16 ${env["NODE_OPTIONS"] ?? ""}`.trim(),
  };
}

/** Tells whether a process exists (also one that is not ours to signal). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The command line of a process, "" when it cannot be read. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // No /proc on macOS.
  }
  try {
    return execFileSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  } catch {
    return "";
  }
}

/**
 * Ends `pid` when this process is gone, even by `kill -9`: a shell waits on a pipe that only we hold open. It costs one
 * idle `sh` (under 1 MB) for each server; without it, a killed test run leaves servers that nobody ends.
 * @returns stops watching
 */
export function watch(pid: number, signal: NodeJS.Signals): () => void {
  const script = `read -r _; kill -${signal.slice(3)} ${pid} 2>/dev/null || exit 0
    i=0; while [ $i -lt 100 ] && kill -0 ${pid} 2>/dev/null; do sleep 0.1; i=$((i+1)); done; kill -KILL ${pid} 2>/dev/null`;
  const guard = spawn("sh", ["-c", script], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guard.on("error", () => {});
  guard.stdin.on("error", () => {});
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return () => {
    guard.kill("SIGKILL");
  };
}
