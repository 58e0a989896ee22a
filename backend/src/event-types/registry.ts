import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { outageOf } from "../lib/errors.js";
import { every } from "../lib/every.js";
import type { RedisKeys } from "../stream/keys.js";
import type { CompiledSchema } from "./compile.js";

/** One type of a tenant as it counts now, in the memory of this process. */
export interface RegisteredType {
  version: number;
  /** JSON text. */
  schema: string;
  /** What checking it needs and has learned; see `checker.ts`. Survives a change of other types. */
  check: TypeCheck;
}

export interface TypeCheck {
  /** Compiled in this thread: only what is known to be light. */
  compiled?: CompiledSchema;
  /** Compiling it here would hold up everybody: it was tried in the judge's thread. */
  heavy?: boolean;
  /** Why it cannot be used. */
  broken?: string;
  /** Checked in the judge's thread at least until then, `performance.now()`. */
  guardedUntilMs: number;
}

export function newCheck(): TypeCheck {
  return { guardedUntilMs: 0 };
}

/** A tenant that has registered types, retired ones included. */
export interface TenantTypes {
  /** By name; without the retired ones. */
  types: ReadonlyMap<string, RegisteredType>;
  retired: ReadonlySet<string>;
}

/** What the API publishes: the versions that count, and the names of retired types. */
export type PublishedType = { tenantId: string; type: string } & ({ version: number; schema: string } | { retired: true });

export interface TypeRegistry {
  /** All tenants that have types; undefined while this process has never seen any answer. */
  current(): ReadonlyMap<string, TenantTypes> | undefined;
  /** Resolves when `current` is there. @throws Error after `timeoutMs` */
  known(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

/** How often a process asks whether the types changed. A change is in force everywhere within a second of its answer. */
const POLL_MS = 250;

/**
 * The event types, kept up to date in this process from what the API publishes in Redis. What it knows outlives Redis: a key that
 * is gone changes nothing, and who never knew any does not guess.
 */
export function createTypeRegistry({
  redis,
  keys,
  onError,
}: {
  redis: Redis;
  keys: RedisKeys;
  onError: (error: Error) => void;
}): TypeRegistry {
  let current: ReadonlyMap<string, TenantTypes> | undefined;
  let digest: string | null = null;
  let closed = false;

  const look = async (): Promise<void> => {
    const found = await redis.hget(keys.eventTypes, "digest");
    if (found === null || found === digest) return;
    // Both of one moment: another publisher may have come in between.
    const [newest, types] = await redis.hmget(keys.eventTypes, "digest", "types");
    if (!newest || !types) return;
    current = build(JSON.parse(types) as PublishedType[], current);
    digest = newest;
  };
  const polls = every(POLL_MS, look, {
    // What it knows outlives an outage, which shows elsewhere.
    onError: (error) => void (outageOf(error) ?? onError(error)),
    now: true,
  });

  return {
    current: () => current,
    async known(timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      while (!current) {
        if (closed || performance.now() > deadline)
          throw new Error("the event types are not known: no API process has published them in Redis yet");
        await sleep(20);
      }
    },
    close() {
      closed = true;
      return polls.close();
    },
  };
}

function build(published: PublishedType[], before: ReadonlyMap<string, TenantTypes> | undefined): Map<string, TenantTypes> {
  const tenants = new Map<string, { types: Map<string, RegisteredType>; retired: Set<string> }>();
  for (const one of published) {
    let tenant = tenants.get(one.tenantId);
    if (!tenant) {
      tenant = { types: new Map(), retired: new Set() };
      tenants.set(one.tenantId, tenant);
    }
    if ("retired" in one) {
      tenant.retired.add(one.type);
      continue;
    }
    const old = before?.get(one.tenantId)?.types.get(one.type);
    const { version, schema } = one;
    const check = old && old.schema === schema ? old.check : newCheck();
    tenant.types.set(one.type, old && old.version === version && old.check === check ? old : { version, schema, check });
  }
  return tenants;
}
