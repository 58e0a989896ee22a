import type { Buffer } from "node:buffer";
import { setImmediate as nextTurn } from "node:timers/promises";
import { placesIn } from "../../../lib/json-fault.js";
import { type Decoder, MalformedBody, type Slice, type SplitBody } from "../decoder.js";
import { ENCODING_BYTES, encodingOf } from "./encoding.js";
import type { ScanFault } from "./fault.js";
import { createXmlScanner } from "./scanner.js";
import { splitXmlStream } from "./stream.js";

/** `<events>` with an element for each event, or one event as the root. */
export const xmlDecoder: Decoder = { format: "xml", split, splitInTurns, stream: splitXmlStream };

/** Bytes that are scanned in one turn: 3 ms. */
const TURN_BYTES = 256 * 1024;

function split(body: Buffer, maxItems: number, charset: string | undefined): SplitBody {
  const { scan, found } = begin(body, maxItems, charset);
  scan(Number.POSITIVE_INFINITY);
  return found();
}

async function splitInTurns(body: Buffer, maxItems: number, charset: string | undefined): Promise<SplitBody> {
  const { scan, found } = begin(body, maxItems, charset);
  while (scan(TURN_BYTES)) await nextTurn();
  return found();
}

function begin(body: Buffer, maxItems: number, charset: string | undefined) {
  const encoding = encodingOf(body.subarray(0, ENCODING_BYTES), charset, false);
  const bytes = encoding.decode(body.subarray(encoding.markBytes), true);
  const scanner = createXmlScanner(false);
  const slices: Slice[] = [];
  let at = 0;
  let fault: ScanFault | undefined;
  return {
    /** @returns whether there is more to scan */
    scan(mostBytes: number): boolean {
      fault = scanner.scan(bytes.subarray(at, at + mostBytes), slices, maxItems + 1);
      at = Math.min(bytes.length, at + mostBytes);
      return !fault && slices.length <= maxItems && at < bytes.length;
    },
    found(): SplitBody {
      fault ??= slices.length > maxItems ? undefined : scanner.end();
      if (fault) {
        const { line, column, byte } = placesIn(bytes).at(fault.at);
        const sentByte = encoding.isUtf8 ? (byte as number) + encoding.markBytes : undefined;
        throw new MalformedBody(fault.message, { line, column: column + 1, byte: sentByte }, fault.code ?? "invalid-xml");
      }
      const single = scanner.isSingle();
      return { bytes, slices, single, lines: !single, position: single ? () => 0 : (index) => index };
    },
  };
}
