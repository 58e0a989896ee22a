/**
 * The ledger over both places where it lives: rows in Redis, and documents in MongoDB whose parts are copies of rows, named
 * `<partition>_<mark>`. A row and its copy are the same events; the later of the two has the larger counts.
 */
export interface LedgerSums {
  accepted: number;
  stored: number;
  duplicate: number;
  dead: number;
}

export function zero(): LedgerSums {
  return { accepted: 0, stored: 0, duplicate: 0, dead: 0 };
}

export const COLUMNS = ["accepted", "stored", "duplicate", "dead"] as const;

/** Rows or copies of rows: tenant → name of the row (`<minute> <partition>_<mark>`) → its counts. */
export type LedgerRows = Map<string, Map<string, LedgerSums>>;

export function addRow(rows: LedgerRows, tenantId: string, name: string, counts: LedgerSums): void {
  const own = rows.get(tenantId) ?? new Map<string, LedgerSums>();
  own.set(name, counts);
  rows.set(tenantId, own);
}

/** Sums by tenant; what stands in both places counts once. */
export function sumsOf(redis: LedgerRows, copies: LedgerRows): Map<string, LedgerSums> {
  const sums = new Map<string, LedgerSums>();
  for (const tenantId of new Set([...redis.keys(), ...copies.keys()])) {
    const [here, there] = [redis.get(tenantId) ?? new Map(), copies.get(tenantId) ?? new Map()];
    const sum = zero();
    for (const name of new Set<string>([...here.keys(), ...there.keys()])) {
      const [row, copy] = [here.get(name) ?? zero(), there.get(name) ?? zero()];
      for (const column of COLUMNS) sum[column] += Math.max(row[column], copy[column]);
    }
    sums.set(tenantId, sum);
  }
  return sums;
}

/** Whether a row got its mark, and with it its copy, after it was read: it would count twice. */
export function copiedBetween(redis: LedgerRows, copies: LedgerRows): boolean {
  return [...redis].some(([tenantId, rows]) => {
    const there = [...(copies.get(tenantId)?.keys() ?? [])];
    return [...rows.keys()].some((name) => name.endsWith("_") && there.some((copy) => copy.startsWith(name)));
  });
}

const LETTERS = { a: "accepted", s: "stored", u: "duplicate", d: "dead" } as const;

/** Adds the rows of one partition. @param fields `<minute>:<tenant>:<a|s|u|d>` → count @param marks `<minute>:<tenant>` → mark */
export function addRedisRows(rows: LedgerRows, partition: string, fields: Record<string, string>, marks: Record<string, string>): void {
  for (const [field, count] of Object.entries(fields)) {
    const [minute, tenantId, letter] = field.split(":");
    const column = LETTERS[letter as keyof typeof LETTERS];
    if (tenantId === undefined || column === undefined) throw new Error(`ledger field ${field} is not <minute>:<tenant>:<a|s|u|d>`);
    const name = `${minute} ${partition}_${marks[`${minute}:${tenantId}`] ?? ""}`;
    const counts = rows.get(tenantId)?.get(name) ?? zero();
    counts[column] += Number(count);
    addRow(rows, tenantId, name, counts);
  }
}
