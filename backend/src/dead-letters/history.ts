import type { DeadLetterDocument } from "../store/documents.js";

type Entry = DeadLetterDocument["history"][number];

/**
 * This many of a letter's last changes are kept, and so much of each one's words. Without a bound a body that is sent and refused
 * again and again would grow its letter to MongoDB's 16 MB, and the worker that writes it would stand still for good.
 */
const KEPT = 200;
const CHARACTERS = 500;

const short = (entry: Entry): Entry => ({ ...entry, what: entry.what.slice(0, CHARACTERS) });

/** The part of an update that adds to a letter's history. */
export function pushHistory(entry: Entry) {
  return { $push: { history: { $each: [short(entry)], $slice: -KEPT } } };
}

/** The history with one more, for an update that is a pipeline. */
export function longerHistory(entry: Entry) {
  return { $slice: [{ $concatArrays: ["$history", [{ $literal: short(entry) }]] }, -KEPT] };
}
