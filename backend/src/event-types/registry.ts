import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { outageOf, StorageUnavailableError } from "../lib/errors.js";
import { every } from "../lib/every.js";
import type { RedisKeys } from "../stream/keys.js";
import type { CompiledSchema } from "./compile.js";
import { nameOf, type PublishedName } from "./published.js";
import type { Shape } from "./shape.js";

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
  /** What it says of types, for events whose values are texts. */
  shape?: Shape;
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

export interface TypeRegistry {
  /** All tenants that have types; undefined while this process has never seen any answer. */
  current(): ReadonlyMap<string, TenantTypes> | undefined;
  /** Resolves when `current` is there. @throws StorageUnavailableError after `timeoutMs` */
  known(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

/** How often a process asks whether the types changed. A change is in force everywhere within a second of its answer. */
const POLL_MS = 250;
/** Schemas that are read at once. */
const PAGE = 100;

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
  /** By field of the hash. */
  const known = new Map<string, RegisteredType | undefined>();
  let closed = false;

  const look = async (): Promise<void> => {
    const found = await redis.hget(keys.eventTypes, "digest");
    if (found === null || found === digest) return;
    // Both of one moment: another publisher may have come in between.
    const [[, newest] = [], [, names] = []] = (await redis.multi().hget(keys.eventTypes, "digest").hkeys(keys.eventTypes).exec()) ?? [];
    const fields = ((names ?? []) as string[]).filter((field) => nameOf(field));
    if (typeof newest !== "string") return;
    const texts = await schemasOf(fields.filter((field) => !known.has(field)));
    // One has changed again meanwhile: the next look sees it.
    if (!texts) return;
    current = build(fields, texts, known);
    digest = newest;
  };
  /** @returns undefined when one is gone by now */
  const schemasOf = async (fields: string[]): Promise<Map<string, string> | undefined> => {
    const texts = new Map<string, string>();
    for (let from = 0; from < fields.length; from += PAGE) {
      const page = fields.slice(from, from + PAGE);
      const found = await redis.hmget(keys.eventTypes, ...page);
      for (const [i, text] of found.entries()) {
        if (text === null) return undefined;
        texts.set(page[i] as string, text);
      }
    }
    return texts;
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
          throw new StorageUnavailableError("redis", "the event types are not known: no API process has published them in Redis yet");
        await sleep(20);
      }
    },
    close() {
      closed = true;
      return polls.close();
    },
  };
}

/**
 * The types anew, of what is known and what was read: some map entries for each, and no schema is looked at again.
 * @param known brought to what `fields` says
 */
function build(
  fields: readonly string[],
  texts: ReadonlyMap<string, string>,
  known: Map<string, RegisteredType | undefined>,
): ReadonlyMap<string, TenantTypes> {
  const tenants = new Map<string, { types: Map<string, RegisteredType>; retired: Set<string> }>();
  const before = new Map([...known].map(([field, type]) => [withoutStamp(field), type]));
  for (const field of fields) {
    const { tenantId, type, version } = nameOf(field) as PublishedName;
    let tenant = tenants.get(tenantId);
    if (!tenant) {
      tenant = { types: new Map(), retired: new Set() };
      tenants.set(tenantId, tenant);
    }
    const schema = texts.get(field);
    if (version !== undefined && schema !== undefined) {
      // What was learned of a schema stays, whatever version has it.
      const old = before.get(withoutStamp(field));
      known.set(field, { version, schema, check: old?.schema === schema ? old.check : newCheck() });
    } else if (version === undefined) known.set(field, undefined);
    const registered = known.get(field);
    if (registered) tenant.types.set(type, registered);
    else tenant.retired.add(type);
  }
  const kept = new Set(fields);
  for (const field of known.keys()) if (!kept.has(field)) known.delete(field);
  return tenants;
}

function withoutStamp(field: string): string {
  return field.slice(0, field.lastIndexOf("\0"));
}
