import type { FastifyInstance, FastifyRequest } from "fastify";
import { callerOf } from "./auth.js";
import type { BodyReader } from "./body.js";
import { problem } from "./problems.js";

/** Largest JSON body of a route that takes no events, in bytes: of those who are known, and of anybody (signing in). */
const MOST_BYTES = 1024 * 1024;
const MOST_BYTES_OF_ANYBODY = 16 * 1024;

/**
 * Bodies of all routes that do not read them themselves: by the same reader, in the same time and share of memory, as events.
 * Fastify's own parsers have neither, and read a body also where there is no such route.
 */
export function readJsonBodies(app: FastifyInstance, bodies: Pick<BodyReader, "read">): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", (request: FastifyRequest, _payload, done) => {
    if (request.is404) return done(null, undefined);
    const maxBytes = request.principal ? MOST_BYTES : MOST_BYTES_OF_ANYBODY;
    const tooLarge = () => problem("batch-too-large", `The body has more than ${maxBytes} bytes.`);
    if (Number(request.headers["content-length"] ?? 0) > maxBytes) return done(tooLarge());
    bodies.read(request.raw, callerOf(request), maxBytes, tooLarge).then(({ bytes, release }) => {
      const text = bytes.toString();
      release();
      parse(request, text, done);
    }, done);
  });
}
