import {
  createTenantSchema,
  cursor,
  tenantIdSchema,
  tenantListSchema,
  tenantNamesSchema,
  tenantViewSchema,
  updateTenantSchema,
} from "@streamforge/shared";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { TenantService } from "../../accounts/tenants.js";
import { type Auth, actorOf, principalOf, requireAllTenants, requirePerson, resolveTenant } from "../auth.js";
import { problem } from "../problems.js";
import { limitParam } from "../reads.js";

const params = z.object({ tenantId: tenantIdSchema });
const querystring = z.strictObject({ limit: limitParam(1_000, 500), cursor: cursor.optional() });
const pageOf = ({ limit, cursor: after }: z.output<typeof querystring>) => ({ limit, after });
const noSuchTenant = () => problem("not-found", "There is no such tenant.");

/**
 * Tenants and their limits: `/v1/admin/tenants`. A key with the scope `admin` reads its own; limits are the operators' to set.
 * Their names alone, `/v1/me/tenants`, are for every person, since whoever may look at events chooses whose.
 */
export function tenantRoutes({ auth, tenantService }: { auth: Auth; tenantService: TenantService }): FastifyPluginAsyncZod {
  const onRequest = [auth.authenticate, auth.requireRole("admin")];
  const operatorsOnly = [...onRequest, requireAllTenants];
  const tags = ["tenants"];

  return async (app) => {
    app.post(
      "/v1/admin/tenants",
      {
        onRequest: operatorsOnly,
        schema: {
          tags,
          summary: "Create a tenant",
          "x-conflict": "the tenant exists",
          body: createTenantSchema,
          response: { 201: tenantViewSchema },
        },
      },
      async (request, reply) => {
        const created = await tenantService.create(actorOf(request), request.body);
        if (created === "exists") throw problem("conflict", `The tenant ${request.body.tenantId} exists already.`);
        if (created === "tenant-not-allowed")
          throw problem("tenant-not-allowed", `TENANT_ALLOWLIST does not name ${request.body.tenantId}.`);
        return reply.code(201).header("location", `/v1/admin/tenants/${created.tenantId}`).send(created);
      },
    );

    app.get(
      "/v1/admin/tenants",
      { onRequest, schema: { tags, summary: "Tenants by id", querystring, response: { 200: tenantListSchema } } },
      async (request) => tenantService.list(resolveTenant(request), pageOf(request.query)),
    );

    app.get(
      "/v1/me/tenants",
      {
        onRequest: [auth.authenticate, requirePerson("Choices of a tenant")],
        schema: { tags: ["me"], summary: "Tenants to choose from: ids and names", querystring, response: { 200: tenantNamesSchema } },
      },
      async (request) => tenantService.names(pageOf(request.query)),
    );

    app.get(
      "/v1/admin/tenants/:tenantId",
      { onRequest, schema: { tags, summary: "One tenant", params, response: { 200: tenantViewSchema } } },
      async (request) => {
        const own = principalOf(request).tenantId;
        const tenant = own === null || own === request.params.tenantId ? await tenantService.get(request.params.tenantId) : null;
        if (!tenant) throw noSuchTenant();
        return tenant;
      },
    );

    app.patch(
      "/v1/admin/tenants/:tenantId",
      {
        onRequest: operatorsOnly,
        schema: {
          tags,
          summary: "Change name, limits or retention",
          params,
          body: updateTenantSchema,
          response: { 200: tenantViewSchema },
        },
      },
      async (request) => {
        const tenant = await tenantService.update(actorOf(request), request.params.tenantId, request.body);
        if (!tenant) throw noSuchTenant();
        return tenant;
      },
    );
  };
}
