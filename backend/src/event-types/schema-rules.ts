import type { FieldError } from "@streamforge/shared";

/**
 * What a schema may be made of, decided before anything is compiled. The limits are such that compiling takes tens of
 * milliseconds (1,000 properties: 90 ms) and cannot overflow the stack (ajv does at 1,800 properties of one object).
 */
export const SCHEMA_LIMITS = {
  subschemas: 1_000,
  keywords: 5_000,
  depth: 64,
  refs: 500,
  patterns: 100,
  patternCharacters: 1_000,
  /** Of all patterns together. */
  patternText: 10_000,
  enumValues: 5_000,
} as const;

type Kind = "schema" | "list" | "map" | "here" | "here-list" | "here-map" | "definitions" | "plain";

/** Draft 2020-12. `here…`: applied to the same value as its parent, and not to a part of it. */
const KEYWORDS: Readonly<Record<string, Kind>> = {
  ...kinds("schema", "additionalProperties items contains propertyNames unevaluatedItems unevaluatedProperties"),
  ...kinds("list", "prefixItems"),
  ...kinds("map", "properties patternProperties"),
  ...kinds("here", "not if then else"),
  ...kinds("here-list", "allOf anyOf oneOf"),
  ...kinds("here-map", "dependentSchemas"),
  ...kinds("definitions", "$defs definitions"),
  ...kinds(
    "plain",
    "type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems " +
      "maxContains minContains maxProperties minProperties required dependentRequired format contentEncoding contentMediaType contentSchema " +
      "title description default deprecated readOnly writeOnly examples example $schema $id $anchor $comment $ref",
  ),
};

/** Known to the draft, and not taken: what they do cannot be told from the schema alone. */
const REFUSED: Readonly<Record<string, string>> = {
  $dynamicRef: "use $ref",
  $dynamicAnchor: "use $anchor",
  $recursiveRef: "use $ref",
  $recursiveAnchor: "use $anchor",
  $vocabulary: "the vocabularies of draft 2020-12 are the ones there are",
  $async: "a check is never asynchronous",
  dependencies: "use dependentRequired or dependentSchemas",
  additionalItems: "use items beside prefixItems",
  nullable: 'use "type": ["…", "null"]',
  discriminator: "use oneOf with const",
};

const DRAFT = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;

type SchemaObject = Record<string, unknown>;

/** What was found out about a schema on the way. */
export interface SchemaFacts {
  flaws: FieldError[];
  /** Most that checking one value can cost, in subschemas applied to it and below it; Infinity when it refers to itself. */
  weight: number;
  /** Names of properties that the schema speaks of. */
  names: ReadonlySet<string>;
  /** Every `pattern` and key of `patternProperties`, by its pointer. */
  patterns: ReadonlyMap<string, string>;
  /** Every `format`, by its pointer. */
  formats: ReadonlyMap<string, string>;
  /** How many subschemas it has, those that nothing refers to included. */
  subschemas: number;
}

