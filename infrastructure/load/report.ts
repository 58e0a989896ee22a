import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Rows of cells as text in aligned columns: the first to the left, the others to the right. The first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    widths.map((width, column) => (column === 0 ? (row[column] ?? "").padEnd(width) : (row[column] ?? "").padStart(width))).join("  ");
  const [heading = [], ...rest] = rows;
  return [line(heading), widths.map((width) => "─".repeat(width)).join("  "), ...rest.map(line)].join("\n");
}

/** A number for people: thousands apart, as many decimals as told; "unknown" for what could not be measured. */
export function figure(value: number | undefined | null, decimals = 0): string {
  if (value === undefined || value === null || Number.isNaN(value)) return "unknown";
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

export const mebibytes = (bytes: number | undefined): string => (bytes === undefined ? "unknown" : `${figure(bytes / 2 ** 20)} MB`);

/** The commit that is measured, with a "+" when files differ from it; "unknown" outside a checkout. */
export function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}

/**
 * Writes a report as JSON.
 * @param file where to; unset, `reports/<name>-<time>.json` in the project
 * @returns the file's path
 */
export function writeReport(name: string, report: object, file?: string): string {
  const path = file ?? join(ROOT, "reports", `${name}-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}
