import type { EventTypeDetail, FieldError, RegisteredEventType } from "@streamforge/shared";
import { type Actor, audit } from "../accounts/audit.js";
import type { Database, PrismaClient } from "../accounts/database.js";
import { tenantAllowed } from "../accounts/keys.js";
import type { Config } from "../config.js";
import { createTurns } from "../lib/turns.js";
import type { Judge } from "./judge.js";
import { lockTypes, type TypePublisher } from "./publisher.js";
import type { TypeSamples } from "./sample.js";
import { examineSchema } from "./schema-rules.js";
import { activeOf, type EventTypePage, inShort, listTypes, nextVersion, shown, type TypePlace, typeDetail } from "./views.js";

export interface NewType {
  tenantId: string;
  type: string;
  /** The next one when absent. */
  version?: number;
  /** JSON text, as it was sent. */
  schema: string;
  description: string;
}

export type Refused = "exists" | "tenant-not-allowed" | { flaws: FieldError[] };

/** The tenant has as many event types, or bytes of schemas, as it may have. */
export class TypeLimitError extends Error {
  override name = "TypeLimitError";
}

export interface EventTypeService {
  /**
   * What registering would do; changes nothing.
   * @param signal of who asks: waiting for a turn and looking at stored events end with it
   * @throws NoTurnError when many of the tenant wait already
   */
  check(type: NewType, signal: AbortSignal): Promise<RegisteredEventType | Refused>;
  /** Registers a version, and makes its tenant when that does not exist. In force everywhere within a second. */
  register(actor: Actor, type: NewType, signal: AbortSignal): Promise<RegisteredEventType | Refused>;
  /** One page, by tenant and name. @param tenantId null: of all tenants */
  list(tenantId: string | null, limit: number, after?: TypePlace): Promise<EventTypePage>;
  get(tenantId: string, type: string): Promise<EventTypeDetail | null>;
  /** Makes another version count (newer ones are retired), or changes the description of the one that does. */
  change(actor: Actor, tenantId: string, type: string, change: { version?: number; description?: string }): Promise<EventTypeDetail | null>;
  /** Retires one version, or all. @returns with what that means; null when there is no such type or version */
  retire(actor: Actor, tenantId: string, type: string, version?: number): Promise<(EventTypeDetail & { meaning: string }) | null>;
}

export interface EventTypeServiceDeps {
  prisma: PrismaClient;
  publisher: TypePublisher;
  samples: TypeSamples;
  judge: Pick<Judge, "examine">;
  config: Pick<
    Config,
    "MAX_SCHEMA_BYTES" | "MAX_EVENT_TYPES_PER_TENANT" | "MAX_SCHEMA_BYTES_PER_TENANT" | "TENANT_ALLOWLIST" | "UNKNOWN_TYPE_POLICY"
  >;
}

/** Examining compiles the schema and reads stored events: one of a tenant at a time. */
const EXAMINING = { atOnce: 4, atOncePerKey: 1, waitingPerKey: 20, waitMs: 15_000 };

/** More versions of one type are a program that registers without end. */
const MOST_VERSIONS = 1_000;

