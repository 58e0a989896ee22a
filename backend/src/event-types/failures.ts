import type { PayloadFailure } from "@streamforge/shared";
import type { ErrorObject } from "ajv";
import { escapePointer } from "./schema-rules.js";

/** Why a payload does not fit. */
export interface Flaw {
  /** The failure that decides, in words that are the same for all events with the same cause. */
  message: string;
  /** At most `MOST_FAILURES`. */
  failures: PayloadFailure[];
}

export const MOST_FAILURES = 20;
const MOST_DETAIL = 300;
const MOST_POINTER = 500;

/**
 * Turns ajv's errors into failures that people can read.
 * @param names of the properties that the schema speaks of; other names come from the data, and are quoted in the message, so that
 *   the fingerprint of a dead letter does not depend on them
 */
export function explain(errors: readonly ErrorObject[], names: ReadonlySet<string>): Flaw {
  // The failures of branches come before the one that says that none fits.
  const decisive = /\/(anyOf|oneOf)\//.test(errors[0]?.schemaPath ?? "")
    ? errors.find(({ keyword }) => /^(any|one)Of$/.test(keyword))
    : errors[0];
  const failures = errors.slice(0, MOST_FAILURES).map(failureOf);
  const { pointer, detail } = failureOf(decisive ?? (errors[0] as ErrorObject));
  return { message: `${stable(pointer, names)} ${detail}`, failures };
}

function failureOf({ instancePath, keyword, params, message = "does not fit" }: ErrorObject): PayloadFailure {
  const at = (key: unknown, detail: string) => cut(`${instancePath}/${escapePointer(String(key))}`, detail);
  switch (keyword) {
    case "required":
    case "dependentRequired":
      return at(params.missingProperty, "is required");
    case "additionalProperties":
      return at(params.additionalProperty, "is not allowed");
    case "unevaluatedProperties":
      return at(params.unevaluatedProperty, "is not allowed");
    case "propertyNames":
      return at(params.propertyName, "has a name that is not allowed");
    case "enum":
      return cut(
        instancePath,
        `must be one of ${params.allowedValues.slice(0, 10).map(json).join(", ")}${params.allowedValues.length > 10 ? ", …" : ""}`,
      );
    case "const":
      return cut(instancePath, `must be ${json(params.allowedValue)}`);
    case "false schema":
      return cut(instancePath, "is not allowed");
    default:
      return cut(instancePath, message);
  }
}

function cut(pointer: string, detail: string): PayloadFailure {
  return {
    pointer: pointer.length > MOST_POINTER ? `${pointer.slice(0, MOST_POINTER)}…` : pointer,
    detail: detail.length > MOST_DETAIL ? `${detail.slice(0, MOST_DETAIL)}…` : detail,
  };
}

/** The pointer with names from the data in quotes, which fingerprints leave out, as they do numbers. */
function stable(pointer: string, names: ReadonlySet<string>): string {
  if (pointer === "") return "the payload";
  return pointer
    .split("/")
    .map((part) => (part === "" || names.has(part) || /^\d+$/.test(part) ? part : `"${part.replaceAll('"', "'")}"`))
    .join("/");
}

const json = (value: unknown): string => JSON.stringify(value);
