import type { FieldError } from "@streamforge/shared";
import type { FastifyInstance, preValidationHookHandler, RouteOptions } from "fastify";
import { z } from "zod";
import { type $ZodIssue, type $ZodObject, type $ZodRawIssue, type $ZodType, safeParse } from "zod/v4/core";
import { nearestOf } from "./nearest.js";
import { type ProblemError, problem } from "./problems.js";
import { RULED } from "./rules.js";

/** Which part of a request a schema is for, as Fastify calls it. */
type Part = "body" | "querystring" | "params" | "headers";

const MOST_ERRORS = 20;

/**
 * Fastify's compiler of zod schemas. What does not fit is a problem that names each place with what is wrong there and what would be
 * right: an unknown member with the nearest known one.
 */
export function validatorCompiler({ schema, httpPart = "body" }: { schema: unknown; httpPart?: string | undefined }) {
  return (data: unknown): { value: unknown } | { error: ProblemError } => {
    const result = safeParse(schema as $ZodType, data, { error: explain });
    return result.success ? { value: result.data } : { error: invalid(result.error.issues, httpPart as Part) };
  };
}

function invalid(issues: readonly $ZodIssue[], part: Part): ProblemError {
  const errors = issues.flatMap((issue) => errorsOf(issue, part)).slice(0, MOST_ERRORS);
  return problem("invalid-request", `${errors.map(({ pointer, detail }) => `${pointer || "The body"} ${detail}`).join("; ")}.`, { errors });
}

function errorsOf(issue: $ZodIssue, part: Part): FieldError[] {
  const base = part === "body" ? [] : [part];
  const pointer = (path: readonly PropertyKey[]) => [...base, ...path].map((step) => `/${escaped(String(step))}`).join("");
  const { near } = issue as { near?: string };
  if (near !== undefined && !issue.path.includes(near)) {
    const [what, ...above] = issue.path.toReversed();
    return [{ pointer: pointer([...above.toReversed(), near]), detail: unknownName("member", near, [String(what)]) }];
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    // Of several forms the one is meant whose kind is right and whose value is not.
    const meant = issue.errors.find((branch) => branch.some(({ code }) => code !== "invalid_type")) ?? issue.errors[0] ?? [];
    return meant.flatMap((inner) => errorsOf({ ...inner, path: [...issue.path, ...inner.path] }, part));
  }
  if (issue.code !== "unrecognized_keys") return [{ pointer: pointer(issue.path), detail: issue.message }];
  const known = (issue as { known?: string[] }).known ?? [];
  const kind = part === "querystring" ? "parameter" : "member";
  return issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]), detail: unknownName(kind, key, known) }));
}

/** @param kind what it is: a member of a body, a parameter of a query */
function unknownName(kind: string, name: string, known: readonly string[]): string {
  const nearest = nearestOf(name, known);
  if (nearest !== undefined) return `is an unknown ${kind} "${shortened(name)}"; did you mean "${nearest}"?`;
  return `is an unknown ${kind} "${shortened(name)}"; ${known.length > 0 ? `known are ${known.join(", ")}` : "none is known here"}`;
}

/** What zod itself would say of an issue is written for programmers: "expected string, received undefined". */
function explain(issue: $ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "unrecognized_keys":
      // zod copies what stands in an issue into the error: the names that the object knows.
      issue["known"] = Object.keys((issue.inst as unknown as $ZodObject)._zod.def.shape);
      return "has unknown members";
    case "invalid_type":
      if (issue.input === undefined) return "is missing";
      return Array.isArray(issue.input) && issue.expected === "string"
        ? "must be one text; it is there more than once, or a list"
        : `must be ${withArticle(issue.expected)}, not ${kindOf(issue.input)}`;
    case "invalid_value": {
      const values = issue.values.map((value: unknown) => JSON.stringify(value));
      if (issue.input === undefined) return `is missing; it must be ${values.length > 1 ? "one of " : ""}${values.join(", ")}`;
      const nearest = typeof issue.input === "string" ? nearestOf(issue.input, issue.values.map(String)) : undefined;
      return `must be ${values.length > 1 ? "one of " : ""}${values.join(", ")}${nearest === undefined ? "" : `; did you mean "${nearest}"?`}`;
    }
    case "invalid_union": {
      const { discriminator } = issue as { discriminator?: string };
      if (discriminator === undefined) return undefined;
      issue["near"] = Object.keys((issue.input ?? {}) as object).find((key) => nearestOf(key, [discriminator]) !== undefined);
      return "must say which of the kinds it is";
    }
    case "too_small":
      return issue.origin === "array" ? `must have at least ${issue.minimum} items` : undefined;
    case "too_big":
      return issue.origin === "array" ? `must have at most ${issue.maximum} items` : undefined;
    default:
      return undefined;
  }
}

function withArticle(kind: string): string {
  if (kind === "record") return "an object";
  return /^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return withArticle(Array.isArray(value) ? "array" : typeof value);
}

/** A step of a JSON Pointer (RFC 6901). */
function escaped(step: string): string {
  return shortened(step).replaceAll("~", "~0").replaceAll("/", "~1");
}

const MOST_ECHOED = 100;

/** A name as an answer repeats it: a client's 1 MB of it helps nobody. */
function shortened(name: string): string {
  return name.length > MOST_ECHOED ? `${name.slice(0, MOST_ECHOED)}…`.toWellFormed() : name.toWellFormed();
}

const NO_PARAMETERS = z.strictObject({});

/**
 * Whatever a route of ours does not name is refused: one without a query takes no parameter, one without a body no member. Routes that
 * read their bodies themselves (`x-operation`) say what they take. To be called before the first route is registered.
 */
export function refuseWhatIsUnknown(app: FastifyInstance): void {
  app.addHook("onRoute", (route: RouteOptions) => {
    if (!RULED.test(route.url)) return;
    route.schema = { querystring: NO_PARAMETERS, ...route.schema };
    if (route.schema.body || route.schema["x-operation"]) return;
    const refuse: preValidationHookHandler = ({ body }, _reply, done) => done(unwantedBody(body));
    route.preValidation = [refuse, ...[route.preValidation ?? []].flat()];
  });
}

/** Why a body cannot be meant where none is taken; undefined when there is none, or `{}`. */
function unwantedBody(body: unknown): ProblemError | undefined {
  if (body === undefined || body === null) return undefined;
  const names = typeof body === "object" && !Array.isArray(body) ? Object.keys(body) : undefined;
  if (names?.length === 0) return undefined;
  const errors = (names ?? []).map((name) => ({ pointer: `/${escaped(name)}`, detail: unknownName("member", name, []) }));
  return problem("invalid-request", "This request takes no body. Send none, or {}.", { errors: errors.slice(0, MOST_ERRORS) });
}
