import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

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
