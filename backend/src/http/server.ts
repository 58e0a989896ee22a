import { fastifyCors } from "@fastify/cors";
import { fastifyHelmet } from "@fastify/helmet";
import { fastify, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { ProblemCode } from "@streamforge/shared";
import type { Config } from "../config.js";
import type { Logger } from "../telemetry/log.js";
import { correlationIdOf } from "./correlation.js";
import { DEFAULT_RETRY_AFTER_SECONDS, ProblemError, problem, problemDocument } from "./problems.js";

export type Server = FastifyInstance;

export interface ServerOptions {
  config: Config;
  log: Logger;
  /** Told of each refusal by its code. */
  onProblem: (code: ProblemCode) => void;
}

/** An upload of 1 GiB at 1 MiB/s takes 17 minutes; slow clients are shed by the body reader long before. */
const REQUEST_TIMEOUT_MS = 3_600_000;

/** The server without routes: correlation ids, problems, security headers, CORS, cookies. */
export async function createServer({ config, log, onProblem }: ServerOptions): Promise<Server> {
  const app = fastify({
    loggerInstance: log,
    disableRequestLogging: true,
    genReqId: (request) => correlationIdOf(request.headers),
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    trustProxy: config.TRUST_PROXY,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 3_000, ignoreTrailingSlash: true },
  }) as unknown as Server;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  app.addHook("onRequest", (request, reply, done) => {
    reply.header("X-Correlation-Id", request.id);
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = asProblem(error);
    if (known.code === "internal") request.log.error({ err: error, correlationId: request.id }, "unexpected error");
    onProblem(known.code);
    return sendProblem(request, reply, known);
  });
  app.setNotFoundHandler((request, reply) => sendProblem(request, reply, problem("not-found", `There is no ${request.method} ${request.url.split("?")[0]}.`)));

  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      directives: { defaultSrc: ["'self'"], imgSrc: ["'self'", "data:"], styleSrc: ["'self'"], scriptSrc: ["'self'"], connectSrc: ["'self'"], frameAncestors: ["'none'"], upgradeInsecureRequests: null },
    },
    hsts: config.COOKIE_SECURE,
  });
  const origins = config.CORS_ORIGINS.length > 0 ? config.CORS_ORIGINS : config.NODE_ENV === "production" ? false : /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
  await app.register(fastifyCors, {
    origin: origins,
    credentials: true,
    exposedHeaders: ["X-Correlation-Id", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Shards"],
  });
  return app;
}

/** Sends a problem document. Every 429 and 503 says when to come back. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ProblemError): FastifyReply {
  if (error.status === 429 || error.status === 503) reply.header("Retry-After", String(DEFAULT_RETRY_AFTER_SECONDS));
  // What is left of a body would be read to its end for nothing.
  const { "content-length": length, "transfer-encoding": chunked } = request.raw.headers;
  const unread = !request.raw.complete && (chunked !== undefined || (length ?? "0") !== "0");
  if (unread || error.code === "shutting-down") reply.header("Connection", "close");
  return reply
    .code(error.status)
    .headers(error.headers)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problemDocument(error, request.url.split("?")[0] as string, request.id));
}

/** Whatever was thrown, as a problem. */
function asProblem(error: FastifyError | ProblemError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({ pointer: `${error.validationContext === "body" ? "" : `/${error.validationContext}`}${issue.instancePath}`, detail: issue.message ?? "is not valid" }));
    return problem("invalid-request", errors.map((e) => `${e.pointer || "/"} ${e.detail}`).join("; "), { errors });
  }
  switch (error.code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return problem("unsupported-media-type", "Send Content-Type: application/json (an object or an array) or application/x-ndjson.");
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return problem("batch-too-large", error.message);
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
      return problem("invalid-json", error.message);
  }
  if (error.statusCode === 429) return problem("rate-limited", error.message);
  if (error.statusCode && error.statusCode >= 400 && error.statusCode < 500) return problem("invalid-request", error.message);
  return problem("internal", "The error was logged under this correlation id.");
}
