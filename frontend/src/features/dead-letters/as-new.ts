import { parseExact } from "../../lib/exact-json.js";
import { anotherId } from "../events/curl.js";
import { idFrom, isRecord } from "./patch.js";

/** @returns an event as it was sent, under another id and otherwise unchanged; null when it cannot be read as JSON */
export function bodyAsNew(raw: string, eventId: string): string | null {
  try {
    const event = parseExact(raw);
    return isRecord(event) ? JSON.stringify({ ...event, [idFrom(event) ?? "eventId"]: anotherId(eventId) }) : null;
  } catch {
    return null;
  }
}
