import { Buffer } from "node:buffer";
import type { EventTypeDetail, EventTypeSummary } from "@streamforge/shared";
import type { Database } from "../accounts/database.js";
import { type EventType, Prisma } from "../generated/prisma/client.js";
import { parseExact } from "../lib/exact-json.js";
import { readPage } from "../lib/page.js";

/** Registered event types as they are shown. */

/** Where a page of types ended. */
export interface TypePlace {
  tenantId: string;
  type: string;
}

export interface EventTypePage {
  items: EventTypeSummary[];
  nextCursor: string | null;
}

const encodePlace = ({ tenantId, type }: TypePlace): string => Buffer.from(JSON.stringify([tenantId, type])).toString("base64url");

/** @returns undefined when it is not one of our cursors */
export function decodePlace(cursor: string): TypePlace | undefined {
  try {
    const [tenantId, type, ...more] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as unknown[];
    if (typeof tenantId !== "string" || typeof type !== "string" || more.length > 0) return undefined;
    const place = { tenantId, type };
    return encodePlace(place) === cursor ? place : undefined;
  } catch {
    return undefined;
  }
}

/** One page, which ends at `limit` or at 4 MiB: a type has up to 64 KiB of schema and 1,000 versions. */
export async function listTypes(db: Database, tenantId: string | null, limit: number, after?: TypePlace): Promise<EventTypePage> {
  const { items, more } = await readPage<EventTypeSummary>(
    limit,
    async (most, last) => summaries(db, await places(db, tenantId, most, last ?? after)),
    (summary) => JSON.stringify(summary).length,
  );
  const last = items.at(-1);
  return { items, nextCursor: more && last ? encodePlace(last) : null };
}

function places(db: Database, tenantId: string | null, most: number, after: TypePlace | undefined): Promise<TypePlace[]> {
  const ofTenant = tenantId === null ? Prisma.empty : Prisma.sql`AND tenant_id = ${tenantId}`;
  const behind = after ? Prisma.sql`AND (tenant_id, type) > (${after.tenantId}, ${after.type})` : Prisma.empty;
  return db.$queryRaw<TypePlace[]>`
    SELECT DISTINCT tenant_id AS "tenantId", type FROM event_types WHERE true ${ofTenant} ${behind} ORDER BY 1, 2 LIMIT ${most}`;
}

async function summaries(db: Database, wanted: TypePlace[]): Promise<EventTypeSummary[]> {
  if (wanted.length === 0) return [];
  const rows = await db.eventType.findMany({ where: { OR: wanted }, omit: { schema: true }, orderBy: { version: "desc" } });
  const byType = Map.groupBy(rows, keyOf);
  const schemas = await schemasOf(
    db,
    [...byType.values()].flatMap((versions) => activeOf(versions) ?? []),
  );
  return wanted.flatMap((place) => {
    const versions = byType.get(keyOf(place));
    return versions ? [summaryOf(versions, schemas)] : [];
  });
}

const keyOf = ({ tenantId, type }: TypePlace): string => `${tenantId}\0${type}`;

/** One type with the schemas of all its versions. */
export async function typeDetail(db: Database, tenantId: string, type: string): Promise<EventTypeDetail | null> {
  const rows = await db.eventType.findMany({ where: { tenantId, type }, omit: { schema: true }, orderBy: { version: "desc" } });
  if (rows.length === 0) return null;
  const schemas = await schemasOf(db, rows);
  const versions = rows.map((row) => ({ ...versionView(row), schema: schemas.get(row.id) as Record<string, unknown> }));
  return { ...summaryOf(rows, schemas), versions };
}

/** A schema as it is shown: its numbers as they were written. */
export const shown = (text: string) => parseExact(text) as Record<string, unknown>;

/** The schemas of these rows by id: read as text, since Prisma parses JSON, and digits are lost. */
async function schemasOf(db: Database, rows: readonly Pick<EventType, "id">[]): Promise<Map<string, Record<string, unknown>>> {
  const ids = rows.map(({ id }) => id);
  const found = await db.$queryRaw<{ id: string; schema: string }[]>`
    SELECT id::text, schema::text FROM event_types WHERE id = ANY(${ids}::uuid[])`;
  return new Map(found.map(({ id, schema }) => [id, shown(schema)]));
}

type Row = Omit<EventType, "schema">;
type Versioned = Pick<EventType, "version" | "retiredAt">;

export function nextVersion(rows: readonly Versioned[]): number {
  return rows.reduce((most, { version }) => Math.max(most, version), 0) + 1;
}

/** The version that counts: the highest that is not retired. */
export function activeOf<T extends Versioned>(rows: readonly T[]): T | undefined {
  return rows
    .filter((row) => row.retiredAt === null)
    .reduce<T | undefined>((best, row) => (best && best.version > row.version ? best : row), undefined);
}

/** @param rows the versions of one type, newest first */
function summaryOf(rows: Row[], schemas: ReadonlyMap<string, Record<string, unknown>>): EventTypeSummary {
  const [newest] = rows as [Row];
  const active = activeOf(rows);
  return {
    tenantId: newest.tenantId,
    type: newest.type,
    active: active?.version ?? null,
    description: (active ?? newest).description,
    schema: (active && schemas.get(active.id)) ?? null,
    versions: rows.map(versionView),
  };
}

function versionView({ version, description, createdBy, createdAt, retiredAt }: Row) {
  return { version, description, createdBy, createdAt: createdAt.toISOString(), retiredAt: retiredAt?.toISOString() ?? null };
}

/** For the audit log: without the schemas, which do not change. */
export function inShort({ active, description, versions }: EventTypeDetail) {
  return { active, description, versions: versions.map(({ version, retiredAt }) => ({ version, retired: retiredAt !== null })) };
}
