import type { ParquetWriter } from "hyparquet-writer";

/** One element of Parquet's schema: its tree, flattened depth first. */
export type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];

/** A typed column, or a field of one. */
export type Column = { name: string } & ColumnType;
export type ColumnType =
  | { kind: "string" | "int64" | "double" | "boolean" }
  | { kind: "struct"; fields: readonly Column[] }
  | { kind: "list"; element: ColumnType };

type Schema = Record<string, unknown>;

/** Levels of structs and lists; what is deeper is JSON text. */
const MOST_LEVELS = 8;
/** Leaf columns of one type: each has a buffer in memory while a part is written. */
const MOST_LEAVES = 500;
const LOCAL_REF = /^#\/(?:\$defs|definitions)\/[^/%~]+$/;

/**
 * The typed columns of a payload, as its JSON Schema says: an object with `properties` is a struct, an array with one schema for all
 * its `items` a list, `string`, `integer`, `number` and `boolean` are themselves, each also beside `null`. Whatever else a schema can
 * say has no column of its own: those values are kept as JSON text.
 * @param schema JSON text; undefined for a type that is not registered
 * @returns fields of the struct `payload`; empty when nothing has a type
 */
export function payloadColumns(schema: string | undefined): readonly Column[] {
  if (schema === undefined) return [];
  const root = JSON.parse(schema) as unknown;
  let leaves = MOST_LEAVES;
  const resolve = (node: unknown): Schema | undefined => {
    const found = isObject(node) && typeof node.$ref === "string" ? refTarget(root, node.$ref) : node;
    return isObject(found) ? found : undefined;
  };
  const typeOf = (node: unknown, level: number): ColumnType | undefined => {
    const found = resolve(node);
    if (!found || level > MOST_LEVELS || leaves <= 0) return undefined;
    const name = typeName(found);
    if (name === "object") {
      const fields = fieldsOf(found, level);
      return fields.length > 0 ? { kind: "struct", fields } : undefined;
    }
    if (name === "array") {
      const element = Array.isArray(found.prefixItems) ? undefined : typeOf(found.items, level + 1);
      return element && { kind: "list", element };
    }
    if (name === "string" || name === "boolean" || name === "integer" || name === "number") {
      leaves--;
      return { kind: ({ integer: "int64", number: "double" } as const)[name as "integer"] ?? name };
    }
    return undefined;
  };
  const fieldsOf = ({ properties }: Schema, level: number): Column[] => {
    if (!isObject(properties)) return [];
    const taken = new Set<string>();
    return Object.entries(properties).flatMap(([name, node]) => {
      // Most readers take `id` and `ID` for one column; `__proto__` would be none of a row's own.
      if (name === "" || name === "__proto__" || !name.isWellFormed() || taken.has(name.toLowerCase())) return [];
      const type = typeOf(node, level + 1);
      if (!type) return [];
      taken.add(name.toLowerCase());
      return [{ name, ...type }];
    });
  };
  const top = resolve(root);
  return top && typeName(top) === "object" ? fieldsOf(top, 1) : [];
}

/** The one type beside `null` that a schema allows; undefined when it allows several, or does not say. */
function typeName({ type, properties }: Schema): string | undefined {
  if (type === undefined && isObject(properties)) return "object";
  const names = (Array.isArray(type) ? type : [type]).filter((name) => name !== "null");
  return names.length === 1 && typeof names[0] === "string" ? names[0] : undefined;
}

function refTarget(root: unknown, ref: string): unknown {
  if (!LOCAL_REF.test(ref) || !isObject(root)) return undefined;
  const [, group, name] = ref.split("/") as [string, string, string];
  const definitions = root[group];
  return isObject(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
}

function isObject(value: unknown): value is Schema {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Parquet's elements for one column. Every column may be null: an event need not have anything. */
export function elementsOf(column: Column): SchemaElement[] {
  const { name } = column;
  const optional = { name, repetition_type: "OPTIONAL" } as const;
  switch (column.kind) {
    case "string":
      return [{ ...optional, type: "BYTE_ARRAY", converted_type: "UTF8" }];
    case "int64":
      return [{ ...optional, type: "INT64" }];
    case "double":
      return [{ ...optional, type: "DOUBLE" }];
    case "boolean":
      return [{ ...optional, type: "BOOLEAN" }];
    case "struct":
      return [{ ...optional, num_children: column.fields.length }, ...column.fields.flatMap(elementsOf)];
    case "list":
      return [
        { ...optional, converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        ...elementsOf({ ...column.element, name: "element" }),
      ];
  }
}
