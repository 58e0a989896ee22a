import { type ReplayOutcomeName, type ReplayStatus, type ReplayView, reasonHelp } from "@streamforge/shared";
import { formatCount, plural } from "../../lib/format.js";
import type { Tone } from "../../ui/badge.js";

/** A replay's states, outcomes and selection, in words. */

export const statusWords: Record<ReplayStatus, [text: string, tone: Tone]> = {
  pending: ["Waiting", "neutral"],
  running: ["Running", "warn"],
  paused: ["Paused", "warn"],
  stopped: ["Stopped", "bad"],
  cancelled: ["Cancelled", "neutral"],
  completed: ["Completed", "good"],
  failed: ["Failed", "bad"],
};

/** What somebody who looks at it should do; "" where nothing is to be done. */
export const statusHelp: Record<ReplayStatus, string> = {
  pending: "A worker takes it within a second, unless another replay of the tenant is before it or no worker runs.",
  running: "",
  paused: "Nothing is lost and nothing is repeated: it continues where it was when it is resumed.",
  stopped: "Look at what failed below. Resume it when the cause is gone, or cancel it: letters that were not reached are still open.",
  cancelled: "Letters that were not reached are open again.",
  completed: "",
  failed: "Remove what the message names, then resume it: it continues where it was.",
};

interface OutcomeWords {
  title: string;
  /** In a dry run. */
  would: string;
  about: string;
  tone: Tone;
}

export const outcomeWords: Record<ReplayOutcomeName, OutcomeWords> = {
  stored: { title: "Stored", would: "Would be stored", about: "Written as events; their letters are resolved.", tone: "good" },
  "already-stored": {
    title: "Stored before",
    would: "Stored before",
    about: "The same event was stored already; nothing was written twice.",
    tone: "good",
  },
  superseded: {
    title: "Superseded",
    would: "Superseded",
    about: "A corrected event of the same id is stored; it was not overwritten.",
    tone: "neutral",
  },
  failed: { title: "Failed again", would: "Would fail", about: "They stay dead letters, with the new reason.", tone: "bad" },
  skipped: { title: "Skipped", would: "Would be skipped", about: "They were in other hands when their turn came.", tone: "neutral" },
  updated: { title: "Updated", would: "Would be updated", about: "Stored events whose derived fields were computed anew.", tone: "good" },
  unchanged: { title: "Unchanged", would: "Unchanged", about: "Stored events that are as they should be.", tone: "neutral" },
};

/** What a replay is about: "12 chosen letters", "letters with “Unknown event type” of type SALE". */
export function selectionWords({ source, selector }: Pick<ReplayView, "source" | "selector">): string {
  const { ids, reasonCode, fingerprint, type, q, from, to, source: sender } = selector as Record<string, string | string[] | undefined>;
  if (Array.isArray(ids)) return plural(ids.length, "chosen letter");
  const codes = [reasonCode ?? []].flat() as (keyof typeof reasonHelp)[];
  const parts = [
    codes.length > 0 && `with “${codes.map((code) => reasonHelp[code]?.title ?? code).join("” or “")}”`,
    fingerprint && "of one cause",
    type && `of type ${type}`,
    sender && `from ${sender}`,
    q && `that contain “${q}”`,
    (from || to) && "of a time",
  ].filter(Boolean);
  const what = source === "STORED" ? "stored events" : "letters";
  return parts.length === 0 ? `all ${source === "STORED" ? what : "open letters"}` : `${what} ${parts.join(", ")}`;
}

/** "Retry", "Fix and replay", "Dry run", "Check of stored events". */
export function kindWords({ source, mode, patch }: Pick<ReplayView, "source" | "mode" | "patch">): string {
  if (mode === "dry-run") return "Dry run";
  if (source === "STORED") return "Check of stored events";
  return patch ? "Fix and replay" : "Retry";
}

/** "480 of 1,234". */
export const progressWords = ({ processed, selected, limit }: Pick<ReplayView, "processed" | "selected" | "limit">) =>
  `${formatCount(processed)} of ${formatCount(Math.min(selected, limit ?? selected))}`;
