import type { JobKindName, JobView } from "@streamforge/shared";
import { formatCount } from "../../lib/format.js";

/** Jobs in words, whatever their kind. */

export const kindWords: Record<JobKindName, string> = {
  replay: "Replay",
  export: "Export",
  retention: "Retention",
  erasure: "Erasure",
};

/** What cancelling one leaves behind. */
export const cancelWords: Record<JobKindName, string> = {
  replay: "What it has stored stays stored; letters that were not reached are open again.",
  export: "Parts that are whole stay where they are; its manifest is not written.",
  retention: "What it has removed is gone; the next run takes the rest.",
  erasure: "What it has removed is gone; the rest of the user's data stays.",
};

/** "480 of 1,234", or "480 done" where nobody knows of how many. */
export const progressWords = ({ progress: { processed, selected } }: Pick<JobView, "progress">) =>
  selected === null ? `${formatCount(processed)} done` : `${formatCount(processed)} of ${formatCount(selected)}`;

/** "deadLetters" → "dead letters". */
export const nameWords = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll("-", " ")
    .toLowerCase();

/** What was asked for, in a line: "dry run · from 2026-01-01". */
export function specWords({ spec }: Pick<JobView, "spec">): string {
  return Object.entries(spec)
    .flatMap(([name, value]) => {
      if (value === true) return [nameWords(name)];
      return typeof value === "string" || typeof value === "number" ? [`${nameWords(name)} ${value}`] : [];
    })
    .join(" · ");
}
