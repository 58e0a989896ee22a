import type { KeyState, KeyView, ListedKey, Scope } from "@streamforge/shared";
import type { ApiKey, Prisma } from "../generated/prisma/client.js";
import { type Actor, audit } from "./audit.js";
import type { Database, PrismaClient } from "./database.js";
import { type KeyEnvironment, mintToken, secretHmac } from "./token.js";

/** Tells every process that keys changed; see `createInvalidation`. Declared here because the keys are what needs it. */
export interface KeyAnnouncer {
  /** Resolves when the change has replaced the copies in Redis and was published. Rejects with StorageUnavailableError. */
  announce(keyIds: string[]): Promise<void>;
}

export interface NewKey {
  tenantId: string;
  name: string;
  scopes: Scope[];
  environment: KeyEnvironment;
  expiresAt?: Date;
  defaultType?: string;
}

/** A key that was just made. `token` exists only here. */
export interface IssuedKey {
  token: string;
  key: KeyView;
}

export interface KeyFilter {
  /** Of one tenant, or of all (null). */
  tenantId: string | null;
  state?: KeyState;
  /** Part of a name, or an id. */
  q?: string;
  limit: number;
  /** Id of the last key of the page before. */
  after?: string;
}

export interface KeyService {
  /** Makes a key, and its tenant when that does not exist yet. */
  create(actor: Actor, key: NewKey): Promise<IssuedKey | "tenant-not-allowed">;
  /** Newest first. */
  list(filter: KeyFilter): Promise<{ items: ListedKey[]; nextCursor: string | null }>;
  /** @param tenantId what the caller may see; null is everything */
  get(id: string, tenantId: string | null): Promise<ListedKey | null>;
  /** Revokes for good. Repeating it announces again and changes nothing else. */
  revoke(actor: Actor, id: string, tenantId: string | null): Promise<KeyView | null>;
  /** Issues a successor; the old key works until the overlap ends. */
  rotate(actor: Actor, id: string, tenantId: string | null, overlapSeconds: number): Promise<IssuedKey | "not-active" | null>;
}

export interface KeyServiceDeps {
  prisma: PrismaClient;
  announcer: KeyAnnouncer;
  config: { KEY_PEPPER: string; TENANT_ALLOWLIST: readonly string[] };
}

export function createKeyService({ prisma, announcer, config }: KeyServiceDeps): KeyService {
  const visible = (id: string, tenantId: string | null) => (tenantId === null ? { id } : { id, tenantId });

  return {
    create(actor, key) {
      return prisma.$transaction(async (db) => {
        const tenant = await db.tenant.findUnique({ where: { id: key.tenantId } });
        if (!tenant && !tenantAllowed(config.TENANT_ALLOWLIST, key.tenantId)) return "tenant-not-allowed" as const;
        const { token, row } = await insertKey(db, config.KEY_PEPPER, actor, key);
        return { token, key: keyView(row) };
      });
    },

    async list({ tenantId, state, q, limit, after }) {
      const named: Prisma.ApiKeyWhereInput = q === undefined ? {} : { OR: [{ name: { contains: q, mode: "insensitive" } }, { id: q }] };
      const ofTenant = tenantId === null ? {} : { tenantId };
      // By its place, not as Prisma's cursor: a key that has left the filter since would make that skip one that has not.
      const last = after === undefined ? null : await prisma.apiKey.findFirst({ where: { id: after, ...ofTenant } });
      if (after !== undefined && !last) return { items: [], nextCursor: null };
      const rows = await prisma.apiKey.findMany({
        where: { AND: [ofTenant, named, state === undefined ? {} : inState(state, new Date()), last ? behind(last) : {}] },
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        include: withRotation,
        take: limit + 1,
      });
      const items = rows.slice(0, limit).map(listedKey);
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
    },

    async get(id, tenantId) {
      const row = await prisma.apiKey.findFirst({ where: visible(id, tenantId), include: withRotation });
      return row && listedKey(row);
    },

    async revoke(actor, id, tenantId) {
      const row = await prisma.$transaction(async (db) => {
        const before = await db.apiKey.findFirst({ where: visible(id, tenantId) });
        if (!before) return null;
        // The condition makes the second of two revocations at once a no-op: the first one's time stands.
        const { count } = await db.apiKey.updateMany({
          where: { id, revokedAt: null },
          data: { revokedAt: new Date(), version: { increment: 1 } },
        });
        const after = await db.apiKey.findUniqueOrThrow({ where: { id } });
        if (count > 0)
          await audit(db, actor, {
            action: "key.revoke",
            targetId: id,
            tenantId: after.tenantId,
            before: keyView(before),
            after: keyView(after),
          });
        return after;
      });
      if (!row) return null;
      // Committed first, then announced: anyone who loads the key after hearing of it finds the new row.
      await announcer.announce([id]);
      return keyView(row);
    },

    async rotate(actor, id, tenantId, overlapSeconds) {
      const issued = await prisma.$transaction(async (db) => {
        // The row lock puts two rotations of one key in order; the second then finds it replaced.
        await db.$queryRaw`SELECT id FROM api_keys WHERE id = ${id} FOR UPDATE`;
        const old = await db.apiKey.findFirst({ where: visible(id, tenantId) });
        if (!old) return null;
        const now = new Date();
        if (old.revokedAt || old.replacedById || (old.expiresAt && old.expiresAt <= now)) return "not-active" as const;
        const { token, row } = await insertKey(db, config.KEY_PEPPER, actor, successor(old));
        const overlapEnds = new Date(now.getTime() + overlapSeconds * 1000);
        const after = await db.apiKey.update({
          where: { id },
          data: {
            replacedById: row.id,
            version: { increment: 1 },
            expiresAt: old.expiresAt && old.expiresAt < overlapEnds ? old.expiresAt : overlapEnds,
          },
        });
        await audit(db, actor, {
          action: "key.rotate",
          targetId: id,
          tenantId: old.tenantId,
          before: keyView(old),
          after: { ...keyView(after), replacedBy: row.id },
        });
        return { token, key: keyView(row) };
      });
      // Not told is not failed here: a 503 would lose the new key for good, and what others cached of the old one ends
      // within a minute by itself.
      if (issued && issued !== "not-active") await announcer.announce([id]).catch(() => {});
      return issued;
    },
  };
}

