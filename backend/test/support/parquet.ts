import { DuckDBInstance, DuckDBListValue, DuckDBStructValue, DuckDBTimestampTZValue } from "@duckdb/node-api";
import { canonicalNumber } from "../../src/lib/decimal.js";
import type { Python } from "./python.js";

/**
 * A row as a reader other than us sees it. Numbers are `#` and their canonical decimal, so that nothing is rounded in a comparison;
 * times are ISO texts; null is absent.
 */
export type ReadRow = Record<string, unknown>;

/** Reads all parts below a folder by DuckDB, with the columns that the folders' names make (`tenant`, `type`, `date`). */
export async function readByDuckDb(folder: string): Promise<ReadRow[]> {
  const from = `read_parquet('${folder.replaceAll("'", "''")}/**/*.parquet', union_by_name = true, hive_partitioning = true, hive_types_autocast = false)`;
  const rows = await queryDuckDb(`SELECT * FROM ${from}`);
  return rows.map((row) => plain(row) as ReadRow);
}

/** Rows of any query, with DuckDB's own values. */
export async function queryDuckDb(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  try {
    const reader = await connection.runAndReadAll(sql);
    return reader.getRowObjects();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function plain(value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "bigint") return `#${value}`;
  if (typeof value === "number") return `#${canonicalNumber(String(value))}`;
  if (value instanceof DuckDBTimestampTZValue) return new Date(Number(value.micros / 1000n)).toISOString();
  if (value instanceof DuckDBListValue) return value.items.map((item) => plain(item) ?? null);
  if (typeof value !== "object") return value;
  const entries = value instanceof DuckDBStructValue ? value.entries : value;
  return Object.fromEntries(
    Object.entries(entries)
      .map(([key, child]) => [key, plain(child)])
      .filter(([, child]) => child !== undefined),
  );
}

const BY_PYARROW = `
import sys, json, glob, datetime
import pyarrow.parquet as pq
def plain(v):
    if isinstance(v, bool): return v
    if isinstance(v, int): return '#' + str(v)
    if isinstance(v, float): return '#' + repr(v)
    if isinstance(v, datetime.datetime): return v.astimezone(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S.') + '%03dZ' % (v.microsecond // 1000)
    if isinstance(v, dict): return {k: plain(x) for k, x in v.items() if x is not None}
    if isinstance(v, list): return [plain(x) for x in v]
    return v
rows = []
for name in sorted(glob.glob(sys.argv[1] + '/**/*.parquet', recursive=True)):
    rows += [plain(row) for row in pq.read_table(name, partitioning=None).to_pylist()]
print(json.dumps(rows))
`;

/** The same by pyarrow, without the columns of the folders. */
export async function readByPyarrow(python: Python, folder: string): Promise<ReadRow[]> {
  const canonical = (_key: string, value: unknown) =>
    typeof value === "string" && /^#-?\d/.test(value) ? `#${canonicalNumber(value.slice(1))}` : value;
  return JSON.parse(await python.run(BY_PYARROW, folder), canonical) as ReadRow[];
}

/** The payload of an event again, from its row: what stands in columns, and over it what stands in `payloadJson`. */
export function payloadOf({ payload, payloadJson }: ReadRow): unknown {
  if (typeof payloadJson !== "string") return payload;
  const rest = exactJson(payloadJson);
  return payload === undefined ? rest : merged(payload, rest);
}

/** Any JSON in the form of a `ReadRow`. */
export function exactJson(json: string): unknown {
  const keep = (_key: string, value: unknown, { source }: { source: string }) =>
    typeof value === "number" ? `#${canonicalNumber(source)}` : value;
  return JSON.parse(json, keep as never);
}

function merged(typed: unknown, rest: unknown): unknown {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(typed) || !isObject(rest)) return rest;
  const inBoth = Object.keys(rest).filter((key) => Object.hasOwn(typed, key));
  return { ...typed, ...rest, ...Object.fromEntries(inBoth.map((key) => [key, merged(typed[key], rest[key])])) };
}
