import type { Buffer } from "node:buffer";
import { type Place, placesIn } from "../../lib/json-fault.js";
import { type Decoder, MalformedBody, type Slice, type SplitBody } from "./decoder.js";
import { BrokenArray, skipSpace, splitArray, trimmed } from "./slices.js";

const OPEN_ARRAY = 0x5b;

/** One event as a JSON object, or an array of them. */
export const jsonDecoder: Decoder = { format: "json", split };

function split(body: Buffer, maxItems: number): SplitBody {
  const start = skipSpace(body, 0);
  if (start === body.length) throw new MalformedBody("The body is empty: send one event as a JSON object, an array of them, or NDJSON");
  if (body[start] === OPEN_ARRAY) return { bytes: body, slices: itemsOf(body, maxItems), single: false, lines: false, position: byIndex };
  // Without the newline behind it: the same event is the same text, wherever it was sent.
  const only = trimmed(body, start, body.length) as Slice;
  return { bytes: body, slices: [only], single: true, lines: false, position: () => 0 };
}

const byIndex = (index: number): number => index;

function itemsOf(body: Buffer, maxItems: number): Slice[] {
  try {
    return splitArray(body, maxItems);
  } catch (error) {
    if (!(error instanceof BrokenArray)) throw error;
    throw new MalformedBody(error.message, behind(placesIn(body).at(error.at)));
  }
}

/** Columns count from 1. */
function behind({ line, column, byte }: Place): Place {
  return { line, column: column + 1, byte };
}
