import { type FieldError, NO_TIME, nameFault, parseRfc3339 } from "@streamforge/shared";
import { membersOf, skipSpace } from "../../lib/json-text.js";
import type { ReadText } from "./decoder.js";
import { type Decoder, MalformedBody } from "./decoder.js";
import { jsonDecoder } from "./json.js";

/**
 * CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). The text is kept as it
 * was sent; what follows sees the same event under our own names: `id` is the eventId, `time` is occurredAt, `data` the payload, and
 * attributes that have no name here are extensions.
 */
const OUR_NAMES = new Map(
  Object.entries({
    id: "eventId",
    type: "eventType",
    source: "source",
    subject: "subject",
    time: "occurredAt",
    specversion: "specVersion",
    dataschema: "schemaVersion",
    partitionkey: "partitionKey",
    userid: "userId",
    data: "payload",
  }),
);

const REQUIRED = ["specversion", "id", "source", "type"] as const;
/** Attributes that the spec says are texts, or that become names of ours. */
const TEXTS = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "dataschema",
  "datacontenttype",
  "partitionkey",
  "userid",
]);
const ATTRIBUTE = /^[a-z0-9]{1,200}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** One CloudEvent as a JSON object. */
export const cloudEventDecoder: Decoder = {
  format: "cloudevent",
  split(body, maxItems) {
    const split = jsonDecoder.split(body, maxItems, undefined);
    if (!split.single) throw new MalformedBody("The body is an array: send a batch as application/cloudevents-batch+json");
    return split;
  },
};

/** CloudEvents as a JSON array. */
export const cloudEventBatchDecoder: Decoder = {
  format: "cloudevent",
  split(body, maxItems) {
    const split = jsonDecoder.split(body, maxItems, undefined);
    if (split.single) throw new MalformedBody("The body is no array: send one event as application/cloudevents+json");
    return split;
  },
};

/**
 * A CloudEvent under our names.
 * @param value the parsed object @param text the same as it was sent
 * @returns what is wrong with its attributes, by their own names
 */
export function readCloudEvent(value: Record<string, unknown>, text: string): ReadText | FieldError[] {
  const errors = REQUIRED.filter((name) => isAbsent(value[name])).map((name) => ({ pointer: `/${name}`, detail: "is required" }));
  const parts: string[] = [];
  const renamed: Record<string, unknown> = {};
  let hasData = false;
  // Of a repeated name the last one counts, as in a parse.
  const members = new Map(membersOf(text, skipSpace(text, 0)).map((member) => [member.key, member]));
  for (const [name, { start, end }] of members) {
    const sent = value[name];
    if (name === "data") hasData = true;
    else if (sent === null) continue;
    else {
      const detail = attributeFault(name, sent);
      if (detail !== undefined) errors.push({ pointer: `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`, detail });
    }
    const ours = ourName(name, sent);
    renamed[ours] = sent;
    parts.push(`${JSON.stringify(ours)}:${text.slice(start, end)}`);
  }
  if (hasData && !isAbsent(value.data_base64)) errors.push({ pointer: "/data_base64", detail: "must not be there together with data" });
  if (errors.length > 0) return errors;
  // Without data its attributes are no payload.
  if (!hasData) {
    renamed.payload = null;
    parts.push('"payload":null');
  }
  return { value: renamed, json: `{${parts.join(",")}}` };
}

/** The pointer that the producer knows. */
export function cloudEventPointer(pointer: string): string {
  const ours = pointer.slice(1);
  const [sent = ours] = [...OUR_NAMES].find(([, name]) => name === ours) ?? [];
  return `/${sent}`;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

/** A `dataschema` that is no name is an extension like any other. */
function ourName(name: string, sent: unknown): string {
  if (name === "dataschema" && nameFault(sent as string) !== undefined) return name;
  return OUR_NAMES.get(name) ?? name;
}

function attributeFault(name: string, sent: unknown): string | undefined {
  if (name === "data_base64") return typeof sent === "string" && BASE64.test(sent) ? undefined : "must be a text in base64";
  if (!ATTRIBUTE.test(name))
    return "is no name of an attribute: those have lower-case letters and digits only; other data belongs into data";
  if (TEXTS.has(name)) return textFaultOf(name, sent);
  if (typeof sent === "string" || typeof sent === "boolean" || (typeof sent === "number" && Number.isInteger(sent))) return undefined;
  return "must be a string, a boolean or an integer; other data belongs into data";
}

function textFaultOf(name: string, sent: unknown): string | undefined {
  if (typeof sent !== "string") return "must be a string";
  if (name === "specversion") return sent === "1.0" ? undefined : `must be "1.0"`;
  if (name === "time") return Number.isNaN(parseRfc3339(sent)) ? NO_TIME : undefined;
  if (name === "dataschema" || name === "datacontenttype") return sent === "" ? "must not be empty" : undefined;
  return nameFault(sent);
}

/** Whether a media type says JSON. Data without a type is JSON. */
export function isJsonType(type: string | undefined): boolean {
  return type === undefined || /^[^;]*[/+]json\s*(;|$)/i.test(type);
}

/** Whether data of this type can stand in JSON as a text. */
export function isTextType(type: string): boolean {
  return /^\s*(text\/|application\/xml\b|[^;]*\+xml\b)/i.test(type) && !/charset\s*=\s*"?(?!utf-8|us-ascii)/i.test(type);
}

/** Made once: every request of events is asked. */
const REQUIRED_HEADERS = REQUIRED.map((name) => `ce-${name}`);

/** Whether a request's headers make it one CloudEvent whose body is its data. */
export function isBinaryMode(headers: NodeJS.Dict<string | string[]>): boolean {
  return (
    REQUIRED_HEADERS.some((name) => headers[name] !== undefined) &&
    !/^\s*application\/cloudevents/i.test(String(headers["content-type"] ?? ""))
  );
}
