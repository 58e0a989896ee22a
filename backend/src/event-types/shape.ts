/**
 * What a schema says of the types in a payload, for formats in which every value is a text (XML): there `12.50` is a number exactly
 * where the schema says number and does not take strings. Numbers keep their digits as they were written.
 */
export interface Shape {
  /** The JSON text of a payload whose values are texts, with numbers, booleans and arrays of one where the schema says so. */
  typed(payload: unknown): string;
}

type Schema = Record<string, unknown>;
type Types = ReadonlySet<string>;

/** Subschemas looked at for one payload; what comes beyond stays text. Far more than ordinary schemas need. */
const MOST_STEPS = 200_000;
const MOST_REMEMBERED = 10_000;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const BOOLEANS: Record<string, string> = { true: "true", false: "false", "1": "true", "0": "false" };

/** @param text a schema that was registered */
export function createShape(text: string): Shape {
  const root: unknown = JSON.parse(text);
  let steps = 0;
  let remembered = 0;
  let parts = new WeakMap<Schema, Map<string, Schema | undefined>>();

  const resolve = (ref: unknown): Schema | undefined => (typeof ref === "string" && ref.startsWith("#") ? target(root, ref) : undefined);

  /** What a schema applies to the same value: all of these, and of each list of alternatives some. */
  const besides = (schema: Schema): { all: Schema[]; some: Schema[][] } => {
    const all = [resolve(schema.$ref), ...listOf(schema.allOf)].filter(isSchema);
    const some = [listOf(schema.anyOf), listOf(schema.oneOf), [schema.then, schema.else].filter(isSchema)];
    if (isSchema(schema.dependentSchemas)) some.push(Object.values(schema.dependentSchemas).filter(isSchema));
    return { all, some: some.filter((list) => list.length > 0) };
  };

  /** The types that a value may have; undefined when the schema does not say. `open` are those that led here: `$ref` may go round. */
  const typesOf = (schema: Schema, open: ReadonlySet<Schema> = new Set()): Types | undefined => {
    if (open.has(schema) || ++steps > MOST_STEPS) return undefined;
    const within = new Set(open).add(schema);
    const { all, some } = besides(schema);
    const said = [
      ownTypes(schema),
      ...all.map((one) => typesOf(one, within)),
      ...some.map((list) => union(list.map((one) => typesOf(one, within)))),
    ];
    return intersection(said.filter((types) => types !== undefined));
  };

  /** What the schema says of one member or item: a schema made of what all of its parts say. */
  const partOf = (schema: Schema | undefined, key: string | number, open: ReadonlySet<Schema> = new Set()): Schema | undefined => {
    if (!schema || open.has(schema) || ++steps > MOST_STEPS) return undefined;
    const name = typeof key === "number" ? `#${key}` : `.${key}`;
    let known = parts.get(schema);
    if (known?.has(name)) return known.get(name);
    const within = new Set(open).add(schema);
    const { all, some } = besides(schema);
    const own = typeof key === "number" ? ownItem(schema, key) : ownMember(schema, key);
    const each = (list: Schema[]) => [...new Set(list.map((one) => partOf(one, key, within)).filter(isSchema))];
    const allOf = [...(own ? [own] : []), ...each(all)];
    const anyOfs = some.map(each).filter((list) => list.length > 0);
    const single = allOf.length === 1 && anyOfs.length === 0 ? allOf[0] : undefined;
    const part = single ?? (allOf.length + anyOfs.length === 0 ? undefined : { allOf: [...allOf, ...anyOfs.map((anyOf) => ({ anyOf }))] });
    if (++remembered > MOST_REMEMBERED) [parts, remembered] = [new WeakMap(), 0];
    known = parts.get(schema) ?? new Map();
    parts.set(schema, known.set(name, part));
    return part;
  };

  const write = (value: unknown, schema: Schema | undefined): string => {
    if (schema === undefined || value === null) return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map((item, i) => write(item, partOf(schema, i))).join(",")}]`;
    const types = typesOf(schema);
    const alone = () => `[${write(value, partOf(schema, 0))}]`;
    if (typeof value === "object") {
      if (types?.has("array") && !types.has("object")) return alone();
      return `{${Object.entries(value)
        .map(([key, member]) => `${JSON.stringify(key)}:${write(member, partOf(schema, key))}`)
        .join(",")}}`;
    }
    if (typeof value !== "string" || !types || types.has("string")) return JSON.stringify(value);
    const text = value.trim();
    if ((types.has("number") || types.has("integer")) && NUMBER.test(text)) return text;
    if (types.has("boolean") && Object.hasOwn(BOOLEANS, text)) return BOOLEANS[text] as string;
    return types.has("array") ? alone() : JSON.stringify(value);
  };

  return {
    typed(payload) {
      steps = 0;
      return write(payload, isSchema(root) ? root : undefined);
    },
  };
}

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);

function union(all: (Types | undefined)[]): Types | undefined {
  const said = all.filter((types) => types !== undefined);
  return said.length === 0 ? undefined : new Set(said.flatMap((types) => [...types]));
}

function intersection([first, ...others]: Types[]): Types | undefined {
  return first && new Set([...first].filter((type) => others.every((types) => types.has(type))));
}

function ownTypes({ type, enum: values, const: only }: Schema): Types | undefined {
  if (typeof type === "string") return new Set([type]);
  if (Array.isArray(type)) return new Set(type as string[]);
  const given = Array.isArray(values) ? values : only === undefined ? undefined : [only];
  return given && new Set(given.map((value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)));
}

/** Patterns are not asked: what they cost is the judge's to bound. */
function ownMember({ properties, patternProperties, additionalProperties }: Schema, key: string): Schema | undefined {
  if (isSchema(properties) && Object.hasOwn(properties, key)) return isSchema(properties[key]) ? properties[key] : undefined;
  return patternProperties === undefined && isSchema(additionalProperties) ? additionalProperties : undefined;
}

function ownItem({ prefixItems, items }: Schema, index: number): Schema | undefined {
  const own = Array.isArray(prefixItems) && index < prefixItems.length ? prefixItems[index] : items;
  return isSchema(own) ? own : undefined;
}

/** What a `$ref` within the schema leads to: a JSON Pointer, or an anchor. */
function target(root: unknown, ref: string): Schema | undefined {
  const fragment = decoded(ref.slice(1));
  if (fragment !== "" && !fragment.startsWith("/")) return isSchema(root) ? anchored(root, fragment) : undefined;
  let at: unknown = root;
  for (const token of fragment.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Schema)[key];
  }
  return isSchema(at) ? at : undefined;
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function anchored(schema: Schema, anchor: string): Schema | undefined {
  if (schema.$anchor === anchor) return schema;
  for (const value of Object.values(schema)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      const found = isSchema(one) ? anchored(one, anchor) : undefined;
      if (found) return found;
    }
  }
  return undefined;
}
