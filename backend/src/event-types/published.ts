/**
 * The form in which event types stand in Redis: one hash field for each, whose name says which version counts, and `digest`, which
 * changes when any field does. The names alone tell what changed, so that nobody reads a schema twice.
 */
export interface PublishedName {
  tenantId: string;
  type: string;
  /** Undefined: all of its versions are retired. */
  version: number | undefined;
  /** Changes whenever the row of that version does. */
  row: string;
}

const RETIRED = "-";

/** No name holds U+0000. */
export function fieldOf({ tenantId, type, version, row }: PublishedName): string {
  return [tenantId, type, version === undefined ? RETIRED : `${version}.${row}`].join("\0");
}

/** @returns undefined for `digest`, and whatever else is no type */
export function nameOf(field: string): PublishedName | undefined {
  const [tenantId, type, stamp, more] = field.split("\0");
  if (!tenantId || !type || !stamp || more !== undefined) return undefined;
  const [version, row = ""] = stamp.split(".");
  return { tenantId, type, version: stamp === RETIRED ? undefined : Number(version), row };
}
