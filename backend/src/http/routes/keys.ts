import {
  createdKeySchema,
  createKeySchema,
  cursor,
  exactText,
  keyPageSchema,
  keyStateSchema,
  keyViewSchema,
  listedKeySchema,
  rotateKeySchema,
  searchText,
  tenantIdSchema,
} from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { KeyService } from "../../accounts/keys.js";
import { type Auth, actorOf, principalOf, resolveTenant } from "../auth.js";
import { problem } from "../problems.js";
import { limitParam } from "../reads.js";

const params = z.object({ id: exactText(64) });
const listQuery = z.strictObject({
  tenantId: tenantIdSchema.optional(),
  state: keyStateSchema.optional(),
  q: searchText(100, 0).optional().describe("Part of a name, or an id"),
  limit: limitParam(500, 100),
  cursor: cursor.optional(),
});
const noSuchKey = () => problem("not-found", "There is no such key.");

/** API keys: `/v1/admin/keys`. A key with the scope `admin` sees and makes keys of its own tenant only. */
export function keyRoutes({ auth, keyService }: { auth: Auth; keyService: KeyService }): FastifyPluginAsyncZod {
  const onRequest = [auth.authenticate, auth.requireRole("admin")];
  const tags = ["keys"];

  return async (app) => {
    app.post(
      "/v1/admin/keys",
      {
        onRequest,
        schema: { tags, summary: "Create a key; it is shown this once", body: createKeySchema, response: { 201: createdKeySchema } },
      },
      async (request, reply) => {
        const { expiresAt, ...key } = request.body;
        resolveTenant(request, key.tenantId);
        const until = expiresAt === undefined ? undefined : new Date(expiresAt);
        if (until && until.getTime() <= Date.now())
          throw problem("invalid-request", "expiresAt has passed.", {
            errors: [{ pointer: "/expiresAt", detail: "must be in the future" }],
          });
        const issued = await keyService.create(actorOf(request), { ...key, expiresAt: until });
        if (issued === "tenant-not-allowed") throw problem("tenant-not-allowed", `TENANT_ALLOWLIST does not name ${key.tenantId}.`);
        return reply
          .code(201)
          .header("location", `/v1/admin/keys/${issued.key.id}`)
          .send({ ...issued.key, key: issued.token });
      },
    );

    app.get(
      "/v1/admin/keys",
      {
        onRequest,
        schema: {
          tags,
          summary: "Keys, newest first",
          querystring: listQuery,
          response: { 200: keyPageSchema },
        },
      },
      async (request) => {
        const { tenantId, state, q, limit, cursor } = request.query;
        return keyService.list({ tenantId: resolveTenant(request, tenantId), state, q, limit, after: cursor });
      },
    );

    app.get(
      "/v1/admin/keys/:id",
      { onRequest, schema: { tags, summary: "One key", params, response: { 200: listedKeySchema } } },
      async (request) => {
        const key = await keyService.get(request.params.id, principalOf(request).tenantId);
        if (!key) throw noSuchKey();
        return key;
      },
    );

    app.delete(
      "/v1/admin/keys/:id",
      { onRequest, schema: { tags, summary: "Revoke a key, everywhere within 1 s", params, response: { 200: keyViewSchema } } },
      async (request) => {
        const key = await keyService.revoke(actorOf(request), request.params.id, principalOf(request).tenantId);
        if (!key) throw noSuchKey();
        return key;
      },
    );

    app.post(
      "/v1/admin/keys/:id/rotate",
      {
        onRequest,
        schema: {
          tags,
          summary: "Issue a successor; the old key works until the overlap ends",
          "x-conflict": "the key is revoked, expired or already replaced",
          params,
          body: rotateKeySchema,
          response: { 201: createdKeySchema },
        },
      },
      async (request, reply) => {
        const issued = await keyService.rotate(
          actorOf(request),
          request.params.id,
          principalOf(request).tenantId,
          request.body.overlapSeconds,
        );
        if (!issued) throw noSuchKey();
        if (issued === "not-active") throw problem("conflict", "This key is revoked, expired or already replaced; create a new one.");
        return reply
          .code(201)
          .header("location", `/v1/admin/keys/${issued.key.id}`)
          .send({ ...issued.key, key: issued.token });
      },
    );
  };
}
