import { createHash } from "node:crypto";

/** Most characters of an encoded value: with its key and a digest it fits the 255 bytes that file systems give a name. */
const MOST_CHARACTERS = 180;
const PLAIN = /^[A-Za-z0-9_.~-]$/;

/**
 * The folder of a part, in Hive's layout: `tenant=…/type=…/date=YYYY-MM-DD`. Values are percent-encoded, so that no name is a path:
 * whatever a producer calls a type, it is one folder. One that is too long is cut off and ends with a digest; the columns `tenantId`
 * and `eventType` have all names whole.
 * @param occurredAtMs UTC decides the date
 */
export function partitionPath(tenantId: string, eventType: string, occurredAtMs: number): string {
  const date = new Date(occurredAtMs).toISOString().slice(0, 10);
  return `tenant=${folderName(tenantId)}/type=${folderName(eventType)}/date=${date}`;
}

function folderName(value: string): string {
  const encoded = [...value].map((character) => (PLAIN.test(character) ? character : percent(character)));
  // What Hive writes for null is a name like any other here.
  if (value.startsWith("__HIVE")) encoded[0] = "%5F";
  const whole = encoded.join("");
  if (whole.length <= MOST_CHARACTERS) return whole;
  let cut = "";
  for (const character of encoded) {
    if (cut.length + character.length > MOST_CHARACTERS) break;
    cut += character;
  }
  return `${cut}~${createHash("sha256").update(value).digest("hex").slice(0, 16)}`;
}

function percent(character: string): string {
  return [...new TextEncoder().encode(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
