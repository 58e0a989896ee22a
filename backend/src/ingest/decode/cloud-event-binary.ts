import { Buffer, isUtf8 } from "node:buffer";
import { faultText, jsonFaultOf } from "../../lib/json-fault.js";
import { isJsonType, isTextType } from "./cloud-event.js";
import { type Decoder, MalformedBody } from "./decoder.js";

type Headers = NodeJS.Dict<string | string[]>;

/**
 * A CloudEvent in the binary mode of a transport: its attributes are headers, the body is its data. It is put into the JSON form, in
 * which it is kept from then on: JSON data byte for byte as `data`, text as a string, everything else as `data_base64`.
 * @param attributes name → text @param type media type of the data; absent: JSON
 */
export function binaryModeDecoder(attributes: Iterable<readonly [string, string]>, type: string | undefined): Decoder {
  return {
    format: "cloudevent",
    split(body) {
      const members = Array.from(attributes, ([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`);
      const bytes = Buffer.from(`{${[...members, ...dataOf(type, body)].join(",")}}`);
      return { bytes, slices: [{ start: 0, end: bytes.length }], single: true, lines: false, position: () => 0 };
    },
  };
}

/** The attributes of HTTP's binary mode (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md). @throws MalformedBody when one is read */
export function* httpAttributes(headers: Headers): Generator<[string, string]> {
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith("ce-") || value === undefined) continue;
    const name = header.slice(3);
    if (name === "data" || name === "data_base64") throw refused(header, "is the name of the body");
    // The body's type has a header of its own.
    if (name !== "datacontenttype") yield [name, textOf(header, String(value))];
  }
}

/** A header's value: quoted or not, percent-encoded where it is not ASCII. */
function textOf(header: string, value: string): string {
  const plain = value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1).replace(/\\(.)/gs, "$1") : value;
  // Node reads headers as Latin-1; who does not encode sends UTF-8.
  const bytes = Buffer.from(plain, "latin1");
  const text = isUtf8(bytes) ? bytes.toString("utf8") : plain;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      throw refused(header, `has ${encoded.slice(0, 30)}, which is no UTF-8`);
    }
  });
}

function dataOf(type: string | undefined, body: Buffer): string[] {
  // SDKs add this to data without a type, which is JSON: the same event in structured mode has no type.
  const isImplied = type === undefined || /^application\/json;\s*charset=utf-8$/i.test(type);
  const attribute = isImplied ? [] : [`"datacontenttype":${JSON.stringify(type)}`];
  if (body.length === 0) return attribute;
  if (isJsonType(type)) return [...attribute, `"data":${jsonOf(body)}`];
  if (isTextType(type as string) && isUtf8(body)) return [...attribute, `"data":${JSON.stringify(body.toString("utf8"))}`];
  return [...attribute, `"data_base64":"${body.toString("base64")}"`];
}

function jsonOf(body: Buffer): string {
  try {
    if (isUtf8(body)) {
      const text = body.toString("utf8");
      JSON.parse(text);
      return text;
    }
  } catch {}
  const fault = faultText(jsonFaultOf(body, "body"), { line: 1, column: 0, byte: 0 });
  throw new MalformedBody(`The body is the event's data, and Content-Type says JSON: ${fault}`);
}

function refused(header: string, why: string): MalformedBody {
  return new MalformedBody(`The header ${header} ${why}`, undefined, "invalid-event");
}
