import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { fastifyCors } from "@fastify/cors";
import { fastifyHelmet } from "@fastify/helmet";
import type { ProblemCode } from "@streamforge/shared";
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from "fastify";
import { hasZodFastifySchemaValidationErrors, serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
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

/** A body that was refused unread is let run out when it is this small; beyond, the connection is closed. */
const SMALL_BODY_BYTES = 64 * 1024;

/** An upload of 1 GiB at 1 MiB/s takes 17 minutes; slow clients are shed by the body reader long before. */
const REQUEST_TIMEOUT_MS = 3_600_000;

/** The server without routes: correlation ids, problems, security headers, CORS, cookies. */
export async function createServer({ config, log, onProblem }: ServerOptions): Promise<Server> {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => correlationIdOf(request.headers),
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    // Node looks for late headers only every 30 s unless told.
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 2_000 },
    clientErrorHandler: answerGarbage,
    // A URL that cannot be decoded comes here, past all hooks.
    frameworkErrors: (error, request, reply) => sendProblem(request, reply.header("X-Correlation-Id", request.id), asProblem(error)),
    trustProxy: config.TRUST_PROXY,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 3_000, ignoreTrailingSlash: true },
    // Named here and not set later, so that Fastify does not load its own: 1.3 MB for schemas that are all zod's.
    schemaController: {
      compilersFactory: { buildValidator: () => validatorCompiler as never, buildSerializer: () => serializerCompiler as never },
    },
  }) as unknown as Server;

  app.addHook("onRequest", (request, reply, done) => {
    reply.header("X-Correlation-Id", request.id);
    reply.header("X-Content-Type-Options", "nosniff");
    done();
  });
  // A client that has sent everything may close its half: Node would then take in the event and drop the answer.
  (app.server as HalfOpenServer).httpAllowHalfOpen = true;
  app.server.on("connection", (socket: Answering) => {
    // One that has closed its half within a body will never end it; behind `Upgrade` the parser does not say so.
    socket.on("end", () => {
      if (socket._httpMessage?.req.complete === false) answerGarbage(new Error("half a body"), socket);
    });
  });
  // Who asks before sending hears "go on" only when the credential is good; Node would say it at once.
  app.server.on("checkContinue", (request, response) => app.routing(request, response));
  app.addHook("preParsing", (request, reply, payload, done) => {
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
    done(null, payload);
  });
  // A line a request costs more than taking an event in: each is logged at debug, what went wrong on our side at any level.
  if (log.isLevelEnabled("debug")) {
    app.addHook("onResponse", (request, reply, done) => {
      const { method, routeOptions } = request;
      log.debug(
        { ...whoAsked(request), method, route: routeOptions.url, status: reply.statusCode, tookMs: Math.round(reply.elapsedTime) },
        "request",
      );
      done();
    });
  }
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = asProblem(error);
    if (known.code === "internal") log.error({ err: error, ...whoAsked(request) }, "unexpected error");
    onProblem(known.code);
    return sendProblem(request, reply, known);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, problem("not-found", `There is no ${request.method} ${request.url.split("?")[0]}.`)),
  );

  const origins =
    config.CORS_ORIGINS.length > 0
      ? config.CORS_ORIGINS
      : config.NODE_ENV === "production"
        ? false
        : /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
  await app.register(fastifyCors, {
    // Programs send no Origin: they get no CORS headers, which are for browsers alone.
    origin: (origin, decide) => decide(null, origin === undefined ? false : origins),
    credentials: true,
    exposedHeaders: ["X-Correlation-Id", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Shards"],
  });
  return app;
}

/** What a log line says of a request: never its body, never a credential. */
function whoAsked(request: FastifyRequest): { correlationId: string; tenantId: string | null } {
  return { correlationId: request.id, tenantId: request.principal?.tenantId ?? null };
}

/**
 * Registers routes behind helmet's headers. Those that take events in are registered outside: their answers are read by
 * programs, and twelve headers that are built anew cost 25 µs a request.
 */
export async function withSecurityHeaders(
  app: Server,
  config: Pick<Config, "COOKIE_SECURE">,
  routes: (scope: Server) => Promise<void>,
): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(fastifyHelmet, {
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          imgSrc: ["'self'", "data:"],
          styleSrc: ["'self'"],
          scriptSrc: ["'self'"],
          connectSrc: ["'self'"],
          frameAncestors: ["'none'"],
          upgradeInsecureRequests: null,
        },
      },
      hsts: config.COOKIE_SECURE,
    });
    await routes(scope);
  });
}

