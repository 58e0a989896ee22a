import { Buffer } from "node:buffer";

/** Where a page ended: a time and the `_id` that breaks ties. Opaque to clients. */
export interface Position {
  atMs: number;
  id: Buffer;
}

const TIME_BYTES = 6;

export function encodeCursor(atMs: number, id: Uint8Array): string {
  const bytes = Buffer.alloc(TIME_BYTES + id.length);
  bytes.writeUIntBE(atMs, 0, TIME_BYTES);
  bytes.set(id, TIME_BYTES);
  return bytes.toString("base64url");
}

/** @returns undefined when it is not a cursor over ids of this size, in bytes */
export function decodeCursor(text: string, idBytes: number): Position | undefined {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length !== TIME_BYTES + idBytes || bytes.toString("base64url") !== text) return undefined;
  return { atMs: bytes.readUIntBE(0, TIME_BYTES), id: bytes.subarray(TIME_BYTES) };
}

/**
 * What comes after a position, in a form whose first condition bounds the index: `$or` alone would scan from the beginning.
 * @param field the time that is sorted by, before `_id`
 */
export function behind(field: string, position: Position, id: unknown, order: "asc" | "desc"): Record<string, unknown> {
  const at = new Date(position.atMs);
  const [orEqual, past] = order === "desc" ? (["$lte", "$lt"] as const) : (["$gte", "$gt"] as const);
  return { [field]: { [orEqual]: at }, $or: [{ [field]: { [past]: at } }, { _id: { [past]: id } }] };
}
