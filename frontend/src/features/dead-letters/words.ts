import type { LetterStatus } from "@streamforge/shared";
import { formatCount } from "../../lib/format.js";
import type { StatusFilter } from "./search.js";
import type { Target } from "./selection.js";

const titles: Record<LetterStatus, string> = {
  open: "Open",
  replaying: "Replaying",
  resolved: "Resolved",
  discarded: "Discarded",
  superseded: "Superseded",
};
export const statusTitle = (status: LetterStatus) => titles[status];

/** "12 letters", "1 letter"; "all letters that match" when nobody has counted them. */
export function countWords(count: number | undefined, noun = "letter"): string {
  if (count === undefined) return `all ${noun}s that match`;
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "this letter", "these 12 letters". */
export const theseWords = ({ count }: Target) =>
  count === 1 ? "this letter" : count === undefined ? "all letters that match" : `these ${formatCount(count)} letters`;

interface EmptyWords {
  title: string;
  about: string;
}

/** What an empty list means. */
export function emptyWords(status: StatusFilter, narrowed: boolean): EmptyWords {
  if (narrowed)
    return {
      title: "No letter is like that",
      about: "Filters compare exactly, capitals included; the search alone does not mind capitals.",
    };
  if (status === "open")
    return {
      title: "No dead letters",
      about: "Every event that was accepted could be stored. One that cannot will be here, with its reason.",
    };
  if (status === undefined) return { title: "There never was a dead letter", about: "Every event that was accepted could be stored." };
  const about: Record<Exclude<LetterStatus, "open">, string> = {
    replaying: "No replay has letters in hand right now.",
    resolved: "Letters that a replay could store will be here.",
    discarded: "Letters that somebody decided to do without will be here, with the reason.",
    superseded: "Letters whose producer sent a corrected event will be here.",
  };
  return { title: `No letter is ${titles[status].toLowerCase()}`, about: about[status] };
}
