import { fastifyCors } from "@fastify/cors";
import { fastifyHelmet } from "@fastify/helmet";
import type { ProblemCode } from "@streamforge/shared";
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify, LogController } from "fastify";
import { serializerCompiler } from "fastify-type-provider-zod";
import type { Config } from "../config.js";
import { reportFault } from "../lib/faults.js";
import type { Logger } from "../telemetry/log.js";
import type { BodyReader } from "./body.js";
import { allowHalfOpen, answerGarbage, boundConnections, refuseExpectation } from "./connections.js";
import { correlationIdOf } from "./correlation.js";
import { corsOptions } from "./cors.js";
import { readJsonBodies } from "./json-bodies.js";
import { watchMethods } from "./methods.js";
import { isSecure } from "./origins.js";
import { problem } from "./problems.js";
import { asProblem, sendProblem } from "./refusals.js";
import { nowKnown, strangersInTurns } from "./strangers.js";
import { leaveUnread } from "./unread.js";
import { refuseWhatIsUnknown, validatorCompiler } from "./validation.js";

export type Server = FastifyInstance;

export interface ServerOptions {
  config: Config;
  log: Logger;
  /** Told of each refusal by its code. */
  onProblem: (code: ProblemCode) => void;
  bodies: Pick<BodyReader, "read">;
}

/** Paths that hold data; the rest is the dashboard's files and the documentation. */
const DATA = /^\/(v1|events)(\/|\?|$)/;

/** A stream that is slowed to its tenant's rate may take hours; slow clients are shed by the one who reads their body. */
const REQUEST_TIMEOUT_MS = 24 * 3_600_000;

/** The server without routes: correlation ids, problems, security headers, CORS, cookies. */
export async function createServer({ config, log, onProblem, bodies }: ServerOptions): Promise<Server> {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => correlationIdOf(request.headers),
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    // Node looks for late headers only every 30 s by default.
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 2_000 },
    clientErrorHandler: (error, socket) => answerGarbage(error, socket, (path) => methods.allowedAt(path)),
    // A URL that cannot be decoded comes here, past all hooks.
    frameworkErrors: (error, request, reply) => {
      leaveUnread(request, reply);
      sendProblem(request, reply.header("X-Correlation-Id", request.id), asProblem(error));
    },
    trustProxy: config.TRUST_PROXY.length > 0 && [...config.TRUST_PROXY],
    forceCloseConnections: "idle",
    return503OnClosing: false,
    routerOptions: { maxParamLength: 3_000, ignoreTrailingSlash: true },
    // Named here and not set later, so that Fastify does not load its own: 1.3 MB for schemas that are all zod's.
    schemaController: {
      compilersFactory: { buildValidator: () => validatorCompiler as never, buildSerializer: () => serializerCompiler as never },
    },
  }) as unknown as Server;

  app.addHook("onRequest", (request, reply, done) => {
    reply.header("X-Correlation-Id", request.id);
    reply.header("X-Content-Type-Options", "nosniff");
    done(hasTwoHosts(request.raw.rawHeaders) ? problem("invalid-request", "There are two Host headers; send one.") : undefined);
  });
  app.addHook("onSend", (request, reply, _payload, done) => {
    if (request.principal) nowKnown(request.raw.socket);
    leaveUnread(request, reply);
    done();
  });
  readJsonBodies(app, bodies);
  refuseWhatIsUnknown(app);
  const methods = watchMethods(app);
  allowHalfOpen(app.server);
  boundConnections(app.server, config.MAX_CONNECTIONS);
  strangersInTurns(app.server);
  // Who asks before sending hears "continue" only when the credential is good; Node would say it at once.
  app.server.on("checkContinue", (request, response) => app.server.emit("request", request, response));
  app.server.on("checkExpectation", refuseExpectation);
  app.addHook("preParsing", (request, reply, payload, done) => {
    if (request.headers.expect !== undefined && !request.is404) reply.raw.writeContinue();
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
    if (known.code === "internal") {
      log.error({ err: error, ...whoAsked(request) }, "unexpected error");
      reportFault("request", error);
    }
    onProblem(known.code);
    return sendProblem(request, reply, known);
  });
  app.setNotFoundHandler(methods.answer);

  await app.register(fastifyCors, corsOptions(config.CORS_ORIGINS));
  return app;
}

/** Node takes the first and drops the rest; a proxy in front may have gone by the last, and decided something else by it. */
function hasTwoHosts(names: readonly string[]): boolean {
  let found = 0;
  for (let i = 0; i < names.length; i += 2) if (names[i]?.length === 4 && names[i]?.toLowerCase() === "host") found++;
  return found > 1;
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
      hsts: false,
    });
    scope.addHook("onRequest", (request, reply, done) => {
      if (isSecure(request, config)) reply.header("Strict-Transport-Security", "max-age=31536000");
      // What people may see stays in no cache, not even the browser's own: somebody else may sit there next.
      if (DATA.test(request.url)) reply.header("Cache-Control", "no-store");
      done();
    });
    await routes(scope);
  });
}