export function createEventTypeService({ prisma, publisher, samples, judge, config }: EventTypeServiceDeps): EventTypeService {
  const policy = config.UNKNOWN_TYPE_POLICY;

  /** Everything there is to say before the row is written. */
  const examine = async (wanted: NewType, signal: AbortSignal): Promise<RegisteredEventType | Refused> => {
    const { tenantId, type, schema, description } = wanted;
    const flaws = await flawsOf(judge, wanted, config.MAX_SCHEMA_BYTES);
    if (flaws.length > 0) return { flaws };
    if (!tenantAllowed(config.TENANT_ALLOWLIST, tenantId) && !(await prisma.tenant.findUnique({ where: { id: tenantId } })))
      return "tenant-not-allowed";
    const rows = await prisma.eventType.findMany({ where: { tenantId }, select: { type: true, version: true, retiredAt: true } });
    const own = rows.filter((row) => row.type === type);
    if (own.some((row) => row.version === wanted.version)) return "exists";
    await refuseTooMany(prisma, config, wanted, own.length);
    const version = wanted.version ?? nextVersion(own);
    const active = activeOf(own)?.version;
    const becomesStrict = policy === "auto" && !rows.some((row) => row.retiredAt === null);
    const becomeUnknown = becomesStrict ? (await samples.typesOf(tenantId, signal)).filter((one) => one.type !== type) : [];
    const counts = active === undefined || active < version;
    const warnings: string[] = [];
    if (!counts) warnings.push(`Version ${active} counts, because it is higher: events are not checked against version ${version}.`);
    if (becomesStrict)
      warnings.push(
        `With its first event type ${tenantId} becomes strict: events of any type that is not registered become dead letters (UNKNOWN_TYPE; see UNKNOWN_TYPE_POLICY).`,
      );
    if (becomeUnknown.length > 0)
      warnings.push("becomeUnknown lists types that this tenant has sent: register them, too, before more of their events arrive.");
    const sample = await samples.check(tenantId, type, schema, signal);
    if (sample.failing > 0) warnings.push(`${sample.failing} of ${sample.checked} stored events of this type do not fit this schema.`);
    return { tenantId, type, version, description, schema: shown(schema), registered: false, counts, sample, becomeUnknown, warnings };
  };

  const examining = createTurns(EXAMINING);
  const examineInTurn = async (wanted: NewType, signal: AbortSignal): Promise<RegisteredEventType | Refused> => {
    const giveBack = await examining.take(wanted.tenantId, signal);
    return examine(wanted, signal).finally(giveBack);
  };

  /** Changes under the lock, writes what was before and after, then tells everybody. */
  const changing = async <T extends EventTypeDetail>(
    actor: Actor,
    action: "event-type.update" | "event-type.retire",
    [tenantId, type]: [string, string],
    work: (db: Database, before: EventTypeDetail) => Promise<boolean>,
    finish: (db: Database, after: EventTypeDetail) => Promise<T>,
  ): Promise<T | null> => {
    const changed = await prisma.$transaction(async (db) => {
      await lockTypes(db);
      const before = await typeDetail(db, tenantId, type);
      if (!before || !(await work(db, before))) return null;
      const after = (await typeDetail(db, tenantId, type)) as EventTypeDetail;
      await audit(db, actor, { action, targetId: type, tenantId, before: inShort(before), after: inShort(after) });
      return finish(db, after);
    });
    if (changed) await publisher.publish(tenantId);
    return changed;
  };

  return {
    check: examineInTurn,

    async register(actor, wanted, signal) {
      const examined = await examineInTurn(wanted, signal);
      if (typeof examined === "string" || "flaws" in examined) return examined;
      const { tenantId, type, schema, description } = wanted;
      const version = await prisma.$transaction(async (db) => {
        await lockTypes(db);
        const own = await db.eventType.findMany({ where: { tenantId, type }, select: { version: true, retiredAt: true } });
        if (own.some((row) => row.version === wanted.version)) return "exists" as const;
        await refuseTooMany(db, config, { tenantId, type }, own.length);
        const version = wanted.version ?? nextVersion(own);
        const { count } = await db.tenant.createMany({ data: [{ id: tenantId, name: tenantId }], skipDuplicates: true });
        const made = { tenantId, name: tenantId, limits: {} };
        if (count > 0) await audit(db, actor, { action: "tenant.create", targetId: tenantId, tenantId, after: made });
        const data = { tenantId, type, version, schema: {}, description, createdBy: actor.name };
        const { id } = await db.eventType.create({ data, select: { id: true } });
        await db.$executeRaw`UPDATE event_types SET schema = ${schema}::json WHERE id = ${id}::uuid`;
        await audit(db, actor, {
          action: "event-type.register",
          targetId: type,
          tenantId,
          before: { active: activeOf(own)?.version ?? null },
          after: { version, description },
          afterTexts: { schema },
        });
        return version;
      });
      if (version === "exists") return version;
      await publisher.publish(tenantId);
      return { ...examined, version, registered: true };
    },

    list: (tenantId, limit, after) => listTypes(prisma, tenantId, limit, after),

    get: (tenantId, type) => typeDetail(prisma, tenantId, type),

    change: (actor, tenantId, type, { version, description }) =>
      changing(
        actor,
        "event-type.update",
        [tenantId, type],
        async (db, before) => {
          const counting = version ?? before.active ?? before.versions[0]?.version;
          if (counting === undefined || !before.versions.some((one) => one.version === counting)) return false;
          const which = { tenantId, type, version: counting };
          if (version !== undefined) {
            const { schema } = before.versions.find((one) => one.version === version) as { schema: Record<string, unknown> };
            await refuseTooMany(db, config, { tenantId, type, schema: JSON.stringify(schema) }, 0);
            await db.eventType.updateMany({
              where: { tenantId, type, version: { gt: version }, retiredAt: null },
              data: { retiredAt: new Date() },
            });
            await db.eventType.updateMany({ where: which, data: { retiredAt: null } });
          }
          if (description !== undefined) await db.eventType.updateMany({ where: which, data: { description } });
          return true;
        },
        async (_db, after) => after,
      ),

    retire: (actor, tenantId, type, version) =>
      changing(
        actor,
        "event-type.retire",
        [tenantId, type],
        async (db, before) => {
          if (version !== undefined && !before.versions.some((one) => one.version === version)) return false;
          const which = { tenantId, type, ...(version === undefined ? {} : { version }) };
          await db.eventType.updateMany({ where: { ...which, retiredAt: null }, data: { retiredAt: new Date() } });
          return true;
        },
        async (db, after) => {
          const others = await db.eventType.count({ where: { tenantId, retiredAt: null } });
          return { ...after, meaning: meaningOf(after, others, policy) };
        },
      ),
  };
}

