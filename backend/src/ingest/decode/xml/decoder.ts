import type { Buffer } from "node:buffer";
import { placesIn } from "../../../lib/json-fault.js";
import { type Decoder, MalformedBody, type Slice, type SplitBody } from "../decoder.js";
import { ENCODING_BYTES, encodingOf } from "./encoding.js";
import { createXmlScanner } from "./scanner.js";
import { splitXmlStream } from "./stream.js";

/** `<events>` with an element for each event, or one event as the root. */
export const xmlDecoder: Decoder = { format: "xml", split, stream: splitXmlStream };

function split(body: Buffer, maxItems: number, charset: string | undefined): SplitBody {
  const encoding = encodingOf(body.subarray(0, ENCODING_BYTES), charset, false);
  const bytes = encoding.decode(body.subarray(encoding.markBytes), true);
  const scanner = createXmlScanner(false);
  const slices: Slice[] = [];
  const found = scanner.scan(bytes, slices, maxItems + 1);
  const fault = found ?? (slices.length > maxItems ? undefined : scanner.end());
  if (fault) {
    const { line, column, byte } = placesIn(bytes).at(fault.at);
    const sentByte = encoding.isUtf8 ? (byte as number) + encoding.markBytes : undefined;
    throw new MalformedBody(fault.message, { line, column: column + 1, byte: sentByte }, fault.code ?? "invalid-xml");
  }
  const single = scanner.isSingle();
  return { bytes, slices, single, lines: !single, position: single ? () => 0 : (index) => index };
}
