import { existsSync } from "node:fs";
import { join } from "node:path";
import { fastifyStatic } from "@fastify/static";
import { dashboardPaths } from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Server } from "./server.js";

/** First parts of the addresses of the dashboard's pages; `/events` is one too, and the older name of an API path. */
const PAGES: ReadonlySet<string> = new Set(dashboardPaths.filter((path) => path !== "/events").map((path) => path.slice(1)));

/** What only programs ask for: whatever is unknown there is a problem, never a page. */
const PROGRAMS = /^(v1|api|docs|problems)(\/|$)/;

const OLDER_EVENTS = /^\/events(\/|\?|$)/;

/**
 * The dashboard's files, when they are built: files by their names, and one page for every address of its pages, so that a link to
 * `/events/abc` works. To be called before routes are registered in the same scope: browsers that navigate to `/events` get the page,
 * programs the API's answer.
 * @param folder where Vite put them
 */
export async function serveDashboard(app: Server, folder: string): Promise<void> {
  if (!existsSync(join(folder, "index.html"))) return;
  await app.register(fastifyStatic, { root: folder, serve: false, preCompressed: true });

  app.addHook("onRequest", (request, reply, done) => {
    if (!OLDER_EVENTS.test(request.url)) return done();
    // One address, two answers: caches must tell them apart.
    reply.header("vary", [reply.getHeader("vary"), "Accept"].filter(Boolean).join(", "));
    if (isRead(request) && navigates(request)) sendPage(reply);
    else done();
  });

  app.get("/*", (request, reply) => {
    const path = (request.params as { "*": string })["*"];
    if (PROGRAMS.test(path)) return reply.callNotFound();
    if (PAGES.has(path.split("/", 1)[0] as string)) return sendPage(reply);
    // The name of what Vite makes holds a digest of its content, so it is never another.
    if (path.startsWith("assets/")) return reply.sendFile(path, { maxAge: "1y", immutable: true });
    if (/\.\w+$/.test(path)) return reply.sendFile(path, { maxAge: "1h" });
    return navigates(request) ? sendPage(reply.code(404)) : reply.callNotFound();
  });
}

/** Asked for anew each time: it names the files of this version, and an old one would name files that are gone. */
function sendPage(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", "no-cache").sendFile("index.html", { cacheControl: false });
}

const isRead = ({ method }: FastifyRequest) => method === "GET" || method === "HEAD";

/** A browser that goes to an address says that it wants a page; programs, fetch and curl do not. */
const navigates = ({ headers }: FastifyRequest) => headers.accept?.includes("text/html") ?? false;
