import type { Retention, TenantLimits, TenantName, TenantView } from "@streamforge/shared";
import type { Config } from "../config.js";
import type { Tenant } from "../generated/prisma/client.js";
import { type Actor, audit } from "./audit.js";
import { isUniqueViolation, type PrismaClient } from "./database.js";
import { type KeyAnnouncer, tenantAllowed } from "./keys.js";

export interface TenantService {
  create(
    actor: Actor,
    tenant: { tenantId: string; name: string; limits: TenantLimits },
  ): Promise<TenantView | "exists" | "tenant-not-allowed">;
  /** One page, by id: of all of them, or the one the caller may see. */
  list(tenantId: string | null, page: PageOfTenants): Promise<{ items: TenantView[]; nextCursor: string | null }>;
  /** The same by their names alone, for those who choose one and may not see its limits. */
  names(page: PageOfTenants): Promise<{ items: TenantName[]; nextCursor: string | null }>;
  get(tenantId: string): Promise<TenantView | null>;
  /** Changes name, limits or retention; each that is given replaces the old one as a whole. Every process knows limits within a second. */
  update(actor: Actor, tenantId: string, change: TenantChange): Promise<TenantView | null>;
}

export interface TenantChange {
  name?: string | undefined;
  limits?: TenantLimits | undefined;
  retention?: Retention | undefined;
}

export interface PageOfTenants {
  limit: number;
  /** The last id of the page before. */
  after?: string | undefined;
}

export interface TenantServiceDeps {
  prisma: PrismaClient;
  announcer: KeyAnnouncer;
  config: Pick<Config, "TENANT_ALLOWLIST" | "RETENTION_DAYS" | "DEAD_LETTER_RETENTION_DAYS">;
}

export function createTenantService({ prisma, announcer, config }: TenantServiceDeps): TenantService {
  const tenantView = (row: Tenant): TenantView => {
    const retention = (row.retention ?? {}) as Retention;
    const { days = config.RETENTION_DAYS, deadLetterDays = config.DEAD_LETTER_RETENTION_DAYS } = retention;
    const { id: tenantId, name, createdAt } = row;
    return {
      tenantId,
      name,
      limits: row.limits as TenantLimits,
      retention,
      kept: { days, deadLetterDays },
      settings: { days: config.RETENTION_DAYS, deadLetterDays: config.DEAD_LETTER_RETENTION_DAYS },
      createdAt: createdAt.toISOString(),
    };
  };
  const pageOf = async <T>(only: string | null, { limit, after }: PageOfTenants, view: (tenant: Tenant) => T) => {
    const id = { ...(only === null ? {} : { equals: only }), ...(after === undefined ? {} : { gt: after }) };
    const rows = await prisma.tenant.findMany({ where: { id }, orderBy: { id: "asc" }, take: limit + 1 });
    const items = rows.slice(0, limit);
    return { items: items.map(view), nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  };

  return {
    async create(actor, { tenantId, name, limits }) {
      if (!tenantAllowed(config.TENANT_ALLOWLIST, tenantId)) return "tenant-not-allowed";
      try {
        return await prisma.$transaction(async (db) => {
          const view = tenantView(await db.tenant.create({ data: { id: tenantId, name, limits } }));
          await audit(db, actor, { action: "tenant.create", targetId: tenantId, tenantId, after: { ...view } });
          return view;
        });
      } catch (error) {
        if (isUniqueViolation(error)) return "exists";
        throw error;
      }
    },

    list: (tenantId, page) => pageOf(tenantId, page, tenantView),

    names: (page) => pageOf(null, page, ({ id, name }) => ({ tenantId: id, name })),

    async get(tenantId) {
      const row = await prisma.tenant.findUnique({ where: { id: tenantId } });
      return row && tenantView(row);
    },

    async update(actor, tenantId, change) {
      const changed = await prisma.$transaction(async (db) => {
        const before = await db.tenant.findUnique({ where: { id: tenantId } });
        if (!before) return null;
        const view = tenantView(await db.tenant.update({ where: { id: tenantId }, data: change }));
        await audit(db, actor, {
          action: "tenant.update",
          targetId: tenantId,
          tenantId,
          before: { ...tenantView(before) },
          after: { ...view },
        });
        // A cached key carries its tenant's limits, so the limits change by way of the keys: one mechanism, not two.
        await db.apiKey.updateMany({ where: { tenantId, revokedAt: null }, data: { version: { increment: 1 } } });
        const keys = await db.apiKey.findMany({ where: { tenantId, revokedAt: null }, select: { id: true } });
        return { view, keyIds: keys.map((key) => key.id) };
      });
      if (!changed) return null;
      await announcer.announce(changed.keyIds);
      return changed.view;
    },
  };
}
