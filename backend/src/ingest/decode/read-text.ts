import { Buffer } from "node:buffer";
import type { EventFormat } from "@streamforge/shared";
import { readCloudEvent } from "./cloud-event.js";
import type { ReadText } from "./decoder.js";
import { xmlToJson } from "./xml/read.js";

/**
 * Reads the text of an event that was taken in: the worker, dead letters, replays, patches, the second look and the page of an event
 * all see what the door saw.
 * @param text of the format `bytes` in base64
 * @throws Error when it cannot be read, which of a text that passed the door is a flaw of ours
 */
export function readText(format: EventFormat, text: string): ReadText {
  return READERS[format](text);
}

const READERS: Record<EventFormat, (text: string) => ReadText> = {
  json: (text) => ({ value: objectOf(text), json: text }),
  xml: (text) => {
    const json = xmlToJson(text);
    return { value: objectOf(json), json };
  },
  cloudevent: (text) => {
    const read = readCloudEvent(objectOf(text), text);
    if (Array.isArray(read)) throw new Error(`${read[0]?.pointer} ${read[0]?.detail}`);
    return read;
  },
  // What could not be taken as an event, and may be one in JSON all the same: with a patch it can be made one.
  bytes: (base64) => {
    const json = Buffer.from(base64, "base64").toString("utf8");
    return { value: objectOf(json), json };
  },
};

function objectOf(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("the text is no JSON object");
  return value as Record<string, unknown>;
}
