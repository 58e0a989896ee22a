import type { Buffer } from "node:buffer";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Slice } from "./decode/decoder.js";
import type { Ingest, IngestScope, Item } from "./ingest.js";

/** Bytes taken in without letting others have their turn. */
const TURN_BYTES = 256 * 1024;
/** Items, too: the smallest elements of XML take 10 µs each. */
const TURN_ITEMS = 2_000;

/**
 * `receive` for a body of any size: 10 MiB at once would stop every other request for 500 ms (measured, 10,000 events without
 * ids); in turns of 256 KiB it is 14 ms at a time. A small body is taken in at once, without a promise.
 */
export function receiveInTurns(
  ingest: Pick<Ingest, "receive">,
  body: Buffer,
  slices: readonly Slice[],
  scope: IngestScope,
  position: (index: number, slice: Slice) => number,
): Item[] | Promise<Item[]> {
  if (body.length <= TURN_BYTES && slices.length <= TURN_ITEMS) return ingest.receive(body, slices, scope, position);
  return inTurns(ingest, body, slices, scope, position);
}

async function inTurns(
  ingest: Pick<Ingest, "receive">,
  body: Buffer,
  slices: readonly Slice[],
  scope: IngestScope,
  position: (index: number, slice: Slice) => number,
): Promise<Item[]> {
  const items: Item[] = [];
  for (let from = 0; from < slices.length; ) {
    const first = slices[from] as Slice;
    let to = from + 1;
    while (to < slices.length && to - from < TURN_ITEMS && (slices[to] as Slice).end - first.start <= TURN_BYTES) to++;
    const base = from;
    for (const item of ingest.receive(body, slices.slice(from, to), scope, (i, slice) => position(base + i, slice))) {
      item.index = items.push(item) - 1;
    }
    from = to;
    if (from < slices.length) await nextTurn();
  }
  return items;
}
