import type { FieldError } from "@streamforge/shared";
import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020, type Options } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { MOST_DIVISOR_DIGITS, parseDecimal } from "../lib/decimal.js";
import { type ExactValue, type Odd, parseDecimals, plainValue } from "./decimals.js";
import { addExactKeywords, addMultipleOf, type InHand } from "./exact-keywords.js";
import { explain, type Flaw } from "./failures.js";
import { judgePattern, linearRegExp, repairPattern } from "./patterns.js";
import { examineSchema, subschemas } from "./schema-rules.js";
import { uniqueItems } from "./unique-items.js";

/**
 * JSON Schema, compiled. This module and ajv behind it cost a process 20 MB: it is imported when the first payload is to be
 * checked, and not before (see `checker.ts`).
 */
export interface CompiledSchema {
  /** Most that one check can cost; see `SchemaFacts.weight`. */
  weight: number;
  /**
   * Stops at the first failure. Throws when the check cannot be made, e.g. for want of stack.
   * @param text the payload as it was sent, when it has numbers that doubles do not hold
   */
  first(payload: unknown, text?: string): Flaw | undefined;
  /** Continues to the end. Failures can be as many as values times subschemas: for small payloads only. */
  all(payload: unknown, text?: string): Flaw | undefined;
  /** Compiles `first`, which few types need, before a check with a time limit needs it. */
  prepareFirst(): void;
  /** The same for payloads with a text. */
  prepareExact(): void;
  /** To be called when a guard has ended a check. */
  repair(): void;
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
  const { value, odd } = parseDecimals(text);
  const schema = value as Record<string, unknown>;
  const facts = examineSchema(schema);
  const [flaw] = facts.flaws;
  if (flaw) throw new Error(`${flaw.pointer} ${flaw.detail}`);
  const inHand: InHand = { odd: new Map() };
  const compile = (exact: boolean, allErrors: boolean) =>
    once(() => newAjv({ ...OPTIONS, allErrors }, exact && odd, inHand).compile(schema));
  // Numbers of the schema that doubles do not hold are compared with those of any payload.
  const usual = { all: compile(odd.size > 0, true), first: compile(odd.size > 0, false) };
  const exact = odd.size > 0 ? usual : { all: compile(true, true), first: compile(true, false) };
  usual.all();
  const flawOf = (validate: ValidateFunction): Flaw => {
    const errors = validate.errors as ErrorObject[];
    // The function keeps what it found last until its next call.
    validate.errors = null;
    return explain(errors, facts.names);
  };
  const checkExact = (validate: ValidateFunction, { value, holder, odd }: ExactValue): Flaw | undefined => {
    inHand.odd = odd;
    const at = { instancePath: "", parentData: holder, parentDataProperty: "", rootData: value };
    return validate(value, at as Parameters<ValidateFunction>[1]) ? undefined : flawOf(validate);
  };
  const judge = (which: "all" | "first") => {
    const [usually, exactly] = [usual[which], exact[which]];
    return (payload: unknown, payloadText?: string): Flaw | undefined => {
      if (payloadText !== undefined) return checkExact(exactly(), parseDecimals(payloadText));
      const validate = usually();
      if (odd.size > 0) return checkExact(validate, plainValue(payload));
      return validate(payload) ? undefined : flawOf(validate);
    };
  };
  return {
    weight: facts.weight,
    first: judge("first"),
    all: judge("all"),
    prepareFirst: () => void usual.first(),
    prepareExact() {
      exact.first();
      exact.all();
    },
    repair: repairPattern,
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** @param odd the odd numbers of the schema; false: neither it nor the payloads have any */
function newAjv(options: Options, odd: Odd | false, inHand: InHand): Ajv2020 {
  const ajv = new Ajv2020(options);
  ajvFormats.default(ajv, { mode: "full" });
  if (odd) {
    addExactKeywords(ajv, odd, inHand);
    return ajv;
  }
  addMultipleOf(ajv);
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
 * Everything that is wrong with a schema, for anyone who registers it; empty when it can be used.
 * @param text JSON, as it was sent
 */
export function schemaFlaws(text: string): FieldError[] {
  const { value, odd } = parseDecimals(text);
  const schema = value as Record<string, unknown>;
  const { flaws, patterns, formats } = examineSchema(schema);
  if (flaws.length === 0) flaws.push(...unjudgeable(schema, odd));
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

/** Numbers that nothing can be counted up to, and divisors that would cost too much. */
function unjudgeable(schema: Record<string, unknown>, odd: Odd): FieldError[] {
  return [...subschemas(schema)].flatMap(([pointer, one]) =>
    [...(odd.get(one) ?? [])].flatMap(([keyword, text]) => {
      const at = `${pointer}/${keyword}`;
      if (COUNTING.test(keyword)) return [{ pointer: at, detail: "must be a whole number that something can be counted up to" }];
      const isTooLong = keyword === "multipleOf" && parseDecimal(text).digits.length > MOST_DIVISOR_DIGITS;
      return isTooLong ? [{ pointer: at, detail: `has more than ${MOST_DIVISOR_DIGITS} digits` }] : [];
    }),
  );
}

const COUNTING = /^(min|max)(Length|Items|Contains|Properties)$/;

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