/** What is cheap to see is looked at here, the rest, compiling included, by the judge. */
async function flawsOf(judge: Pick<Judge, "examine">, { tenantId, schema: text }: NewType, maxBytes: number): Promise<FieldError[]> {
  const found = (flaws: FieldError[]) => flaws.map(({ pointer, detail }) => ({ pointer: `/schema${pointer}`, detail }));
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) return [{ pointer: "/schema", detail: `has ${bytes} bytes; MAX_SCHEMA_BYTES allows ${maxBytes}` }];
  const { flaws } = examineSchema(JSON.parse(text));
  return found(flaws.length > 0 ? flaws : await judge.examine(tenantId, text));
}

/**
 * Every process holds all types that count, so each tenant has a limit on their number and on their bytes.
 * @param schema the next one of its type; absent: bytes are not looked at, which reads all schemas of the tenant
 * @throws TypeLimitError that names the limit
 */
async function refuseTooMany(
  db: Database,
  config: EventTypeServiceDeps["config"],
  { tenantId, type, schema }: Pick<NewType, "tenantId" | "type"> & { schema?: string },
  versions: number,
): Promise<void> {
  const { MAX_EVENT_TYPES_PER_TENANT: mostTypes, MAX_SCHEMA_BYTES_PER_TENANT: mostBytes } = config;
  if (versions >= MOST_VERSIONS) throw new TypeLimitError(`${type} has ${versions} versions; ${MOST_VERSIONS} are allowed.`);
  const [others] = await db.$queryRaw<[{ types: number; bytes: number }]>`
    SELECT count(*)::int AS types,
      coalesce(sum(CASE WHEN ${schema !== undefined} AND NOT retired THEN octet_length(schema::text) END), 0)::float8 AS bytes
    FROM (SELECT DISTINCT ON (type) schema, retired_at IS NOT NULL AS retired FROM event_types
      WHERE tenant_id = ${tenantId} AND type <> ${type} ORDER BY type, retired_at IS NOT NULL, version DESC) AS newest`;
  if (others.types >= mostTypes)
    throw new TypeLimitError(
      `${tenantId} has ${others.types} event types, retired ones included; MAX_EVENT_TYPES_PER_TENANT allows ${mostTypes}.`,
    );
  if (schema === undefined) return;
  const bytes = others.bytes + Buffer.byteLength(schema);
  if (bytes > mostBytes)
    throw new TypeLimitError(
      `The schemas of ${tenantId} that count would have ${bytes} bytes together; MAX_SCHEMA_BYTES_PER_TENANT allows ${mostBytes}.`,
    );
}

function meaningOf({ type, active }: EventTypeDetail, others: number, policy: Config["UNKNOWN_TYPE_POLICY"]): string {
  if (active !== null) return `Events of ${type} are checked against version ${active} from now on.`;
  if (policy === "store") return `Events of ${type} are stored unchecked from now on (UNKNOWN_TYPE_POLICY=store).`;
  if (policy === "auto" && others === 0)
    return "This tenant has no event types any more: from now on all of its events are stored unchecked (UNKNOWN_TYPE_POLICY=auto).";
  return `Events of ${type} become dead letters (UNKNOWN_TYPE) from now on, until a version is registered or taken out of retirement.`;
}
