import { STATUS_CODES } from "node:http";
import type { FastifyDynamicSwaggerOptions } from "@fastify/swagger";
import { problems } from "@streamforge/shared";
import { jsonSchemaTransform } from "fastify-type-provider-zod";
import type { OperationDetails } from "./openapi-sending.js";
import { problemAnswer, responseNamed, sendingComponents } from "./openapi-sending-parts.js";

declare module "fastify" {
  interface FastifySchema {
    /**
     * For a route that reads its body itself: what the document says of it, in OpenAPI's words. `querystring` stays with Fastify.
     * @fastify/swagger hands on what begins with `x-`.
     */
    "x-operation"?: OperationDetails;
    /** What a 409 of this route says. */
    "x-conflict"?: string;
  }
}

type Document = {
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, object> };
};

/** An answer, as far as this file looks into it. */
interface Answer {
  description?: string;
  content?: object;
}

interface Operation extends Partial<Omit<OperationDetails, "responses">> {
  tags?: string[];
  operationId?: string;
  security?: object[];
  responses?: Record<string, Answer>;
  "x-operation"?: OperationDetails;
  "x-conflict"?: string;
}

const PROBLEM = {
  type: "object",
  description: "RFC 9457. The table of codes is at /problems.",
  required: ["type", "title", "status", "code"],
  properties: {
    type: { type: "string", description: "/problems/{code}" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    instance: { type: "string" },
    code: { type: "string", enum: Object.keys(problems) },
    correlationId: { type: "string" },
    errors: {
      type: "array",
      items: { type: "object", required: ["pointer", "detail"], properties: { pointer: { type: "string" }, detail: { type: "string" } } },
    },
  },
  additionalProperties: true,
};

const TAGS = {
  events: "Sending and reading events. Producers use an API key with events:write, readers one with events:read.",
  "dead letters": "Events that could not be stored, with the reason and every attempt.",
  operation: "What is happening now, and the ledger that proves that nothing is missing.",
  keys: "API keys.",
  tenants: "Tenants and their limits.",
  session: "Signing in to the dashboard.",
  me: "Who asks, what they may do, their password, sessions and settings.",
  users: "People who operate StreamForge, and their roles.",
  health: "For load balancers, orchestrators and Prometheus. No credentials.",
  documentation: "This document, and what each problem means.",
};

/** Anyone who may call without a credential; everything else takes any of the credentials of the document. */
const OPEN_TAGS = new Set(["health", "documentation", "session"]);

/** Settings of @fastify/swagger: an OpenAPI 3.1 document out of the routes' zod schemas. */
export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "StreamForge",
        version,
        description:
          "An event gateway that producers can hand their only copy to. A 202 means: the event is on disk, and will be stored exactly once or become a dead letter that someone can see.",
      },
      servers: [{ url: "/" }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          apiKey: { type: "http", scheme: "bearer", description: "API key: sf_live_… or sf_test_…" },
          apiKeyHeader: { type: "apiKey", in: "header", name: "X-Api-Key" },
          adminToken: { type: "apiKey", in: "header", name: "X-Admin-Token" },
          session: { type: "apiKey", in: "cookie", name: "sf_session" },
        },
      },
      security: [{ apiKey: [] }, { apiKeyHeader: [] }, { adminToken: [] }, { session: [] }],
    },
    // The dashboard's files are no part of the API.
    hideUntagged: true,
    transform: jsonSchemaTransform,
    transformObject: (document) => completed(("openapiObject" in document ? document.openapiObject : {}) as Document) as never,
  };
}

/** What any route may answer that asks for a credential, or gives one. */
const REFUSALS = {
  401: responseNamed("Unauthenticated"),
  403: responseNamed("Forbidden"),
  429: responseNamed("RateLimited"),
  503: responseNamed("Unavailable"),
};

/** Adds what every operation shares, so that no route has to repeat it: the problem answers, an id, and who needs no credential. */
function completed(document: Document): Document {
  const paths = Object.fromEntries(
    Object.entries(document.paths ?? {}).map(([path, operations]) => [
      path,
      Object.fromEntries(Object.entries(operations).map(([method, operation]) => [method, completedOperation(method, path, operation)])),
    ]),
  );
  const { schemas, ...parts } = sendingComponents();
  const all = { ...document.components?.schemas, ...schemas, Problem: PROBLEM };
  return { ...document, paths, components: { ...document.components, ...parts, schemas: all } };
}

function completedOperation(method: string, path: string, described: Operation): Operation {
  const { "x-operation": details, "x-conflict": conflict, ...operation } = described;
  const isOpen = operation.tags?.some((tag) => OPEN_TAGS.has(tag));
  const refuses = !isOpen || operation.tags?.includes("session");
  const takes = !isOpen || operation.parameters !== undefined || operation.requestBody !== undefined;
  const responses = details?.responses ?? {
    ...(takes ? { 400: responseNamed("Invalid") } : {}),
    ...(path.includes("{") ? { 404: responseNamed("NotFound") } : {}),
    ...operation.responses,
    ...(refuses ? REFUSALS : {}),
    ...(conflict === undefined ? {} : { 409: problemAnswer(`\`conflict\`: ${conflict}`) }),
  };
  return {
    operationId: operationId(method, path),
    ...operation,
    ...details,
    ...(isOpen ? { security: [] } : {}),
    ...(details ? { parameters: [...(operation.parameters ?? []), ...details.parameters] } : {}),
    responses: {
      ...Object.fromEntries(Object.entries(responses).map(([status, response]) => [status, withDescription(status, response)])),
      default: {
        description: "A problem",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

/** @fastify/swagger calls every answer "Default Response" that does not describe itself. */
function withDescription(status: string, response: Answer): Answer {
  return response.description === "Default Response" ? { ...response, description: STATUS_CODES[status] ?? "" } : response;
}

/** `get /v1/events/{eventId}` → `getV1EventsByEventId`. */
function operationId(method: string, path: string): string {
  const words = path
    .replaceAll(/\{(\w+)\}/g, "by-$1")
    .split(/[^\w]+/)
    .filter(Boolean);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