/** Looks at a schema without compiling it. Pure, and safe for any JSON up to MAX_SCHEMA_BYTES. */
export function examineSchema(root: SchemaObject): SchemaFacts {
  const flaws: FieldError[] = [];
  const names = new Set<string>();
  const patterns = new Map<string, string>();
  const formats = new Map<string, string>();
  const flaw = (pointer: string, detail: string): void => void (flaws.length < 20 && flaws.push({ pointer, detail }));
  if (isTooDeep(root)) flaw("", `is nested deeper than ${SCHEMA_LIMITS.depth} levels`);
  const unusable = { flaws, weight: Number.POSITIVE_INFINITY, names, patterns, formats, subschemas: 0 };
  if (flaws.length > 0) return unusable;

  const found = new Map<string, SchemaObject>();
  const anchors = new Map<string, SchemaObject>();
  const sums = { keywords: 0, refs: 0, enumValues: 0 };
  walk(root, "", (schema, pointer) => {
    found.set(pointer, schema);
    for (const keyword of Object.keys(schema)) checkKeyword(schema, keyword, pointer, flaw);
    if (typeof schema.$anchor === "string") anchors.set(schema.$anchor, schema);
    for (const name of [...keysOf(schema.properties), ...stringsIn(schema.required)]) names.add(name);
    if (typeof schema.pattern === "string") patterns.set(`${pointer}/pattern`, schema.pattern);
    for (const key of keysOf(schema.patternProperties)) patterns.set(`${pointer}/patternProperties/${escapePointer(key)}`, key);
    if (typeof schema.format === "string") formats.set(`${pointer}/format`, schema.format);
    sums.keywords += Object.keys(schema).length;
    if (schema.$ref !== undefined) sums.refs++;
    sums.enumValues += lengthOf(schema.enum);
  });
  const characters = [...patterns.values()].reduce((sum, pattern) => sum + pattern.length, 0);
  refuseMore("subschemas", found.size, SCHEMA_LIMITS.subschemas, flaw);
  refuseMore("keywords", sums.keywords, SCHEMA_LIMITS.keywords, flaw);
  refuseMore("$refs", sums.refs, SCHEMA_LIMITS.refs, flaw);
  refuseMore("patterns", patterns.size, SCHEMA_LIMITS.patterns, flaw);
  refuseMore("characters in its patterns", characters, SCHEMA_LIMITS.patternText, flaw);
  refuseMore("enum values", sums.enumValues, SCHEMA_LIMITS.enumValues, flaw);
  for (const [pointer, pattern] of patterns)
    if (pattern.length > SCHEMA_LIMITS.patternCharacters) flaw(pointer, `is longer than ${SCHEMA_LIMITS.patternCharacters} characters`);
  if (flaws.length > 0) return unusable;

  const resolve = (ref: string): SchemaObject | undefined =>
    ref === "#" ? root : ref.startsWith("#/") ? found.get(pointerOf(ref)) : anchors.get(ref.slice(1));
  for (const [pointer, schema] of found) {
    if (typeof schema.$ref === "string" && resolve(schema.$ref) === undefined && !isBooleanAt(root, schema.$ref))
      flaw(`${pointer}/$ref`, `must lead to a schema within this document (#/$defs/…): ${schema.$ref}`);
  }
  if (flaws.length === 0) findEndlessRefs(found, resolve, flaw);
  if (flaws.length > 0) return unusable;
  return { ...unusable, weight: weigh(root, resolve), subschemas: found.size };
}

function refuseMore(what: string, count: number, most: number, flaw: (pointer: string, detail: string) => void): void {
  if (count > most) flaw("", `has ${count} ${what}; ${most} are allowed`);
}

const LIGHT = { characters: 16_384, subschemas: 100, weight: 500 } as const;

/**
 * Whether compiling a schema takes ten milliseconds at most, by construction, and checking a small payload even less.
 * @param text JSON
 */
export function isLight(text: string): boolean {
  if (text.length > LIGHT.characters || text.includes("unevaluated")) return false;
  const { flaws, weight, patterns, subschemas } = examineSchema(JSON.parse(text) as SchemaObject);
  return flaws.length === 0 && patterns.size === 0 && weight <= LIGHT.weight && subschemas <= LIGHT.subschemas;
}

function checkKeyword(schema: SchemaObject, keyword: string, pointer: string, flaw: (pointer: string, detail: string) => void): void {
  const at = `${pointer}/${escapePointer(keyword)}`;
  if (keyword.startsWith("x-")) return;
  if (Object.hasOwn(REFUSED, keyword)) flaw(at, `is not supported here; ${REFUSED[keyword]}`);
  // A typo would otherwise be a schema that checks nothing.
  else if (!Object.hasOwn(KEYWORDS, keyword)) flaw(at, "is no keyword of JSON Schema 2020-12; names of your own begin with x-");
  if (keyword === "$id" && pointer !== "") flaw(at, "is allowed at the root only");
  if (keyword === "$schema" && !(typeof schema.$schema === "string" && DRAFT.test(schema.$schema)))
    flaw(at, "must be https://json-schema.org/draft/2020-12/schema; other drafts mean other things by the same words");
  if (keyword === "$ref" && !(typeof schema.$ref === "string" && schema.$ref.startsWith("#")))
    flaw(at, "must stay within this document (#/$defs/…); nothing is fetched");
}

/** All subschemas that are objects, by their pointers. */
export function subschemas(root: SchemaObject): Map<string, SchemaObject> {
  const found = new Map<string, SchemaObject>();
  walk(root, "", (schema, pointer) => found.set(pointer, schema));
  return found;
}

/** Calls `visit` with each subschema that is an object, and its pointer. */
function walk(schema: unknown, pointer: string, visit: (schema: SchemaObject, pointer: string) => void): void {
  if (!isObject(schema)) return;
  visit(schema, pointer);
  for (const [keyword, kind, at, child] of childrenOf(schema)) {
    if (kind !== "plain") walk(child, `${pointer}/${escapePointer(keyword)}${at}`, visit);
  }
}

type Child = [keyword: string, kind: Kind, at: string, schema: unknown];