/** Makes the row of a key (and of its tenant) inside a transaction, with its audit entries. */
export async function insertKey(db: Database, pepper: string, actor: Actor, key: NewKey): Promise<{ token: string; row: ApiKey }> {
  await makeTenant(db, actor, key.tenantId);
  const { token, id, secret } = mintToken(key.environment);
  const row = await db.apiKey.create({ data: { ...key, id, secretHmac: new Uint8Array(secretHmac(pepper, secret)) } });
  await audit(db, actor, { action: "key.create", targetId: id, tenantId: key.tenantId, after: keyView(row) });
  return { token, row };
}

/** Makes the row of a tenant, and its audit entry, unless it is there. */
export async function makeTenant(db: Database, actor: Actor, tenantId: string): Promise<void> {
  const { count } = await db.tenant.createMany({ data: [{ id: tenantId, name: tenantId }], skipDuplicates: true });
  if (count > 0)
    await audit(db, actor, { action: "tenant.create", targetId: tenantId, tenantId, after: { tenantId, name: tenantId, limits: {} } });
}

/** Whether a tenant that does not exist may be made; an empty list allows all. */
export function tenantAllowed(allowlist: readonly string[], tenantId: string): boolean {
  return allowlist.length === 0 || allowlist.includes(tenantId);
}

function successor(old: ApiKey): NewKey {
  return {
    tenantId: old.tenantId,
    name: old.name,
    scopes: old.scopes as Scope[],
    environment: old.environment,
    expiresAt: old.expiresAt ?? undefined,
    defaultType: old.defaultType ?? undefined,
  };
}

function keyView(row: ApiKey): KeyView {
  return {
    id: row.id,
    tenantId: row.tenantId,
    name: row.name,
    scopes: row.scopes as Scope[],
    environment: row.environment,
    defaultType: row.defaultType,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}

const withRotation = { replacedBy: { select: { createdAt: true, lastUsedAt: true } }, replaces: { select: { id: true } } } as const;

type KeyWithRotation = Prisma.ApiKeyGetPayload<{ include: typeof withRotation }>;

function listedKey(row: KeyWithRotation): ListedKey {
  const { replacedBy, lastUsedAt } = row;
  return {
    ...keyView(row),
    state: stateOf(row, new Date()),
    replacesId: row.replaces?.id ?? null,
    replacedById: row.replacedById,
    rotation: replacedBy && {
      rotatedAt: replacedBy.createdAt.toISOString(),
      overlapEndsAt: row.expiresAt?.toISOString() ?? null,
      successorLastUsedAt: replacedBy.lastUsedAt?.toISOString() ?? null,
      stillUsed: lastUsedAt !== null && lastUsedAt > replacedBy.createdAt,
    },
  };
}

function stateOf({ revokedAt, expiresAt, replacedById }: ApiKey, now: Date): KeyState {
  if (revokedAt) return "revoked";
  if (expiresAt && expiresAt <= now) return "expired";
  return replacedById ? "replaced" : "active";
}

/** The rows that come after this one in the list. */
const behind = ({ createdAt, id }: ApiKey): Prisma.ApiKeyWhereInput => ({
  OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }],
});

/** The rows for which `stateOf` says this. */
function inState(state: KeyState, now: Date): Prisma.ApiKeyWhereInput {
  if (state === "revoked") return { revokedAt: { not: null } };
  if (state === "expired") return { revokedAt: null, expiresAt: { lte: now } };
  const works: Prisma.ApiKeyWhereInput = { revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] };
  return { ...works, replacedById: state === "replaced" ? { not: null } : null };
}
