import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { zstdCompressSync } from "node:zlib";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Column } from "./columns.js";
import { columnNames, partSchema, type Row } from "./rows.js";

/** A part that is written, and what a manifest says of it. */
export interface WrittenPart {
  rows: number;
  bytes: number;
  /** Of the file, in hex. */
  sha256: string;
  /** Times in ms since 1970. */
  minOccurredAtMs: number;
  maxOccurredAtMs: number;
  minStoredAtMs: number;
  maxStoredAtMs: number;
}

/** A Parquet file while it is written: rows are gathered in memory, a row group goes to the file at once. */
export interface PartWriter {
  /** Bytes of the events whose rows wait in memory, about. */
  readonly waitingBytes: number;
  /** @param bytes of the event, about */
  add(row: Row, bytes: number): void;
  /** Writes what waits as a row group. */
  flush(): void;
  /** Ends the file; after that it is on disk. */
  finish(): WrittenPart;
}

/** A row group ends at the first of these: what a reader must read at once, and what stands in our memory. */
const GROUP_ROWS = 20_000;
const GROUP_BYTES = 16 * 1024 * 1024;

/**
 * @param file made anew
 * @param fields typed columns of the payload
 * @throws whatever the file system says, ENOSPC among it
 */
export function createPartWriter(file: string, fields: readonly Column[]): PartWriter {
  const names = columnNames(fields);
  const digest = createHash("sha256");
  const bytes = new ByteWriter(64 * 1024);
  let columns = emptyColumns(names);
  let waitingRows = 0;
  let waitingBytes = 0;
  const part: WrittenPart = {
    rows: 0,
    bytes: 0,
    sha256: "",
    minOccurredAtMs: Number.POSITIVE_INFINITY,
    maxOccurredAtMs: Number.NEGATIVE_INFINITY,
    minStoredAtMs: Number.POSITIVE_INFINITY,
    maxStoredAtMs: Number.NEGATIVE_INFINITY,
  };
  /** Opened for each row group: of a thousand types there are a thousand parts, and not as many open files. */
  const toFile = (last = false): void => {
    const chunk = bytes.getBytes();
    const open = openSync(file, part.bytes === 0 ? "w" : "a", 0o640);
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(open, chunk, at);
      if (last) fsyncSync(open);
    } finally {
      closeSync(open);
    }
    digest.update(chunk);
    part.bytes += chunk.length;
    bytes.index = 0;
  };
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: partSchema(fields),
    codec: "ZSTD",
    compressors: { ZSTD: (chunk) => zstdCompressSync(chunk) },
    createdBy: "streamforge",
  });
  const flush = (): void => {
    if (waitingRows === 0) return;
    const columnData = names.map((name) => ({ name, data: columns.get(name) as unknown[] }));
    parquet.write({ columnData, rowGroupSize: waitingRows });
    toFile();
    columns = emptyColumns(names);
    waitingRows = 0;
    waitingBytes = 0;
  };

  return {
    get waitingBytes() {
      return waitingBytes;
    },
    add(row, size) {
      for (const [name, values] of columns) values.push(row[name]);
      note(part, row.occurredAt as Date, row.storedAt as Date);
      waitingRows++;
      waitingBytes += size;
      if (waitingRows >= GROUP_ROWS || waitingBytes >= GROUP_BYTES) flush();
    },
    flush,
    finish() {
      flush();
      parquet.finish();
      toFile(true);
      return { ...part, sha256: digest.digest("hex") };
    },
  };
}

function emptyColumns(names: readonly string[]): Map<string, unknown[]> {
  return new Map(names.map((name) => [name, []]));
}

function note(part: WrittenPart, occurredAt: Date, storedAt: Date): void {
  part.rows++;
  part.minOccurredAtMs = Math.min(part.minOccurredAtMs, occurredAt.getTime());
  part.maxOccurredAtMs = Math.max(part.maxOccurredAtMs, occurredAt.getTime());
  part.minStoredAtMs = Math.min(part.minStoredAtMs, storedAt.getTime());
  part.maxStoredAtMs = Math.max(part.maxStoredAtMs, storedAt.getTime());
}