/** Sends a problem document. Every 429 and 503 says when to come back. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: ProblemError): FastifyReply {
  if (error.status === 429 || error.status === 503) reply.header("Retry-After", String(DEFAULT_RETRY_AFTER_SECONDS));
  const { raw } = request;
  const { "content-length": length, "transfer-encoding": chunked } = raw.headers;
  const rest = raw.complete ? 0 : chunked !== undefined ? Number.POSITIVE_INFINITY : Number(length ?? 0);
  // What is left of a body would be read to its end for nothing. It is paused when we gave up reading it: too slow, too large.
  if (rest > SMALL_BODY_BYTES || (rest > 0 && raw.isPaused())) closeAfterAnswer(request, reply);
  else if (rest > 0) letRunOut(raw);
  if (error.code === "shutting-down") reply.header("Connection", "close");
  return reply
    .code(error.status)
    .headers(error.headers)
    .type("application/problem+json")
    .serializer(JSON.stringify)
    .send(problemDocument(error, request.url.split("?")[0] as string, request.id));
}

/** A small body that was refused unread has some time to arrive; its connection then serves the next request. */
function letRunOut(raw: IncomingMessage): void {
  const timer = setTimeout(() => raw.socket.destroy(), RUN_OUT_MS);
  timer.unref();
  raw.once("close", () => clearTimeout(timer));
}

const RUN_OUT_MS = 10_000;

/** How long the rest of a refused body is read and thrown away. */
const LINGER_MS = 2_000;

/**
 * Closes the connection behind the answer, yet not at once: to a close with unread bytes the kernel adds a reset, which takes
 * the answer from the client before it has read it (measured: 10 of 10 uploads over the limit saw ECONNRESET and no 413).
 */
function closeAfterAnswer(request: FastifyRequest, reply: FastifyReply): void {
  reply.header("Connection", "close");
  const { raw } = request;
  const { socket } = raw;
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    // Not a request more on this connection, whatever is pipelined behind the body.
    const close = (): void => void socket.destroy();
    if (raw.readableEnded) return close();
    raw.once("end", close);
    socket.once("close", () => clearTimeout(timer));
  };
  raw.resume();
}

const GARBAGE: Record<string, { status: number; code: ProblemCode; detail: string }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: "request-timeout", detail: "The headers came too slowly." },
  HPE_HEADER_OVERFLOW: { status: 431, code: "invalid-request", detail: "The headers have more than 16 KiB." },
};

/** Node's own switch, which its types do not name. */
type HalfOpenServer = Server["server"] & { httpAllowHalfOpen?: boolean };

/** The answer that is due next on a connection, as Node keeps it. */
type Answering = Socket & { _httpMessage?: ServerResponse | null };

/**
 * Answers what is no HTTP request. There is no request to answer by the usual way, only a socket. Requests before it are answered
 * first: a producer would take this 400 for the answer to an event that was accepted.
 */
function answerGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
  const due = (socket as Answering)._httpMessage;
  if (due?.req.complete && !socket.destroyed) return void due.once("close", () => answerGarbage(error, socket));
  // Answered already: what still comes is thrown away until the connection closes.
  if (socket.writableEnded) return;
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) return void socket.destroy();
  const known = GARBAGE[error.code ?? ""] ?? { status: 400, code: "invalid-request", detail: "This is no HTTP request." };
  const correlationId = randomUUID();
  const body = JSON.stringify({
    ...problemDocument(problem(known.code, known.detail), "", correlationId),
    instance: undefined,
    status: known.status,
  });
  const headers = [
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Correlation-Id: ${correlationId}`,
    "Connection: close",
  ];
  socket.end(`HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]}\r\n${headers.join("\r\n")}\r\n\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** Whatever was thrown, as a problem. */
function asProblem(error: FastifyError | ProblemError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = error.validation.map((issue) => ({
      pointer: `${error.validationContext === "body" ? "" : `/${error.validationContext}`}${issue.instancePath}`,
      detail: issue.message ?? "is not valid",
    }));
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
