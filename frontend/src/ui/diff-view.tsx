import { useMemo } from "react";
import { type DiffLine, diffLines } from "../lib/diff.js";
import { plural } from "../lib/format.js";
import { jsonLines, lineText } from "../lib/json-lines.js";
import { cn } from "./cn.js";

const signs = { same: " ", removed: "−", added: "+" } as const;
const looks = { same: "text-ink-2", removed: "bg-bad-soft text-bad", added: "bg-good-soft text-good" } as const;
/** Unchanged lines that are shown around a change. */
const AROUND = 3;

/** What changes between two JSON values, line by line; long stretches that stay are folded. */
export function DiffView({ before, after, label }: { before: unknown; after: unknown; label: string }) {
  const parts = useMemo(() => folded(diffLines(jsonLines(before).map(lineText), jsonLines(after).map(lineText))), [before, after]);
  const changed = parts.some((part) => typeof part !== "number" && part.kind !== "same");
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must by keyboard
      tabIndex={0}
      aria-label={label}
      className="overflow-x-auto rounded-md border border-line bg-surface py-2 font-mono text-xs leading-5"
    >
      {!changed && <p className="px-3 font-sans text-ink-2">Nothing changes.</p>}
      {changed &&
        parts.map((part, index) =>
          typeof part === "number" ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text have no other name
            <p key={index} className="bg-raised px-3 font-sans text-ink-3">
              {plural(part, "line")} unchanged
            </p>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <div key={index} className={cn("min-w-max px-3 whitespace-pre", looks[part.kind])}>
              {part.kind !== "same" && <span className="sr-only">{part.kind}: </span>}
              <span aria-hidden="true">{signs[part.kind]} </span>
              {part.text}
            </div>
          ),
        )}
    </section>
  );
}

/** Lines near a change; a number stands for how many are left out. */
function folded(lines: DiffLine[]): (DiffLine | number)[] {
  const near = lines.map((_, index) => lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(({ kind }) => kind !== "same"));
  const parts: (DiffLine | number)[] = [];
  lines.forEach((line, index) => {
    const last = parts.at(-1);
    if (near[index]) parts.push(line);
    else if (typeof last === "number") parts[parts.length - 1] = last + 1;
    else parts.push(1);
  });
  return parts;
}
