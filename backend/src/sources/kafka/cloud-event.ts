import { type Buffer, isUtf8 } from "node:buffer";

/** Attributes that every CloudEvent has. */
const REQUIRED = ["id", "source", "specversion", "type"] as const;
const PREFIX = "ce_";

/** Whether a message is a CloudEvent in Kafka's binary content mode: its attributes are headers, its value is the data. */
export function isBinaryCloudEvent(headers: ReadonlyMap<string, string>): boolean {
  return headers.has("ce_specversion");
}

/**
 * The same event in the structured form, as JSON text: so it is read, kept and shown like any other. Data that is JSON stands in it
 * byte for byte, other text as a string, and what is no text as `data_base64`.
 * @param contentType of the value; absent: JSON
 * @returns undefined and the attribute that is missing, when one is
 */
export function structuredText(
  headers: ReadonlyMap<string, string>,
  value: Buffer,
  contentType: string | undefined,
): { text: string } | { text?: undefined; missing: string } {
  const missing = REQUIRED.find((name) => !headers.get(PREFIX + name));
  if (missing !== undefined) return { missing: PREFIX + missing };
  const members: string[] = [];
  for (const [name, attribute] of headers)
    if (name.startsWith(PREFIX)) members.push(`${JSON.stringify(name.slice(PREFIX.length))}:${JSON.stringify(attribute)}`);
  if (contentType !== undefined) members.push(`"datacontenttype":${JSON.stringify(contentType)}`);
  if (value.length > 0) members.push(dataOf(value, contentType));
  return { text: `{${members.join(",")}}` };
}

function dataOf(value: Buffer, contentType: string | undefined): string {
  if (!isUtf8(value)) return `"data_base64":"${value.toString("base64")}"`;
  const text = value.toString("utf8");
  const isJson = contentType === undefined || /^[^;]*[/+]json\s*(;|$)/i.test(contentType);
  // Broken JSON spoils the whole text: it is found when that is parsed, and told.
  return `"data":${isJson ? text : JSON.stringify(text)}`;
}
