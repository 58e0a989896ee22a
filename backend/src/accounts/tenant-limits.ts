import type { TenantLimits } from "@streamforge/shared";
import type { Config } from "../config.js";
import { every } from "../lib/every.js";
import { unlessOutage } from "../lib/faults.js";
import type { Actor } from "./audit.js";
import { createPrisma } from "./database.js";
import { makeTenant } from "./keys.js";

export interface KnownTenants {
  /** The tenant's limits as last read; none while Postgres has never answered: the defaults count then. The same object each time. */
  sender(tenantId: string): { tenantId: string; limits: TenantLimits };
  close(): Promise<void>;
}

const READ_EVERY_MS = 1_000;

/**
 * The limits of a few tenants, read anew each second: a source has no key whose record would carry them. Tenants that do not exist yet are
 * made, as a key for one makes it. While Postgres is away, what was read last counts.
 */
export function watchTenants(config: Pick<Config, "DATABASE_URL">, tenantIds: readonly string[], actor: Actor): KnownTenants {
  const prisma = createPrisma(config.DATABASE_URL);
  const known = new Map(tenantIds.map((tenantId) => [tenantId, { tenantId, limits: {} as TenantLimits }]));
  const read = async (): Promise<void> => {
    const rows = await prisma.tenant.findMany({ where: { id: { in: [...known.keys()] } }, select: { id: true, limits: true } });
    for (const { id, limits } of rows) (known.get(id) as { limits: TenantLimits }).limits = limits as TenantLimits;
    const found = new Set(rows.map(({ id }) => id));
    for (const tenantId of known.keys()) if (!found.has(tenantId)) await prisma.$transaction((db) => makeTenant(db, actor, tenantId));
  };
  const reads = every(READ_EVERY_MS, read, { now: true, onError: unlessOutage("accounts") });
  return {
    sender: (tenantId) => known.get(tenantId) ?? { tenantId, limits: {} },
    async close() {
      await reads.close();
      await prisma.$disconnect();
    },
  };
}
