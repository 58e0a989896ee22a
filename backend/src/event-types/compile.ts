import type { FieldError } from "@streamforge/shared";
import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020, type Options } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { explain, type Flaw } from "./failures.js";
import { judgePattern, linearRegExp, mendPattern } from "./patterns.js";
import { examineSchema } from "./schema-rules.js";
import { uniqueItems } from "./unique-items.js";

/**
 * JSON Schema, compiled. This module and ajv behind it cost a process 20 MB: it is imported when the first payload is to be
 * checked, and not before (see `checker.ts`).
 */
export interface CompiledSchema {
  /** Most that one check can cost; see `SchemaFacts.weight`. */
  weight: number;
  /** Stops at the first failure. Throws when the check cannot be made, e.g. for want of stack. */
  first(payload: unknown): Flaw | undefined;
  /** Goes on to the end. Failures can be as many as values times subschemas: for small payloads only. */
  all(payload: unknown): Flaw | undefined;
  /** Compiles `first`, which few types need, before a check with a time limit needs it. */
  prepareFirst(): void;
  /** To be called when a guard has ended a check. */
  mend(): void;
}

/**
 * One ajv for each schema: an `$id` of one tenant means nothing to another, and what is dropped is freed.
 * - `strict: false`: what strict mode would say was said at registration, by `examineSchema`.
 * - `ownProperties`: a payload without `constructor` has none, whatever Object.prototype says.
 * - `inlineRefs: false`: a schema that is referred to 500 times is compiled once.
 * - `optimize: false`: compiles in half the time and a third of the memory; the check takes as long (40 ns).
 */
const OPTIONS: Options = {
  strict: false,
  logger: false,
  meta: false,
  validateSchema: false,
  ownProperties: true,
  inlineRefs: false,
  code: { optimize: false, regExp: linearRegExp },
};

/** @throws Error when the schema is none, or breaks the rules of `schema-rules.ts` */
export function compileSchema(text: string): CompiledSchema {
  const schema = JSON.parse(text) as Record<string, unknown>;
  const facts = examineSchema(schema);
  const [flaw] = facts.flaws;
  if (flaw) throw new Error(`${flaw.pointer} ${flaw.detail}`);
  const all = newAjv({ ...OPTIONS, allErrors: true }).compile(schema);
  let first: ValidateFunction | undefined;
  const prepareFirst = (): ValidateFunction => {
    first ??= newAjv(OPTIONS).compile(schema);
    return first;
  };
  const check = (validate: ValidateFunction, payload: unknown): Flaw | undefined => {
    if (validate(payload)) return undefined;
    const errors = validate.errors as ErrorObject[];
    // The function keeps what it found last until its next call.
    validate.errors = null;
    return explain(errors, facts.names);
  };
  return {
    weight: facts.weight,
    first: (payload) => check(prepareFirst(), payload),
    all: (payload) => check(all, payload),
    prepareFirst,
    mend: mendPattern,
  };
}

function newAjv(options: Options): Ajv2020 {
  const ajv = new Ajv2020(options);
  ajvFormats.default(ajv, { mode: "full" });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: uniqueItems,
    error: { message: "must not have items that are equal" },
  });
  return ajv;
}

/** All patterns of a schema together, in instructions of RE2's machine: `(?:a?){1000}` has 2,000. */
const MOST_INSTRUCTIONS = 20_000;

/**
 * Everything that is wrong with a schema, for whoever registers it; empty when it can be used.
 * @param text JSON, as it was sent
 */
export function schemaFlaws(text: string): FieldError[] {
  const schema = JSON.parse(text) as Record<string, unknown>;
  const { flaws, patterns, formats } = examineSchema(schema);
  if (flaws.length > 0) return flaws;
  let instructions = 0;
  for (const [pointer, pattern] of patterns) {
    const judged = judgePattern(pattern);
    if (typeof judged === "string") flaws.push({ pointer, detail: judged });
    else instructions += judged;
    if (instructions > MOST_INSTRUCTIONS) break;
  }
  if (instructions > MOST_INSTRUCTIONS) flaws.push({ pointer: "", detail: "has patterns that are too large together; repeat less" });
  const meta = newMeta();
  for (const [pointer, format] of formats)
    if (!Object.hasOwn(meta.formats, format)) flaws.push({ pointer, detail: `${format} is no known format: it would check nothing` });
  if (flaws.length > 0) return flaws.slice(0, 20);
  if (meta.validateSchema(schema)) return compileFlaws(text);
  return (meta.errors ?? []).slice(0, 20).map(({ instancePath, message = "is wrong" }) => ({ pointer: instancePath, detail: message }));
}

/** Knows the schema of schemas. */
function newMeta(): Ajv2020 {
  const meta = new Ajv2020({ strict: false, allErrors: true, logger: false });
  ajvFormats.default(meta);
  return meta;
}

function compileFlaws(text: string): FieldError[] {
  try {
    const compiled = compileSchema(text);
    compiled.prepareFirst();
    return [];
  } catch (error) {
    return [{ pointer: "", detail: `cannot be compiled: ${(error as Error).message}` }];
  }
}
