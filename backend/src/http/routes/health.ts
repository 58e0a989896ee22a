import { type Health, healthSchema, type ProblemCode } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Registry } from "prom-client";
import { z } from "zod";
import type { DependencyChecks } from "../../stats/dependencies.js";
import { expose, type Family } from "../../telemetry/exposition.js";

export interface Build {
  version: string;
  /** Of the source it was built from; null when that is not known. */
  commit: string | null;
  node: string;
}

export interface HealthRoutesDeps {
  checks: Pick<DependencyChecks, "check">;
  /** Why no event can be accepted now; undefined when it can. */
  refusal: () => ProblemCode | undefined;
  registry: Registry;
  /** What the workers count. */
  workersMetrics: () => Promise<Family[]>;
  startedAtMs: number;
  build: Build;
}

const readySchema = z.object({ status: z.enum(["ready", "not-ready"]), reason: z.string().optional() });
const liveSchema = z.object({ status: z.literal("live"), uptimeSeconds: z.number() });
const buildSchema = z.object({ version: z.string(), commit: z.string().nullable(), node: z.string() });

/** Health, readiness, build and metrics. They need no credential and tell no secret. */
export function healthRoutes({ checks, refusal, registry, workersMetrics, startedAtMs, build }: HealthRoutesDeps): FastifyPluginAsyncZod {
  const tags = ["health"];
  const uptimeSeconds = (): number => Math.round((Date.now() - startedAtMs) / 1000);

  return async (app) => {
    app.addHook("onRequest", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    const health = {
      tags,
      summary: "Each dependency and its latency; 503 when Redis is away",
      response: { 200: healthSchema, 503: healthSchema },
    };
    for (const path of ["/health", "/api/health"]) {
      app.get(path, { schema: health }, async (_request, reply) => {
        const dependencies = await checks.check();
        const status = statusOf(dependencies);
        return reply
          .code(status === "down" ? 503 : 200)
          .headers(status === "down" ? { "retry-after": "1" } : {})
          .send({ status, uptimeSeconds: uptimeSeconds(), version: build.version, dependencies });
      });
    }

    const ready = { tags, summary: "200 only when events can be accepted", response: { 200: readySchema, 503: readySchema } };
    for (const path of ["/ready", "/readyz", "/api/ready"]) {
      app.get(path, { schema: ready }, async (_request, reply) => {
        const reason = refusal();
        if (reason === undefined) return { status: "ready" as const };
        return reply
          .code(503)
          .header("retry-after", "1")
          .send({ status: "not-ready" as const, reason });
      });
    }

    const live = { tags, summary: "The process answers", response: { 200: liveSchema } };
    for (const path of ["/live", "/healthz", "/api/live"]) {
      app.get(path, { schema: live }, async () => ({ status: "live" as const, uptimeSeconds: uptimeSeconds() }));
    }

    app.get("/build", { schema: { tags, summary: "What runs here", response: { 200: buildSchema } } }, async () => build);

    const metrics = {
      tags,
      summary: "Metrics for Prometheus",
      response: {
        200: {
          description: "Text format, or OpenMetrics with exemplars when it is asked for (Accept)",
          content: { "text/plain": { schema: z.string() }, "application/openmetrics-text": { schema: z.string() } },
        },
      },
    };
    app.get("/metrics", { schema: metrics }, async (request, reply) => {
      const [own, workers] = await Promise.all([registry.getMetricsAsJSON(), workersMetrics()]);
      const { contentType, text } = await expose([...(own as Family[]), ...workers], request.headers.accept);
      return reply.type(contentType).header("vary", "accept").send(text);
    });
  };
}

/** Without Redis nothing can be accepted. Without MongoDB events wait, without Postgres nobody signs in: degraded. */
function statusOf({ redis, mongodb, postgres }: Health["dependencies"]): Health["status"] {
  if (redis.status === "down") return "down";
  return mongodb.status === "down" || postgres.status === "down" ? "degraded" : "ok";
}
