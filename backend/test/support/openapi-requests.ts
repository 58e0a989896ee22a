/**
 * Requests out of the OpenAPI document: a good one for each operation, and every place of it that something odd can be put into. A
 * route that is new is tested without being named.
 */

/** JSON Schema, as far as the document uses it. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  examples?: unknown[];
  pattern?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  minItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header" | "cookie";
  required?: boolean;
  schema: Schema;
}

interface Described {
  parameters?: (Parameter | { $ref: string })[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, unknown> }>;
}

export interface Document {
  paths: Record<string, Record<string, Described>>;
  components: Record<string, Record<string, unknown>>;
}

export interface Operation {
  method: string;
  /** As in the document: `/v1/admin/keys/{id}`. */
  path: string;
  parameters: Parameter[];
  /** Of a body in JSON. */
  body?: Schema;
}

export function operationsOf(document: Document): Operation[] {
  const resolve = <T extends object>(part: T | { $ref: string }): T =>
    "$ref" in part && typeof part.$ref === "string" ? (at(document, part.$ref) as T) : (part as T);
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => {
      const body = requestBody?.content["application/json"]?.schema;
      return {
        method: method.toUpperCase(),
        path,
        parameters: parameters.map(resolve),
        ...(body ? { body: inlined(document, body) } : {}),
      };
    }),
  );
}

function at(document: Document, ref: string): unknown {
  return ref
    .split("/")
    .slice(1)
    .reduce((part, step) => (part as Record<string, unknown>)[step], document as unknown);
}

/** The schema with what it refers to. */
function inlined(document: Document, schema: Schema): Schema {
  const whole = schema.$ref === undefined ? schema : (at(document, schema.$ref) as Schema);
  return Object.fromEntries(
    Object.entries(whole).map(([key, value]) => {
      if (key === "properties")
        return [key, Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, inlined(document, one)]))];
      if (["anyOf", "oneOf", "allOf"].includes(key)) return [key, (value as Schema[]).map((one) => inlined(document, one))];
      if (key === "items") return [key, inlined(document, value as Schema)];
      return [key, value];
    }),
  );
}

/** Values of texts with a form of their own, by the pattern that describes it. */
const BY_PATTERN: [pattern: RegExp, value: string][] = [
  [/A-Za-z0-9_\.-/, "tenant-a"],
  [/0-9a-f\]\{48\}/, "0".repeat(48)],
  [/\[\^~\/\]/, "/payload/a"],
  [/0-9a-f\]\{32\}/, `00-${"1".repeat(32)}-${"2".repeat(16)}-01`],
  [/0-9a-fA-F\]\{8\}/, "0192e4a0-0000-7000-8000-000000000000"],
];

/** A value that the schema allows, with all its members. */
export function exampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.examples) return schema.examples[0];
  if (schema.enum) return schema.enum[0];
  const [branch] = schema.oneOf ?? schema.anyOf ?? [];
  if (branch) return exampleOf(branch);
  if (schema.default !== undefined && typeof schema.default !== "object") return schema.default;
  switch ([schema.type].flat()[0]) {
    case "object":
      // A range that ends after it begins.
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, one]) => [
          name,
          name === "from" && one.format === "date-time" ? new Date(Date.now() - 3_600_000).toISOString() : exampleOf(one),
        ]),
      );
    case "array":
      return [exampleOf(schema.items ?? {})];
    case "integer":
    case "number":
      return Math.max(1, schema.minimum ?? 1);
    case "boolean":
      return true;
    case "string":
      return textFor(schema);
    default:
      return {};
  }
}

function textFor({ pattern, format, minLength = 1 }: Schema): string {
  // Soon: a key may expire then, and an event may have happened.
  if (format === "date-time") return new Date(Date.now() + 3_600_000).toISOString();
  if (format === "email") return "somebody@example.org";
  if (format === "uuid" || format === "guid") return "0192e4a0-0000-7000-8000-000000000000";
  const known = BY_PATTERN.find(([of]) => pattern !== undefined && of.test(pattern));
  if (pattern !== undefined && !known) throw new Error(`What fits ${pattern}? Say so in BY_PATTERN.`);
  return known?.[1] ?? "text".padEnd(minLength, "x");
}

/** A place in a body. */
export interface Place {
  path: (string | number)[];
  schema: Schema;
}

/** The body itself, each member, each item of each list, at all depths of the example; of alternatives, each. */
export function placesOf(schema: Schema, path: (string | number)[] = []): Place[] {
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches) return branches.flatMap((branch) => placesOf(branch, path));
  const inner = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, one]) => placesOf(one, [...path, name])),
    ...(schema.items ? placesOf(schema.items, [...path, 0]) : []),
  ];
  return [{ path, schema }, ...inner];
}

/** JSON text of a value with the text of another one at a place of it: what goes there need not be JSON that JavaScript can hold. */
export function withText(value: unknown, path: (string | number)[], text: string): string {
  const mark = "\u0001here\u0001";
  return JSON.stringify(replaced(value, path, mark)).replace(JSON.stringify(mark), () => text);
}

/** The value with another one at a place of it; what stands on the way there is made. */
export function replaced(value: unknown, [step, ...rest]: (string | number)[], by: unknown): unknown {
  if (step === undefined) return by;
  if (typeof step === "number") return [replaced(Array.isArray(value) ? value[0] : undefined, rest, by)];
  const members = (value ?? {}) as Record<string, unknown>;
  return { ...members, [step]: replaced(members[step], rest, by) };
}

export const pointerOf = (path: (string | number)[]): string => path.map((step) => `/${step}`).join("");
