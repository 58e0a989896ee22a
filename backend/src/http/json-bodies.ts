import { Buffer, isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { faultText, jsonFaultOf } from "../lib/json-fault.js";
import { callerOf } from "./auth.js";
import type { BodyReader } from "./body.js";
import { type ProblemError, problem } from "./problems.js";

declare module "fastify" {
  interface FastifyRequest {
    /** A JSON body as it was sent, for routes that pass a part of it on as it is. */
    bodyText: string;
  }
}

/** Largest JSON body of a route that takes no events, in bytes: of those who are known, and of anybody (signing in). */
const MOST_BYTES = 1024 * 1024;
const MOST_BYTES_OF_ANYBODY = 16 * 1024;

/**
 * Bodies of all routes that do not read them themselves: by the same reader, in the same time and share of memory, as events.
 * Fastify's own parsers have neither, and read a body also where there is no such route.
 */
export function readJsonBodies(app: FastifyInstance, bodies: Pick<BodyReader, "read">): void {
  app.decorateRequest("bodyText", "");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", (request: FastifyRequest, _payload, done) => {
    if (request.is404) return done(null, undefined);
    const maxBytes = request.principal ? MOST_BYTES : MOST_BYTES_OF_ANYBODY;
    const tooLarge = () => problem("batch-too-large", `The body has more than ${maxBytes} bytes.`);
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return done(tooLarge());
    bodies.read(request.raw, callerOf(request), maxBytes, tooLarge).then(({ bytes, release }) => {
      const { text, value, error } = bytes.length > 0 ? parsed(bytes) : { text: undefined, value: undefined, error: emptyBody(request) };
      release();
      if (text !== undefined) request.bodyText = text;
      done(error, value);
    }, done);
  });
  app.addContentTypeParser("*", (request: FastifyRequest, _payload, done) => {
    done(request.is404 ? null : unsupportedType(request, ["application/json"]), undefined);
  });
}

const MARK = Buffer.from("\ufeff");

/** The text and what it says; else a problem that says where the body stops being JSON, what stands there, and what to do. */
function parsed(bytes: Buffer): { text?: string; value: unknown; error: ProblemError | null } {
  // One byte order mark may stand before the body.
  const byte = bytes.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
  try {
    if (isUtf8(bytes)) {
      const text = bytes.toString("utf8", byte);
      return { text, value: JSON.parse(text), error: null };
    }
  } catch {}
  const fault = faultText(jsonFaultOf(bytes.subarray(byte), "body"), { line: 1, column: 0, byte });
  return { value: undefined, error: problem("invalid-json", `${fault.charAt(0).toUpperCase()}${fault.slice(1)}.`) };
}

/** Many clients name a type also where they send nothing. @returns why that will not do here */
function emptyBody({ routeOptions }: FastifyRequest): ProblemError | null {
  if (!routeOptions.schema?.body) return null;
  return problem("invalid-json", "The body is empty, and Content-Type says JSON: send a JSON object.");
}

/** 415 that names what is taken, in its text and in `Accept`. */
export function unsupportedType({ headers }: FastifyRequest, taken: readonly string[]): ProblemError {
  const sent = headers["content-type"];
  const found = sent === undefined ? "There is no Content-Type" : `Content-Type "${sent.slice(0, 100)}" is not taken`;
  const byCurl = sent?.startsWith("application/x-www-form-urlencoded") ? " (curl -d names that type by itself: add -H)" : "";
  return problem("unsupported-media-type", `${found}: send ${taken.join(" or ")}${byCurl}.`, {}, { Accept: taken.join(", ") });
}
