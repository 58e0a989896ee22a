import { anyText, type ProblemCode, problems } from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { problem } from "../problems.js";

/** What each problem means for whoever met it, and what to do. */
const EXPLANATIONS: Record<ProblemCode, string> = {
  "invalid-json":
    "The body is no JSON. The detail says in which line, column and byte, what stands there, and what to do. Nothing was taken.",
  "invalid-xml":
    "The body is no XML that can be taken. The detail says in which line and column, and what stands there. A DOCTYPE, entities beyond XML's own five and processing instructions are refused.",
  "invalid-event":
    "It can be read, but not an event that can be taken: errors lists each field with what is wrong there. Sending it again unchanged will not help.",
  "invalid-request":
    "A parameter, header or member of the body is wrong or not known; errors says which, what was found, and which name was probably meant.",
  "tenant-required": "Operators see all tenants; this call needs one. Name it with X-Tenant-Id or tenantId.",
  unauthenticated: "No credential was sent, or it is malformed, unknown, expired or revoked: the answer is the same for all of them.",
  forbidden: "The credential is valid, but its scopes or role do not allow this.",
  "tenant-mismatch": "An API key belongs to one tenant; the request names another.",
  "tenant-not-allowed": "This installation limits which tenants may exist (TENANT_ALLOWLIST).",
  "not-found": "There is nothing under this path.",
  "event-not-found":
    "No event of your tenant was found under this eventId or id: it was never accepted, or belongs to another tenant. When the queue is long, one that waits to be stored may not be found by its id or by an eventId that was generated; the detail says so then.",
  "event-expired":
    "No event of your tenant was found under this name, and retention has removed events of its hour: if it was stored, it was kept for as long as the tenant keeps events. Sent again, it is a new event.",
  "dead-letter-not-found": "No dead letter of your tenant has this id.",
  "method-not-allowed": "The path exists, but not with this method. Allow names those that it takes.",
  "request-timeout":
    "The body came too slowly and was given up. Send it again; what an upload had brought in before is told by its summary.",
  duplicate:
    "An event with the same identity and the same body was accepted before; that one counts. Treat this as success, or send Prefer: handling=lenient to get 200.",
  conflict: "What you want to create exists already, or is in a state that does not allow this.",
  "event-too-large": "The event is larger than MAX_EVENT_BYTES. Sending it again unchanged will not help.",
  "batch-too-large": "The body has more bytes or events than one request may have. Send it in parts, or to /v1/ingest/stream.",
  "unsupported-media-type": "The content type or the content encoding is not taken. Accept, or Accept-Encoding, names those that are.",
  "identity-conflict":
    "Another event with this eventId, but another body, was accepted before. Nothing was overwritten. If this is a new event it needs an eventId of its own.",
  "user-blocked":
    "An administrator erased the user of this event and blocked further events of that user. Sending it again will not help; an administrator can lift the block.",
  "rate-limited": "Too many requests or events in a short time. Wait as long as Retry-After says.",
  internal: "Something went wrong on our side; it was logged under the correlationId. Send the request again with the same eventIds.",
  "backlog-full":
    "Events come in faster than they are stored, and the buffer's limit is reached. Nothing was taken; send again after Retry-After.",
  "storage-unavailable": "A store that is needed for this does not answer. Nothing was taken; send again after Retry-After.",
  "outcome-unknown":
    "The connection to the buffer broke at the wrong moment: the event may have been taken or not. Send it again with the same eventId; it is stored once either way.",
  "shutting-down": "This server is about to end. Send again; another one, or this one when it is back, takes it.",
};

const explanationSchema = z.object({ code: z.string(), status: z.number(), title: z.string(), explanation: z.string() });
const responses = {
  200: {
    description: "A page, or JSON when that is asked for",
    content: { "application/json": { schema: explanationSchema }, "text/html": { schema: z.string() } },
  },
};

/** `/problems/{code}`, where the `type` of every problem points, and `/problems` with all of them. */
export function problemRoutes(): FastifyPluginAsyncZod {
  const tags = ["documentation"];
  return async (app) => {
    app.get("/problems", { schema: { tags, summary: "All problem types" } }, (request, reply) => {
      const all = Object.keys(problems).map((code) => explain(code as ProblemCode));
      return answer(
        request,
        reply,
        { items: all },
        page(
          "Problems",
          all.map(({ code, status, title }) => `<li><a href="/problems/${code}">${code}</a> (${status}): ${title}</li>`).join(""),
        ),
      );
    });

    app.get(
      "/problems/:code",
      { schema: { tags, summary: "What a problem means and what to do", params: z.object({ code: anyText }), response: responses } },
      (request, reply) => {
        const { code } = request.params;
        if (!Object.hasOwn(problems, code)) throw problem("not-found", "There is no problem of this name.");
        const told = explain(code as ProblemCode);
        const html = page(
          told.title,
          `<p><code>${told.code}</code>, status ${told.status}</p><p>${told.explanation}</p><p><a href="/problems">All problems</a></p>`,
        );
        return answer(request, reply, told, html) as never;
      },
    );
  };
}

function explain(code: ProblemCode) {
  return { code, ...problems[code], explanation: EXPLANATIONS[code] };
}

function answer(request: FastifyRequest, reply: FastifyReply, json: object, html: string): FastifyReply {
  if (String(request.headers.accept).includes("text/html")) return reply.type("text/html; charset=utf-8").send(html);
  return reply.type("application/json; charset=utf-8").send(JSON.stringify(json));
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · StreamForge</title></head><body><main><h1>${title}</h1>${body}</main></body></html>`;
}
