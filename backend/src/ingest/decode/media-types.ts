import { cloudEventBatchDecoder, cloudEventDecoder } from "./cloud-event.js";
import type { Decoder } from "./decoder.js";
import { jsonDecoder } from "./json.js";
import { ndjsonDecoder } from "./ndjson.js";
import { xmlDecoder } from "./xml/decoder.js";

/** The names that NDJSON goes by. */
export const NDJSON_TYPES: readonly string[] = ["application/x-ndjson", "application/ndjson", "application/jsonl"];

/** The one table: which decoder reads which media type. The first name of each is the one that answers name. */
const TABLE: readonly { types: readonly string[]; suffix?: string; decoder: Decoder }[] = [
  { types: ["application/json"], decoder: jsonDecoder },
  { types: NDJSON_TYPES, decoder: ndjsonDecoder },
  { types: ["application/cloudevents+json"], decoder: cloudEventDecoder },
  { types: ["application/cloudevents-batch+json"], decoder: cloudEventBatchDecoder },
  { types: ["application/xml", "text/xml"], suffix: "+xml", decoder: xmlDecoder },
];

const BY_TYPE = new Map(TABLE.flatMap(({ types, decoder }) => types.map((type) => [type, decoder])));

/** Media types that bodies may have, by the names that answers give, and those of them that stream. */
export const TAKEN_TYPES: readonly string[] = TABLE.flatMap(({ types, suffix }) => (suffix ? types : types.slice(0, 1)));
export const STREAMED_TYPES: readonly string[] = TABLE.flatMap(({ types, suffix, decoder }) =>
  decoder.stream ? (suffix ? types : types.slice(0, 1)) : [],
);

/** Every name in the table, for what is quicker when it knows them. */
export const KNOWN_TYPES: readonly string[] = [...BY_TYPE.keys()];

/** The decoder of a body, undefined when its type is not taken. @param contentType the header, parameters included */
export function decoderFor(contentType: string | undefined): Decoder | undefined {
  if (contentType === undefined) return undefined;
  // Nearly every header is just this.
  const exactly = BY_TYPE.get(contentType);
  if (exactly) return exactly;
  const type = (contentType.split(";", 1)[0] as string).trim().toLowerCase();
  // CloudEvents in XML have a form of their own, which is not read: taken for ordinary XML, their attributes would be data.
  if (type.startsWith("application/cloudevents")) return BY_TYPE.get(type);
  return BY_TYPE.get(type) ?? TABLE.find(({ suffix }) => suffix !== undefined && type.endsWith(suffix))?.decoder;
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]+)/i;

/** The `charset` of a media type, in lower case. */
export function charsetOf(contentType: string | undefined): string | undefined {
  return contentType === undefined ? undefined : CHARSET.exec(contentType)?.[1]?.toLowerCase();
}
