import { Buffer } from "node:buffer";
import { createThread, threadProgram } from "../lib/thread.js";
import { eventJson } from "./event-view.js";

/** Stored events as they stand in answers: JSON, as bytes. */
export interface EventViews {
  /** @param documents as MongoDB keeps them */
  json(documents: readonly Uint8Array[]): Promise<Buffer[]>;
  close(): Promise<void>;
}

/** Several pieces in one memory, one behind the other, so that they go over to the thread and back without a copy. */
export interface Packed {
  bytes: Uint8Array<ArrayBuffer>;
  lengths: number[];
}

/** Fewer are made where they are: 200 ordinary events in 3 ms. */
const SMALL_BYTES = 64 * 1024;
const HEAP_MB = 128;

/**
 * Large events are made in a thread. To read them, to write them as JSON and to collect the garbage of both takes 70 to 160 ms a page
 * of 4 MiB, and no part of that may stand between others and their answers.
 */
export function createEventViews(): EventViews {
  const thread = createThread<Packed, Packed>(threadProgram("http/event-views-thread.js"), { heapMb: HEAP_MB });
  return {
    async json(documents) {
      if (documents.reduce((sum, { length }) => sum + length, 0) < SMALL_BYTES) return documents.map((one) => Buffer.from(eventJson(one)));
      const packed = pack(documents);
      const answer = await thread.ask(packed, [packed.bytes.buffer]);
      if (!answer) throw new Error("the thread that makes large events into JSON has ended");
      return unpack(answer);
    },
    close: thread.close,
  };
}

export function pack(pieces: readonly Uint8Array[]): Packed {
  const lengths = pieces.map(({ length }) => length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, lengths };
}

export function unpack({ bytes, lengths }: Packed): Buffer[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return Buffer.from(bytes.buffer, bytes.byteOffset + at - length, length);
  });
}
