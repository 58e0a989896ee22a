import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notAllowed, problem } from "./problems.js";
import { sendProblem } from "./refusals.js";

/** Which methods each path of the API takes, and the answer to every other one. */
export interface Methods {
  /** In order; none when there is no such path. @param path without its query, as it was sent */
  allowedAt(path: string): string[];
  /** For what no route takes: 405 with `Allow` where the path exists, 204 to `OPTIONS`, else 404. */
  answer(request: FastifyRequest, reply: FastifyReply): FastifyReply;
}

/** Listens for routes; to be called before the first one is registered. It is asked only when no route was found. */
export function watchMethods(app: FastifyInstance): Methods {
  const routes = new Map<string, { matches: RegExp; methods: Set<string> }>();
  app.addHook("onRoute", ({ url, method }) => {
    // The dashboard's files, and preflights: any path at all.
    if (url === "*" || url === "/*") return;
    const route = routes.get(url) ?? { matches: patternOf(url), methods: new Set() };
    for (const one of [method].flat()) route.methods.add(one);
    routes.set(url, route);
  });

  const allowedAt = (path: string): string[] => {
    const found = [...routes.values()].filter(({ matches }) => matches.test(path)).flatMap(({ methods }) => [...methods]);
    return found.length === 0 ? [] : [...new Set([...found, "OPTIONS"])].sort();
  };
  return {
    allowedAt,
    answer(request, reply) {
      const path = request.url.split("?", 1)[0] as string;
      const allowed = allowedAt(path);
      const allow = allowed.join(", ");
      if (request.method === "OPTIONS" && allowed.length > 0) return reply.code(204).header("Allow", allow).send();
      if (allowed.length === 0) return sendProblem(request, reply, problem("not-found", `There is no ${request.method} ${path}.`));
      return sendProblem(request, reply, notAllowed(request.method, path, allowed));
    },
  };
}

/** `/v1/admin/keys/:id` as what a path must look like. */
function patternOf(url: string): RegExp {
  const steps = url.split("/").map((step) => {
    if (step.startsWith(":")) return "[^/]+";
    return step === "*" ? ".*" : step.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${steps.join("/")}/?$`);
}
