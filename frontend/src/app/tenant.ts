import type { TenantName } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api, ok } from "../api/client.js";
import { allPages } from "../lib/endless.js";
import { keep, readKept } from "../lib/kept.js";

/** The tenant that the page is about, from the URL; undefined is all of them. */
export function useTenant(): string | undefined {
  return useSearch({ strict: false }).tenant;
}

/** Chooses the tenant, in the URL; the next visit to a page that needs one begins with it. */
export function useChooseTenant(): (tenant: string | undefined, how?: { replace: boolean }) => void {
  const navigate = useNavigate();
  return (tenant, how) => {
    if (tenant) keep("tenant", tenant);
    void navigate({ to: ".", search: (previous: object) => ({ ...previous, tenant }), replace: how?.replace ?? false });
  };
}

/** Tenants to choose from, by id. */
export function useTenants(): { tenants: readonly TenantName[]; known: boolean; error: unknown } {
  const { data, error } = useQuery({
    queryKey: ["tenants", "names"],
    queryFn: ({ signal }) => allPages((cursor) => ok(api.GET("/v1/me/tenants", { params: { query: { cursor, limit: 1_000 } }, signal }))),
    staleTime: 30_000,
  });
  return { tenants: data ?? none, known: data !== undefined, error };
}

const none: readonly TenantName[] = [];

/** The tenant of the last visit, if it is still one of them; the only one, where there is one. */
export function likelyTenant(tenants: readonly TenantName[]): string | undefined {
  const last = readKept("tenant");
  if (last && tenants.some(({ tenantId }) => tenantId === last)) return last;
  return tenants.length === 1 ? tenants[0]?.tenantId : undefined;
}
