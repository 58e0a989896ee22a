import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BSON, type Collection } from "mongodb";
import type { EventDocument } from "../store/documents.js";
import { guarded } from "../store/guarded.js";
import { type Column, payloadColumns } from "./columns.js";
import { createPartWriter, type PartWriter, type WrittenPart } from "./part-writer.js";
import { partitionPath } from "./partition-path.js";
import { rowOf } from "./rows.js";
import { type ExportPosition, filterOf, indexOf, type Selection, sortOf } from "./selection.js";

/** What a unit is begun with. */
export interface UnitStart {
  selection: Selection;
  /** Where the unit before ended. */
  after?: ExportPosition;
  /** JSON Schemas by event type. */
  schemas: Readonly<Record<string, string>>;
  /** Most events in one part, EXPORT_PART_EVENTS. */
  mostRows: number;
  /** Folder for the parts of this unit; what is in it goes. */
  folder: string;
}

export interface PageRead {
  rows: number;
  /** The unit is as large as it may be. */
  full: boolean;
  /** Nothing is left to be read. */
  ended: boolean;
}

/** A part in the unit's folder. */
export interface UnitPart extends WrittenPart {
  /** Its name in the folder. */
  file: string;
  /** `tenant=…/type=…/date=…` */
  partition: string;
  eventType: string;
}

export interface UnitEnd {
  parts: UnitPart[];
  rows: number;
  /** Of the last event; that of the unit before when there was none. */
  after?: ExportPosition;
}

/** One stretch of an export: read page by page, then its parts are finished and counted together. */
export interface Unit {
  /** Reads and writes the next page. It may be called again when it failed for MongoDB's sake. */
  readPage(): Promise<PageRead>;
  /** Ends the parts; they are on disk then, in the unit's folder. */
  finish(): UnitEnd | Promise<UnitEnd>;
  /** How many documents MongoDB counts in the stretch that was read. */
  count(): Promise<number>;
}

const PAGE_EVENTS = 2_000;
const PAGE_BYTES = 16 * 1024 * 1024;
/** A part ends with its unit, whatever is the first to be reached. */
const MOST_BYTES = 512 * 1024 * 1024;
/** Types and days at once; a backfill of years, or a tenant that invents types, makes small parts instead of many buffers. */
const MOST_PARTS = 1_000;
/** Bytes of events whose rows wait in memory, over all parts; beyond it the largest of them are written. */
const MOST_WAITING_BYTES = 48 * 1024 * 1024;

/** @param events read by majority; documents are read raw, since their sizes bound what is in memory */
export function beginUnit(events: Collection<EventDocument>, { selection, after, schemas, mostRows, folder }: UnitStart): Unit {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  const writers = new Map<string, { writer: PartWriter; file: string; eventType: string; fields: readonly Column[] }>();
  const pageEvents = Math.min(PAGE_EVENTS, mostRows);
  const columns = new Map<string, readonly Column[]>();
  let position = after;
  let rows = 0;
  let bytes = 0;

  const columnsOf = (eventType: string): readonly Column[] => {
    let fields = columns.get(eventType);
    if (!fields) {
      fields = payloadColumns(Object.hasOwn(schemas, eventType) ? schemas[eventType] : undefined);
      columns.set(eventType, fields);
    }
    return fields;
  };
  const writerFor = (event: EventDocument) => {
    const partition = partitionPath(event.tenantId, event.eventType, event.occurredAt.getTime());
    // Two long names may share a folder: never a part.
    const key = `${partition}\0${event.eventType}`;
    let found = writers.get(key);
    if (!found) {
      const file = `${String(writers.size + 1).padStart(4, "0")}.parquet`;
      const fields = columnsOf(event.eventType);
      found = { writer: createPartWriter(join(folder, file), fields), file, eventType: event.eventType, fields };
      writers.set(key, found);
    }
    return found;
  };
  const write = (raw: Uint8Array): void => {
    const event = BSON.deserialize(raw, { promoteValues: true }) as EventDocument;
    const { writer, fields } = writerFor(event);
    writer.add(rowOf(event, fields), raw.length);
    position = { atMs: event[selection.by].getTime(), id: event._id.toString("hex") };
    rows++;
    bytes += raw.length;
  };
  const bound = (): void => {
    const waiting = [...writers.values()].map(({ writer }) => writer);
    let sum = waiting.reduce((total, writer) => total + writer.waitingBytes, 0);
    if (sum <= MOST_WAITING_BYTES) return;
    for (const writer of waiting.sort((a, b) => b.waitingBytes - a.waitingBytes)) {
      if (sum <= MOST_WAITING_BYTES / 2) return;
      sum -= writer.waitingBytes;
      writer.flush();
    }
  };

  return {
    async readPage() {
      const page: Uint8Array[] = [];
      let size = 0;
      // A page is whole or not at all, so that it can be read again.
      await guarded(async () => {
        page.length = 0;
        const cursor = events.find<Uint8Array>(filterOf(selection, position), {
          sort: sortOf(selection),
          hint: indexOf(selection),
          limit: pageEvents,
          batchSize: pageEvents,
          raw: true,
        });
        size = 0;
        for await (const document of cursor) {
          page.push(document as Uint8Array);
          size += (document as Uint8Array).length;
          if (size >= PAGE_BYTES) break;
        }
      });
      for (const raw of page) write(raw);
      bound();
      const full = rows >= mostRows || bytes >= MOST_BYTES || writers.size >= MOST_PARTS;
      return { rows: page.length, full, ended: page.length < pageEvents && size < PAGE_BYTES };
    },

    finish() {
      return {
        parts: [...writers].map(
          ([key, { writer, file, eventType }]): UnitPart => ({
            ...writer.finish(),
            file,
            partition: key.slice(0, key.indexOf("\0")),
            eventType,
          }),
        ),
        rows,
        ...(position ? { after: position } : {}),
      };
    },

    async count() {
      if (rows === 0) return 0;
      return guarded(() => events.countDocuments(filterOf(selection, after, position), { hint: indexOf(selection) }));
    },
  };
}
