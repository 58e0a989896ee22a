import type { FieldError } from "@streamforge/shared";
import { type ContentTexts, contentTexts } from "./content-texts.js";
import type { ReadText } from "./decode/decoder.js";
import { type NormalEvent, normalize } from "./normalize.js";

/** An event as a text says it. */
export interface EventRead extends ReadText {
  event: NormalEvent;
  /** The payload as JSON text, where its type's schema made numbers and booleans of texts. */
  payload?: string;
}

/** What makes numbers and booleans of an event's texts; undefined when its type is not registered. */
export type ShapeOf = (eventType: string) => { typed(payload: unknown): string } | undefined;

/**
 * The event that a text is (see `readText`), as it is stored and checked: by the door that foresees it, the worker, a replay, a sample. Who an event
 * is was decided before, without any schema, so that it does not change with one.
 * @param isTexts every value is a text, as in XML: `shapeOf` says which are numbers
 * @returns what is wrong with it, if it is no event
 */
export function readEvent(
  { value, json }: ReadText,
  isTexts: boolean,
  defaultType: string,
  receivedAtMs: number,
  shapeOf: ShapeOf,
): EventRead | FieldError[] {
  const event = normalize(value, json, defaultType, receivedAtMs);
  if (Array.isArray(event)) return event;
  const shape = isTexts ? shapeOf(event.eventType) : undefined;
  if (!shape) return { value, json, event };
  const payload = shape.typed(event.payload);
  return { value, json, event: { ...event, payload: JSON.parse(payload) }, payload };
}

/** Payload and extensions of what was read, to the letter. */
export function contentOf({ value, json, event, payload }: EventRead): ContentTexts {
  const texts = contentTexts(json, value, event);
  return payload === undefined ? texts : { ...texts, payload };
}
