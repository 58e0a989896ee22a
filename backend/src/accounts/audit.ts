import { Buffer } from "node:buffer";
import type { AuditItem, JobCommand, JobKindName } from "@streamforge/shared";
import type { AuditLog, Prisma } from "../generated/prisma/client.js";
import { parseExact, withMembers } from "../lib/exact-json.js";
import { readPage } from "../lib/page.js";
import { encodeCursor, type Position } from "../store/cursor.js";
import type { Database } from "./database.js";

/** Who did something. */
export interface Actor {
  kind: "user" | "key" | "admin-token" | "system";
  id: string;
  name: string;
  /** Correlation id of the request. */
  correlationId?: string;
}

/** What was done. `before` and `after` never hold a secret, not even its hash. */
export interface AuditEntry {
  action:
    | "key.create"
    | "key.revoke"
    | "key.rotate"
    | "tenant.create"
    | "tenant.update"
    | "user.create"
    | "session.create"
    | "session.delete"
    | "session.revoke"
    | "sign-in-failed"
    | "user.update"
    | "user.password"
    | "event-type.register"
    | "event-type.update"
    | "event-type.retire"
    | "dead-letters.retry"
    | "dead-letters.discard"
    | `${JobKindName}.${"create" | JobCommand | "end"}`
    | "erasure.unblock"
    | "ledger.acknowledge";
  targetId: string;
  tenantId: string | null;
  before?: Prisma.InputJsonValue;
  after?: Prisma.InputJsonValue;
  /** Further members of `after` that are JSON text: what people wrote is kept as they wrote it. */
  afterTexts?: Record<string, string | undefined>;
}

/**
 * Writes the entry in the transaction of the change itself: neither exists without the other.
 * @returns its id
 */
export async function audit(db: Database, actor: Actor, { afterTexts, ...entry }: AuditEntry): Promise<string> {
  const { id } = await db.auditLog.create({
    data: { actorKind: actor.kind, actorId: actor.id, actorName: actor.name, correlationId: actor.correlationId, ...entry },
    select: { id: true },
  });
  if (afterTexts) {
    const after = withMembers((entry.after ?? {}) as object, afterTexts);
    await db.$executeRaw`UPDATE audit_log SET after = ${after}::json WHERE id = ${id}::uuid`;
  }
  return id;
}

/** Adds to an entry what came of what it tells; for work that Postgres has no part in. */
export async function amendAudit(db: Database, id: string, after: Prisma.InputJsonValue): Promise<void> {
  await db.auditLog.update({ where: { id }, data: { after }, select: { id: true } });
}

export interface AuditFilter {
  /** null: all tenants, and what concerns none. */
  tenantId: string | null;
  action?: string | undefined;
  /** Id or name. */
  actor?: string | undefined;
  targetId?: string | undefined;
  /** From (inclusive) and to (exclusive). */
  from?: Date | undefined;
  to?: Date | undefined;
}

export const AUDIT_ID_BYTES = 16;

/** One page of what was done, the latest first. */
export async function readAudit(
  db: Database,
  { tenantId, action, actor, targetId, from, to }: AuditFilter,
  limit: number,
  after?: Position,
): Promise<{ items: AuditItem[]; nextCursor: string | null }> {
  const conditions: Prisma.AuditLogWhereInput[] = [];
  if (tenantId !== null) conditions.push({ tenantId });
  if (action !== undefined) conditions.push({ action });
  if (actor !== undefined) conditions.push({ OR: [{ actorId: actor }, { actorName: actor }] });
  if (targetId !== undefined) conditions.push({ targetId });
  if (from) conditions.push({ at: { gte: from } });
  if (to) conditions.push({ at: { lt: to } });
  const behind = (at: Date, id: string): Prisma.AuditLogWhereInput[] => [
    // The first condition bounds the index; `OR` alone would read from the beginning.
    { at: { lte: at } },
    { OR: [{ at: { lt: at } }, { id: { lt: id } }] },
  ];
  const begin = after ? behind(new Date(after.atMs), uuidOf(after.id)) : [];
  const { items, more } = await readPage<AuditLog>(
    limit,
    (take, last) => {
      const where = { AND: [...conditions, ...(last ? behind(last.at, last.id) : begin)] };
      return db.auditLog.findMany({ where, orderBy: [{ at: "desc" }, { id: "desc" }], take });
    },
    (row) => JSON.stringify(row).length,
  );
  const last = items.at(-1);
  const nextCursor = more && last ? encodeCursor(last.at.getTime(), Buffer.from(last.id.replaceAll("-", ""), "hex")) : null;
  const texts = await textsOf(
    db,
    items.map(({ id }) => id),
  );
  return { items: items.map((row) => auditItem(row, texts.get(row.id))), nextCursor };
}

interface Texts {
  before: string | null;
  after: string | null;
}

/** What was before and after, as text: Prisma parses JSON, and digits are lost. */
async function textsOf(db: Database, ids: string[]): Promise<Map<string, Texts>> {
  const found = await db.$queryRaw<(Texts & { id: string })[]>`
    SELECT id::text, before::text, after::text FROM audit_log WHERE id = ANY(${ids}::uuid[])`;
  return new Map(found.map(({ id, ...texts }) => [id, texts]));
}

function auditItem({ actorKind, actorId, actorName, at, ...row }: AuditLog, texts?: Texts): AuditItem {
  const exact = (text: string | null = null) => (text === null ? null : parseExact(text));
  const [before, after] = [exact(texts?.before), exact(texts?.after)];
  return { ...row, before, after, at: at.toISOString(), actor: { kind: actorKind, id: actorId, name: actorName } };
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
