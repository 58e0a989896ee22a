import type { Ajv, ErrorObject } from "ajv";
import type { DataValidateFunction, DataValidationCxt } from "ajv/dist/types/index.js";
import { compareDecimals, type Decimal, isMultipleOf, parseDecimal } from "../lib/decimal.js";
import { parseExact } from "../lib/exact-json.js";
import { contentAt, numberText, type Odd } from "./decimals.js";

/** Where the numbers of the payload in hand are found as they were written. */
export interface InHand {
  odd: Odd;
}

/** What there is to say of one value: nothing when it fits. */
type Fault = Pick<ErrorObject, "params" | "message"> | undefined;

const LIMITS: Record<string, { sign: string; fits: (order: number) => boolean }> = {
  minimum: { sign: ">=", fits: (order) => order >= 0 },
  maximum: { sign: "<=", fits: (order) => order <= 0 },
  exclusiveMinimum: { sign: ">", fits: (order) => order > 0 },
  exclusiveMaximum: { sign: "<", fits: (order) => order < 0 },
};

/**
 * Replaces all keywords that compare numbers by such that compare them as they are written, in the schema and in the payload: for
 * payloads and schemas with numbers that doubles do not hold. They take some ten times as long as ajv's own.
 * @param schemaOdd the odd numbers of the schema
 * @param inHand filled before each check
 */
export function addExactKeywords(ajv: Ajv, schemaOdd: Odd, inHand: InHand): void {
  const add = (keyword: string, type: "number" | "array" | undefined, make: (schema: unknown, parent: object) => Judge): void => {
    ajv.removeKeyword(keyword);
    ajv.addKeyword({
      keyword,
      ...(type ? { type } : {}),
      errors: true,
      compile(schema: unknown, parent: object) {
        const judge = make(schema, parent);
        const validate: DataValidateFunction = (data, cxt) => {
          const fault = judge(data, cxt as DataValidationCxt);
          validate.errors = fault ? [{ keyword, ...fault }] : [];
          return fault === undefined;
        };
        return validate;
      },
    });
  };
  const decimalAt = (data: number, { parentData, parentDataProperty }: DataValidationCxt): Decimal =>
    parseDecimal(numberText(inHand.odd, parentData, String(parentDataProperty), data));
  const contentOf = (data: unknown, { parentData, parentDataProperty }: DataValidationCxt): string =>
    contentAt(inHand.odd, parentData, String(parentDataProperty), data);

  for (const [keyword, { sign, fits }] of Object.entries(LIMITS))
    add(keyword, "number", (schema, parent) => {
      const text = numberText(schemaOdd, parent, keyword, schema as number);
      const limit = parseDecimal(text);
      const fault: Fault = { params: { comparison: sign, limit: schema }, message: `must be ${sign} ${text}` };
      return (data, cxt) => (fits(compareDecimals(decimalAt(data as number, cxt), limit)) ? undefined : fault);
    });
  add("multipleOf", "number", (schema, parent) => {
    const text = numberText(schemaOdd, parent, "multipleOf", schema as number);
    const divisor = parseDecimal(text);
    const fault: Fault = { params: { multipleOf: schema }, message: `must be multiple of ${text}` };
    return (data, cxt) => (isMultipleOf(decimalAt(data as number, cxt), divisor) ? undefined : fault);
  });
  add("const", undefined, (schema, parent) => {
    const content = contentAt(schemaOdd, parent, "const", schema);
    const fault: Fault = { params: { allowedValue: parseExact(content) }, message: "must be equal to constant" };
    return (data, cxt) => (contentOf(data, cxt) === content ? undefined : fault);
  });
  add("enum", undefined, (schema) => {
    const contents = (schema as unknown[]).map((one, i) => contentAt(schemaOdd, schema as object, String(i), one));
    const allowed = new Set(contents);
    const fault: Fault = { params: { allowedValues: contents.map(parseExact) }, message: "must be equal to one of the allowed values" };
    return (data, cxt) => (allowed.has(contentOf(data, cxt)) ? undefined : fault);
  });
  add("uniqueItems", "array", (wanted) => {
    const fault: Fault = { params: {}, message: "must not have items that are equal" };
    return (data) => {
      const items = data as unknown[];
      if (!wanted || items.length < 2) return undefined;
      const seen = new Set(items.map((item, i) => contentAt(inHand.odd, items, String(i), item)));
      return seen.size === items.length ? undefined : fault;
    };
  });
}

type Judge = (data: unknown, cxt: DataValidationCxt) => Fault;

/** Most digits that a scaled number may have for a double to hold it. */
const MOST_SCALED = 1e15;

/**
 * `multipleOf` for numbers that doubles hold as they are written. ajv divides doubles, so that 19.99 is no multiple of 0.01. Here both
 * are scaled to whole numbers first; that the scaling was exact is checked by undoing it, since a quotient is rounded correctly.
 */
export function addMultipleOf(ajv: Ajv): void {
  ajv.removeKeyword("multipleOf");
  ajv.addKeyword({
    keyword: "multipleOf",
    type: "number",
    schemaType: "number",
    errors: true,
    compile(multipleOf: number) {
      const divisor = parseDecimal(String(multipleOf));
      const { digits, exponent } = divisor;
      const scale = exponent < 0 && exponent >= -22 ? 10 ** -exponent : 1;
      const by = multipleOf * scale;
      const isScaled = Number.isInteger(by) && by < MOST_SCALED && (scale === 1 || String(by) === digits);
      const errors: Partial<ErrorObject>[] = [
        { keyword: "multipleOf", params: { multipleOf }, message: `must be multiple of ${multipleOf}` },
      ];
      const validate: DataValidateFunction = (data: number) => {
        const scaled = Math.round(data * scale);
        const fits =
          isScaled && Math.abs(scaled) < MOST_SCALED
            ? scaled / scale === data && scaled % by === 0
            : isMultipleOf(parseDecimal(String(data)), divisor);
        validate.errors = fits ? [] : errors.map((error) => ({ ...error }));
        return fits;
      };
      return validate;
    },
  });
}
