import { printableInLine } from "./printable.js";

/** Columns as wide as their widest cell; nothing in a cell can be more than text. */
export function table(head: string[], given: string[][]): string {
  const rows = given.map((row) => row.map(printableInLine));
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
