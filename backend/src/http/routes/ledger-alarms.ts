import { acknowledgeSchema, alarmListSchema, alarmSchema, checkListSchema, checkSchema, exactText } from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Database } from "../../accounts/database.js";
import { type AlarmDocument, type Alarms, alarmView } from "../../ledger/alarms.js";
import { checkView, type Verifier } from "../../ledger/verify.js";
import { bounded } from "../../store/event-queries.js";
import { audited } from "../audited.js";
import { type Auth, actorOf, requireAllTenants } from "../auth.js";
import { problem } from "../problems.js";
import { limitParam } from "../reads.js";

export interface LedgerAlarmRoutesDeps {
  auth: Auth;
  alarms: Pick<Alarms, "list" | "acknowledge">;
  verifier: Pick<Verifier, "start" | "list">;
  db: Database;
}

const tags = ["operation"];
const params = z.object({ id: exactText(100) });

/** Alarms and checks of the ledger: `/v1/admin/ledger/alarms`, `/v1/admin/ledger/checks`, `/v1/admin/ledger/verify`. Of all tenants, so no key may. */
export function ledgerAlarmRoutes({ auth, db, alarms, verifier }: LedgerAlarmRoutesDeps): FastifyPluginAsyncZod {
  const may = (role: "viewer" | "operator") => [auth.authenticate, requireAllTenants, auth.requireRole(role)];
  const find = async (id: string): Promise<AlarmDocument | undefined> =>
    (await bounded(() => alarms.list())).find((alarm) => alarm._id === id);

  return async (app) => {
    app.get(
      "/v1/admin/ledger/alarms",
      {
        onRequest: may("viewer"),
        schema: { tags, summary: "Losses, each with its bound; kept for ever", response: { 200: alarmListSchema } },
      },
      async () => ({ items: (await bounded(() => alarms.list())).map(alarmView) }),
    );

    app.post(
      "/v1/admin/ledger/alarms/:id/acknowledge",
      {
        onRequest: may("operator"),
        schema: {
          tags,
          summary: "Say that a loss is known and what was done; the alarm stays in the list",
          params,
          body: acknowledgeSchema,
          response: { 200: alarmSchema },
        },
      },
      async (request) => {
        const { id } = request.params;
        const { note } = request.body;
        const before = await find(id);
        if (!before) throw problem("not-found", `There is no alarm ${id}.`);
        if (!before.acknowledged) {
          const actor = actorOf(request);
          const entry = {
            action: "ledger.acknowledge",
            targetId: id,
            tenantId: null,
            before: { acknowledged: false },
            after: { note },
          } as const;
          const acknowledge = async () => ({ acknowledged: await bounded(() => alarms.acknowledge(id, actor.name, note)) });
          await audited(db, actor, entry, acknowledge, () => ({ acknowledged: true }));
        }
        // Twice is once: the first note stands.
        return alarmView((await find(id)) as AlarmDocument);
      },
    );

    app.get(
      "/v1/admin/ledger/checks",
      {
        onRequest: may("viewer"),
        schema: {
          tags,
          summary: "Independent counts: documents against the ledger, per tenant and day",
          querystring: z.strictObject({ limit: limitParam(500, 50).describe("Most items") }),
          response: { 200: checkListSchema },
        },
      },
      async (request) => ({ items: (await bounded(() => verifier.list(request.query.limit))).map(checkView) }),
    );

    app.post(
      "/v1/admin/ledger/verify",
      {
        onRequest: may("operator"),
        schema: { tags, summary: "Count now; the answer is the count that is under way", response: { 202: checkSchema } },
      },
      async (request, reply) => {
        const check = checkView(await bounded(() => verifier.start(actorOf(request).name)));
        return reply.code(202).header("location", "/v1/admin/ledger/checks").send(check);
      },
    );
  };
}
