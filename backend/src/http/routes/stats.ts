import { PassThrough } from "node:stream";
import { historySchema, statsSchema, wholeInQuery } from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { HistoryKeeper } from "../../stats/history.js";
import type { Sampler } from "../../stats/sampler.js";
import { type Auth, callerOf, requireAllTenants } from "../auth.js";
import { ProblemError } from "../problems.js";
import { rateLimited } from "../too-many.js";

export interface StatsRoutesDeps {
  auth: Auth;
  sampler: Pick<Sampler, "current" | "subscribe">;
  history: Pick<HistoryKeeper, "series">;
}

/** A client that has so much waiting for it does not read: its messages would pile up in our memory. */
const MOST_WAITING_BYTES = 256 * 1024;
const MOST_VIEWS = 200;
/** Of one person, in all sessions and windows. */
const MOST_VIEWS_OF_ONE = 20;
const RETRY_LIVE_SECONDS = 10;
const MOST_MINUTES = 7 * 24 * 60;

/** What is happening now, for people: `/v1/stats`, `/v1/stats/live`, `/v1/stats/history`. It shows all tenants, so no key may. */
export function statsRoutes(deps: StatsRoutesDeps): FastifyPluginAsyncZod {
  const { auth, sampler, history } = deps;
  const onRequest = [auth.authenticate, requireAllTenants, auth.requireRole("viewer")];
  const tags = ["operation"];

  return async (app) => {
    /** Open views, and whose they are. */
    const views = new Map<PassThrough, string>();
    app.addHook("preClose", async () => {
      for (const view of views.keys()) view.end();
    });
    const admit = (viewer: string): void => {
      const own = [...views.values()].filter((one) => one === viewer).length;
      const [open, most, whose] =
        own < MOST_VIEWS_OF_ONE ? [views.size, MOST_VIEWS, "on this server"] : [own, MOST_VIEWS_OF_ONE, "of yours"];
      if (open < most) return;
      const policy = { name: "live-views", quota: most, windowSeconds: 1 };
      throw rateLimited(`${most} live views ${whose} are open already; close one.`, policy, RETRY_LIVE_SECONDS);
    };

    app.get("/v1/stats", { onRequest, schema: { tags, summary: "What is happening now", response: { 200: statsSchema } } }, async () => {
      return sampler.current();
    });

    app.get(
      "/v1/stats/live",
      {
        onRequest,
        // A HEAD would be sent every message, and never end.
        exposeHeadRoute: false,
        schema: {
          tags,
          summary: "The same, once a second (server-sent events)",
          response: { 200: { description: "One message a second", content: { "text/event-stream": { schema: z.string() } } } },
        },
      },
      (request, reply) => {
        admit(callerOf(request));
        return (reply as FastifyReply)
          .headers({ "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" })
          .send(live(deps, views, request, reply)) as never;
      },
    );

    app.get(
      "/v1/stats/history",
      {
        onRequest,
        schema: {
          tags,
          summary: "The last minutes, up to a week, as a series of at most 1,500 points",
          querystring: z.strictObject({
            minutes: wholeInQuery(1, MOST_MINUTES)
              .default(10)
              .describe("Per second up to 10, per 10 seconds up to 60, per minute up to a day, then per 2, 5 or 10 minutes"),
          }),
          response: { 200: historySchema },
        },
      },
      async (request) => {
        return history.series(request.query.minutes);
      },
    );
  };
}

/** One client's stream: a message at once, then one a second until it goes, is too slow, or may no longer see it. */
function live(
  { auth, sampler }: StatsRoutesDeps,
  views: Map<PassThrough, string>,
  request: FastifyRequest,
  reply: FastifyReply,
): PassThrough {
  const client = new PassThrough();
  let messages = 0;
  client.write(`retry: 1000\n\ndata: ${JSON.stringify(sampler.current())}\n\n`);
  const leave = sampler.subscribe((_stats, json) => {
    if (client.writableLength + client.readableLength > MOST_WAITING_BYTES) {
      client.destroy();
      return;
    }
    // The comment keeps proxies from closing a connection that they take for idle; the data is one line.
    client.write(`: ${++messages}\ndata: ${json}\n\n`);
    // A session that has ended meanwhile does not keep its window; one that Redis cannot speak for just now does.
    auth.authenticate(request, reply, (error) => error instanceof ProblemError && error.status === 401 && client.end());
  });
  views.set(client, callerOf(request));
  client.once("close", () => {
    leave();
    views.delete(client);
  });
  return client;
}
