import { INPUT_NAMES } from "@streamforge/shared";
import { readText } from "../ingest/decode/read-text.js";
import { normalize } from "../ingest/normalize.js";
import type { DeadLetterDocument } from "../store/documents.js";

type Letter = Pick<DeadLetterDocument, "raw" | "format" | "context" | "eventType" | "eventId" | "receivedAt">;

/** Whose event it would be, best first: the rule of the store (`worker/document.ts`). */
const OWNERS = [INPUT_NAMES.userId, INPUT_NAMES.partitionKey, INPUT_NAMES.subject, INPUT_NAMES.eventId].flat();

/**
 * Whether a dead letter without `userId` is this user's: it died before anybody knew. Read as an event when it is one. What is none
 * belongs to the user as soon as one of the fields that could name it does: too much is erased rather than too little.
 */
export function isLetterOf(letter: Letter, userId: string): boolean {
  const read = readOf(letter);
  if (!read) return letter.eventId === userId;
  const { context, eventType } = letter;
  const event = normalize(read.value, read.json, context?.defaultType || eventType || "-", letter.receivedAt.getTime());
  if (!Array.isArray(event)) return (event.userId ?? event.partitionKey ?? event.subject ?? letter.eventId) === userId;
  return OWNERS.some((name) => textOf(read.value[name]) === userId);
}

function readOf({ format, raw }: Letter) {
  try {
    return readText(format ?? "json", raw);
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
