import { INPUT_NAMES } from "@streamforge/shared";
import { type Member, membersOf, wholeValue } from "../lib/json-text.js";
import { type NormalEvent, normalize } from "./normalize.js";

/** Payload and extensions as JSON text. */
export interface ContentTexts {
  payload: string;
  extensions: string | undefined;
}

/** The payload and the extensions that `normalize` chose, from the text, to the letter. `item` and `event` are what was made of it. */
export function contentTexts(text: string, item: Record<string, unknown>, event: NormalEvent): ContentTexts {
  const members = membersOf(text, wholeValue(text).start);
  const named = payloadName(item);
  if (named === undefined) return { payload: objectOf(text, members, event.payload as object), extensions: undefined };
  // Of a repeated key the last one counts, as in a parse.
  const payload = members.findLast(({ key }) => key === named) as Member;
  return { payload: text.slice(payload.start, payload.end), extensions: event.extensions && objectOf(text, members, event.extensions) };
}

/** Which field is the payload; undefined when the rest of a flat event is. */
function payloadName(item: Record<string, unknown>): string | undefined {
  const { payload } = INPUT_NAMES;
  return payload.find((name) => item[name] !== undefined && item[name] !== null) ?? payload.find((name) => item[name] === null);
}

function objectOf(text: string, members: Member[], keys: object): string {
  const kept = members.filter(({ key }) => Object.hasOwn(keys, key));
  return `{${kept.map(({ key, start, end }) => `${JSON.stringify(key)}:${text.slice(start, end)}`).join(",")}}`;
}

/** 16 digits or an exponent, where a number can stand. Cheap and conservative: a false alarm costs a second parse. */
const MAY_BE_ODD = /[:[,]\s*-?(?:[\d.]{16}|\d[\d.]*[eE])/;

/** The payload's text, when it may have numbers that doubles do not hold as they are written: schemas judge those by it. */
export function oddPayload(text: string, event: NormalEvent): string | undefined {
  return MAY_BE_ODD.test(text) ? contentTexts(text, JSON.parse(text), event).payload : undefined;
}

/** The same of a stored event's text. */
export function oddPayloadOfText(text: string, receivedAtMs: number): string | undefined {
  if (!MAY_BE_ODD.test(text)) return undefined;
  // Its type was judged when it came in.
  const event = normalize(JSON.parse(text), text, "?", receivedAtMs);
  return Array.isArray(event) ? undefined : oddPayload(text, event);
}