function* childrenOf(schema: SchemaObject): Generator<Child> {
  for (const [keyword, value] of Object.entries(schema)) {
    const kind = Object.hasOwn(KEYWORDS, keyword) ? (KEYWORDS[keyword] as Kind) : "plain";
    if (kind === "schema" || kind === "here") yield [keyword, kind, "", value];
    else if (kind === "list" || kind === "here-list") {
      if (Array.isArray(value)) for (const [i, child] of value.entries()) yield [keyword, kind, `/${i}`, child];
    } else if (kind !== "plain" && isObject(value)) {
      for (const [key, child] of Object.entries(value)) yield [keyword, kind, `/${escapePointer(key)}`, child];
    }
  }
}

/** A $ref that leads back to itself without going into a part of the value would never end. */
function findEndlessRefs(
  found: ReadonlyMap<string, SchemaObject>,
  resolve: (ref: string) => SchemaObject | undefined,
  flaw: (pointer: string, detail: string) => void,
): void {
  const state = new Map<SchemaObject, "open" | "done">();
  const isEndless = (schema: SchemaObject): boolean => {
    const seen = state.get(schema);
    if (seen) return seen === "open";
    state.set(schema, "open");
    const endless = inPlace(schema, resolve).some(isEndless);
    state.set(schema, "done");
    return endless;
  };
  for (const [pointer, schema] of found)
    if (!state.has(schema) && isEndless(schema))
      flaw(pointer, "refers to itself without going into a part of the value: checking it would never end");
}

function inPlace(schema: SchemaObject, resolve: (ref: string) => SchemaObject | undefined): SchemaObject[] {
  const next: SchemaObject[] = [];
  for (const [, kind, , child] of childrenOf(schema)) if (kind.startsWith("here") && isObject(child)) next.push(child);
  const target = typeof schema.$ref === "string" ? resolve(schema.$ref) : undefined;
  if (target) next.push(target);
  return next;
}

/** A pattern over 4 KB of text takes up to 20 ms when it is made to (measured), a subschema less than 0.1 µs. */
const PATTERN_WEIGHT = 100;

/** The size of the schema with every $ref written out. */
function weigh(root: SchemaObject, resolve: (ref: string) => SchemaObject | undefined): number {
  const known = new Map<SchemaObject, number>();
  const weightOf = (schema: unknown): number => {
    if (!isObject(schema)) return 1;
    const before = known.get(schema);
    if (before !== undefined) return before;
    // Met again on the way down: it refers to itself.
    known.set(schema, Number.POSITIVE_INFINITY);
    let weight = 1 + lengthOf(schema.required) + lengthOf(schema.enum) / 4;
    if (schema.pattern !== undefined) weight += PATTERN_WEIGHT;
    if (schema.format !== undefined) weight += 10;
    weight += keysOf(schema.patternProperties).length * PATTERN_WEIGHT;
    for (const [, kind, , child] of childrenOf(schema)) if (kind !== "definitions") weight += weightOf(child);
    if (typeof schema.$ref === "string") weight += weightOf(resolve(schema.$ref));
    known.set(schema, weight);
    return weight;
  };
  return weightOf(root);
}

function isBooleanAt(root: unknown, ref: string): boolean {
  if (!ref.startsWith("#/")) return false;
  let at: unknown = root;
  for (const key of pointerOf(ref).split("/").slice(1))
    at = isObject(at) || Array.isArray(at) ? (at as SchemaObject)[unescapePointer(key)] : undefined;
  return typeof at === "boolean";
}

/** The pointer of a local $ref, which may be percent-encoded. */
function pointerOf(ref: string): string {
  try {
    return decodeURIComponent(ref.slice(1));
  } catch {
    return ref.slice(1);
  }
}

/** Whether a schema is nested so deep that even writing it out may overflow the stack. */
function isTooDeep(schema: SchemaObject): boolean {
  return isDeeper(schema, SCHEMA_LIMITS.depth);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== "object") return false;
  return levels === 0 || Object.values(value).some((child) => isDeeper(child, levels - 1));
}

export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function unescapePointer(key: string): string {
  return key.replaceAll("~1", "/").replaceAll("~0", "~");
}

function kinds(kind: Kind, words: string): Record<string, Kind> {
  return Object.fromEntries(words.split(" ").map((word) => [word, kind]));
}

const isObject = (value: unknown): value is SchemaObject => value !== null && typeof value === "object" && !Array.isArray(value);
const keysOf = (value: unknown): string[] => (isObject(value) ? Object.keys(value) : []);
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const stringsIn = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
