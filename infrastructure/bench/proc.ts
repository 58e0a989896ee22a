import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

/** Figures of a process from /proc, which only Linux has; elsewhere they are undefined and the bench says so. */

let ticksPerSecond: number | undefined;

function clockTicks(): number {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return ticksPerSecond;
}

/** CPU time of a process with all its threads since its start, in µs (steps of 10,000). */
export function cpuUs(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name stands in parentheses and may hold spaces: fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / clockTicks();
  } catch {
    return undefined;
  }
}

function statusBytes(pid: number, name: string): number | undefined {
  try {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return found ? Number(found[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}

/** Resident memory now, in bytes. */
export const rssBytes = (pid: number) => statusBytes(pid, "VmRSS");

/** Highest resident memory since `resetPeak`, in bytes. */
export const peakRssBytes = (pid: number) => statusBytes(pid, "VmHWM");

/** Begins a new measurement of the peak. */
export function resetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // Not permitted: the peak then covers the process's whole life, which is only worse for us.
  }
}

/** CPU time that the whole machine has spent on anything since it started, in µs; steal and idle time are not in it. */
export function machineBusyUs(): number | undefined {
  try {
    const found = /^cpu +(\d+) (\d+) (\d+) \d+ \d+ (\d+) (\d+)/.exec(readFileSync("/proc/stat", "utf8"));
    return found ? (found.slice(1).reduce((sum, ticks) => sum + Number(ticks), 0) * 1_000_000) / clockTicks() : undefined;
  } catch {
    return undefined;
  }
}
