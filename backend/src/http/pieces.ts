import { Buffer } from "node:buffer";

/** Smaller pieces than this are put together as they come, this many at a time. */
const SMALL_PIECE_BYTES = 1024;
const PIECES_TOGETHER = 256;

/**
 * Keeps what arrives. A chunk of HTTP may hold a single byte, and each is a buffer of 200 bytes and more of its own: 10 MiB in
 * such chunks took 2 GB before small pieces were put together.
 */
export function createPieces(): { add(chunk: Buffer): void; together(): Buffer } {
  let pieces: Buffer[] = [];
  let small: Buffer[] = [];
  const gather = (): void => {
    if (small.length > 0) pieces.push(Buffer.concat(small));
    small = [];
  };
  return {
    add(chunk) {
      if (chunk.length >= SMALL_PIECE_BYTES) {
        gather();
        pieces.push(chunk);
      } else if (small.push(chunk) === PIECES_TOGETHER) {
        gather();
      }
    },
    together() {
      gather();
      const whole = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
      pieces = [];
      return whole;
    },
  };
}
