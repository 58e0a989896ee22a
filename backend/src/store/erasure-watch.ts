import type { Db } from "mongodb";
import { every } from "../lib/every.js";
import { createUserDigest, type ErasureDocument, erasuresCollection } from "./erasures.js";
import { guarded } from "./guarded.js";

/** Where an event was accepted. */
export interface Accepted {
  /** `<partition>/<id>` of its stream entry; absent for what no entry is known of (a replay stored it, an older version wrote it). */
  entry?: string | undefined;
  /** When it was first accepted, ms, if that entry is that of a retry. */
  acceptedAtMs?: number | undefined;
  receivedAtMs: number;
}

/** The erasures in force, as a process knows them: in memory, so that an event of a tenant without any costs one look into a Map. */
export interface ErasureWatch {
  /** Whether any erasure of this tenant is known. */
  concerns(tenantId: string): boolean;
  /** Whether this user's events are refused; with a place, whether this one ought to have been: the block was in force already. */
  isBlocked(tenantId: string, userId: string, accepted?: Accepted): boolean;
  /** An erasure concerns it, and every entry up to its place was settled: it was decided once, and what was stored of it is gone, or goes. */
  isPast(tenantId: string, userId: string, accepted: Accepted): boolean;
  /** An erasure that is under way will remove it. */
  isGoing(tenantId: string, userId: string, accepted: Accepted): boolean;
  /** Learns what has changed, now. @throws StorageUnavailableError */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

interface Tenant {
  byUser: Map<string, Map<string, ErasureDocument>>;
  /** The furthest place in each partition, and the latest time: what lies beyond is nobody's concern, and no digest is made for it. */
  furthest: string[];
  latestMs: number;
  blocked: number;
}

export const LOOK_EVERY_MS = 1_000;
/** `updatedAt` is MongoDB's clock; a new primary's may be behind. */
const OVERLAP_MS = 60_000;

/** Reads the erasures, then once a second what has changed of them. @throws StorageUnavailableError when they cannot be read at first */
export async function createErasureWatch({ db, onError }: { db: Db; onError: (error: Error) => void }): Promise<ErasureWatch> {
  const digestOf = await createUserDigest(db);
  const erasures = erasuresCollection(db);
  const known = new Map<string, ErasureDocument>();
  let tenants = new Map<string, Tenant>();
  let changedAt = new Date(0);

  const refresh = async (): Promise<void> => {
    const since = new Date(changedAt.getTime() - OVERLAP_MS);
    const changed = await guarded(() => erasures.find({ updatedAt: { $gte: since } }).toArray());
    if (changed.every((one) => isSame(one, known.get(one._id)))) return;
    for (const one of changed) {
      known.set(one._id, one);
      if (one.updatedAt > changedAt) changedAt = one.updatedAt;
    }
    for (const [id, { expires }] of known) if (expires && expires.getTime() < Date.now()) known.delete(id);
    tenants = tenantsOf(known.values());
  };
  const ofUser = (tenant: Tenant, tenantId: string, userId: string): Iterable<ErasureDocument> =>
    tenant.byUser.get(digestOf(tenantId, userId).toString("hex"))?.values() ?? [];
  const some = (tenantId: string, userId: string, accepted: Accepted, states: readonly ErasureDocument["state"][]): boolean => {
    const tenant = tenants.get(tenantId);
    if (!tenant || !isUpTo(accepted, tenant.furthest, tenant.latestMs)) return false;
    for (const { state, upTo, at } of ofUser(tenant, tenantId, userId))
      if (states.includes(state) && isUpTo(accepted, upTo, at.getTime())) return true;
    return false;
  };

  await refresh();
  const looks = every(LOOK_EVERY_MS, refresh, { onError });
  return {
    concerns: (tenantId) => tenants.has(tenantId),
    isBlocked(tenantId, userId, accepted) {
      const tenant = tenants.get(tenantId);
      if (!tenant || tenant.blocked === 0) return false;
      for (const { blocked, upTo, at } of ofUser(tenant, tenantId, userId))
        if (blocked && (!accepted || (upTo.length > 0 && !isUpTo(accepted, upTo, at.getTime())))) return true;
      return false;
    },
    isPast: (tenantId, userId, accepted) => some(tenantId, userId, accepted, ["settled", "ended"]),
    isGoing: (tenantId, userId, accepted) => some(tenantId, userId, accepted, ["waiting", "settled"]),
    refresh,
    close: looks.close,
  };
}

function isSame(one: ErasureDocument, before: ErasureDocument | undefined): boolean {
  return before?.updatedAt.getTime() === one.updatedAt.getTime() && before.state === one.state && before.blocked === one.blocked;
}

function tenantsOf(all: Iterable<ErasureDocument>): Map<string, Tenant> {
  const tenants = new Map<string, Tenant>();
  for (const one of all) {
    const tenant = tenants.get(one.tenantId) ?? { byUser: new Map(), furthest: [], latestMs: 0, blocked: 0 };
    tenants.set(one.tenantId, tenant);
    const user = one.user.toString("hex");
    const ofUser = tenant.byUser.get(user) ?? new Map<string, ErasureDocument>();
    tenant.byUser.set(user, ofUser.set(one._id, one));
    one.upTo.forEach((id, p) => {
      if (compareIds(id, tenant.furthest[p] ?? "0-0") >= 0) tenant.furthest[p] = id;
    });
    if (one.upTo.length > 0) tenant.latestMs = Math.max(tenant.latestMs, one.at.getTime());
    if (one.blocked) tenant.blocked++;
  }
  return tenants;
}

/**
 * Whether an event was accepted at or before a place.
 * @param upTo of each partition, the last id that counts; none: nothing is
 * @param atMs when that was, for an event of which no entry is known
 */
export function isUpTo({ entry, acceptedAtMs, receivedAtMs }: Accepted, upTo: readonly string[], atMs: number): boolean {
  if (entry === undefined) return upTo.length > 0 && receivedAtMs <= atMs;
  const slash = entry.indexOf("/");
  const last = upTo[Number(entry.slice(0, slash))];
  if (last === undefined) return false;
  // The entry of a retry has a later id; the minute that it was accepted in travels with it.
  return acceptedAtMs === undefined || acceptedAtMs === 0
    ? compareIds(entry.slice(slash + 1), last) <= 0
    : acceptedAtMs <= Number.parseInt(last, 10);
}

/** Orders ids of a stream, `<ms>-<number>`. */
export function compareIds(one: string, other: string): number {
  const ms = Number.parseInt(one, 10) - Number.parseInt(other, 10);
  return ms !== 0 ? ms : Number(one.slice(one.indexOf("-") + 1)) - Number(other.slice(other.indexOf("-") + 1));
}
