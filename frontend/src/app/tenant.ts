import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api, ok } from "../api/client.js";
import { keep, readKept } from "../lib/kept.js";
import { useMay } from "./permissions.js";

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

export interface KnownTenant {
  tenantId: string;
  name?: string;
}

/** Tenants to choose from: all for those who may list them; for others those that sent something in the last day. */
export function useTenants(): { tenants: KnownTenant[]; known: boolean } {
  const may = useMay();
  const mayList = may("GET /v1/admin/tenants");
  const all = useQuery({ queryKey: ["tenants"], queryFn: () => ok(api.GET("/v1/admin/tenants")), enabled: mayList, staleTime: 30_000 });
  const active = useQuery({
    queryKey: ["tenants", "active"],
    queryFn: activeTenants,
    enabled: !mayList && may("GET /v1/admin/ledger"),
    staleTime: 60_000,
  });
  const tenants = mayList ? all.data?.items : active.data;
  return { tenants: tenants ?? [], known: tenants !== undefined };
}

const DAY_MS = 86_400_000;

async function activeTenants(): Promise<KnownTenant[]> {
  const from = new Date(Date.now() - DAY_MS).toISOString();
  const { items } = await ok(api.GET("/v1/admin/ledger", { params: { query: { from, limit: 5000 } } }));
  return [...new Set(items.map(({ tenantId }) => tenantId))].sort().map((tenantId) => ({ tenantId }));
}

/** The tenant of the last visit, if it is still one of them; the only one, where there is one. */
export function likelyTenant(tenants: readonly KnownTenant[]): string | undefined {
  const last = readKept("tenant");
  if (last && tenants.some(({ tenantId }) => tenantId === last)) return last;
  return tenants.length === 1 ? tenants[0]?.tenantId : undefined;
}
