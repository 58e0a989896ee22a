import { hash, timingSafeEqual } from "node:crypto";
import type { Role, Scope, TenantLimits } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { Config } from "../config.js";
import { StorageUnavailableError, sayOutage } from "../lib/errors.js";
import { within } from "../lib/within.js";
import type { RedisKeys } from "../stream/keys.js";
import { createKeyAnnouncer } from "./announcer.js";
import type { PrismaClient } from "./database.js";
import { createInvalidation, SILENCE_MS } from "./invalidation.js";
import { COPY_TTL_MS, createKeyRecords, type KeyRecord } from "./key-records.js";
import type { KeyAnnouncer } from "./keys.js";
import { createLastUsed } from "./last-used.js";
import { parseToken, secretHmac, TOKEN_LENGTH, tokenId } from "./token.js";

/** Who makes a request, and what that allows. */
export interface Principal {
  kind: "key" | "user" | "admin-token";
  id: string;
  name: string;
  /** null: an operator, who may choose. */
  tenantId: string | null;
  scopes: ReadonlySet<Scope>;
  role?: Role;
  /** Public id of the session, when somebody signed in. */
  session?: string;
  defaultType?: string;
  limits: TenantLimits;
}

export interface Authenticator extends KeyAnnouncer {
  /**
   * Who an API key stands for; null when it is malformed, unknown, expired or revoked, which look alike.
   * Synchronous when the key is cached (2 µs, see docs/decisions/0004-api-keys.md). A promise rejects with
   * StorageUnavailableError when nobody can say.
   * @param mayLookUp whether Postgres may be asked about an id that this process has never seen; not asked of keys that it knows
   */
  authenticateKey(token: string, mayLookUp?: () => boolean): Principal | null | Promise<Principal | null>;
  close(): Promise<void>;
}

export interface AuthenticatorDeps {
  prisma: PrismaClient;
  redis: Redis;
  /** Makes the connection that listens for changes. */
  subscriber: () => Redis;
  keys: RedisKeys;
  config: Pick<Config, "KEY_PEPPER">;
  log: { warn(details: object, message: string): void };
}

/** Longest time a process goes by what it loaded, even when nothing was said against it. */
const CACHE_MS = 30_000;

/** Ids that do not exist are remembered briefly: a misconfigured producer must not ask Postgres a thousand times a second. */
const UNKNOWN_MS = 5_000;
const MOST_UNKNOWN = 10_000;
const MOST_CACHED = 50_000;

/** A row that came later than this may have been revoked a second ago; it counts only while changes are being heard. */
const MOST_LOAD_AGE_MS = SILENCE_MS - 100;

const LOAD_TIMEOUT_MS = 5_000;

interface Entry {
  record: KeyRecord;
  principal: Principal;
  /** `performance.now()` when its loading began. */
  loadedAtMs: number;
  expiresAtMs: number;
  /** SHA-256 of the whole token, once its secret was found right: saves the HMAC on every later use. */
  digest: Buffer | null;
}

interface Load {
  promise: Promise<Entry | null>;
  /** A change was heard while it ran. */
  changed: boolean;
  /** It took too long; changes are no longer noted on it, so its result must not be kept. */
  abandoned: boolean;
}

/** Compared with when there is nothing to compare with, so that a miss costs what a hit costs. */
const DECOY = Buffer.alloc(32);

export function createAuthenticator({ prisma, redis, subscriber, keys, config, log }: AuthenticatorDeps): Authenticator {
  const records = createKeyRecords({ prisma, redis, copyKey: keys.apiKey, config });
  const announcer = createKeyAnnouncer(records, redis, keys.invalidation);
  const lastUsed = createLastUsed(prisma, log);
  const entries = new Map<string, Entry>();
  const unknown = new Map<string, number>();
  const loads = new Map<string, Load>();

  const invalidation = createInvalidation({ redis, subscriber: subscriber(), channel: keys.invalidation, onKeys });

  function onKeys(keyIds: string[]): void {
    for (const id of keyIds) {
      entries.delete(id);
      unknown.delete(id);
      // What is on its way may have been read just before the change.
      const load = loads.get(id);
      if (load) load.changed = true;
    }
  }

  function fresh(entry: Entry, nowMs: number): boolean {
    return nowMs - entry.loadedAtMs < CACHE_MS && invalidation.covers(entry.loadedAtMs, nowMs);
  }

  function authenticateKey(token: string, mayLookUp: () => boolean = () => true): Principal | null | Promise<Principal | null> {
    if (token.length !== TOKEN_LENGTH) return refuse(token);
    const entry = entries.get(tokenId(token));
    if (entry?.digest && fresh(entry, performance.now()) && timingSafeEqual(hash("sha256", token, "buffer"), entry.digest))
      return admit(entry);
    return authenticateSlowly(token, entry, mayLookUp);
  }

  function authenticateSlowly(
    token: string,
    entry: Entry | undefined,
    mayLookUp: () => boolean,
  ): Principal | null | Promise<Principal | null> {
    const parsed = parseToken(token);
    if (!parsed) return refuse(token);
    const nowMs = performance.now();
    if (entry && fresh(entry, nowMs)) return check(token, parsed.secret, entry);
    const unknownUntilMs = unknown.get(parsed.id);
    if (unknownUntilMs !== undefined && nowMs < unknownUntilMs) return check(token, parsed.secret, null);
    if (!entry && !mayLookUp()) return check(token, parsed.secret, null);
    return obtain(parsed.id).then((loaded) => check(token, parsed.secret, loaded));
  }

  function check(token: string, secret: string, entry: Entry | null): Principal | null {
    const right = timingSafeEqual(secretHmac(config.KEY_PEPPER, secret), entry?.record.secretHmac ?? DECOY);
    const digest = hash("sha256", token, "buffer");
    if (!right || !entry) return null;
    entry.digest = digest;
    return admit(entry);
  }

  /** The secret is right; the state decides, looked at last so that it cannot be told from the time it takes. */
  function admit(entry: Entry): Principal | null {
    if (entry.record.revoked || Date.now() >= entry.expiresAtMs) return null;
    lastUsed.note(entry.record.id);
    return entry.principal;
  }

  function obtain(id: string): Promise<Entry | null> {
    const running = loads.get(id);
    if (running) return running.promise;
    const load: Load = { changed: false, abandoned: false, promise: Promise.resolve(null) };
    load.promise = within(LOAD_TIMEOUT_MS, "Postgres", loadUnchanged(id, load))
      .catch((error) => {
        if (error instanceof StorageUnavailableError) throw error;
        return sayOutage("Postgres does not answer, so nobody can say whether this key is good")(error);
      })
      .finally(() => {
        load.abandoned = true;
        loads.delete(id);
      });
    loads.set(id, load);
    return load.promise;
  }

  async function loadUnchanged(id: string, load: Load): Promise<Entry | null> {
    for (let attempt = 0; attempt < 5; attempt++) {
      load.changed = false;
      const loadedAtMs = performance.now();
      const record = await find(id, loadedAtMs);
      if (load.abandoned) break;
      if (load.changed) continue;
      const nowMs = performance.now();
      if (!record) {
        remember(unknown, id, nowMs + UNKNOWN_MS, MOST_UNKNOWN);
        return null;
      }
      if (nowMs - loadedAtMs > MOST_LOAD_AGE_MS && !invalidation.covers(loadedAtMs, nowMs)) break;
      const entry = entryOf(record, loadedAtMs);
      remember(entries, id, entry, MOST_CACHED);
      return entry;
    }
    throw new StorageUnavailableError("postgres", "The key could not be read in time to rely on it");
  }

  /** Redis's copy counts only while changes are heard: each change replaces it before it is announced. */
  async function find(id: string, nowMs: number): Promise<KeyRecord | null> {
    if (invalidation.covers(nowMs, nowMs) && !invalidation.recentlyLost(nowMs, COPY_TTL_MS)) {
      const copy = await records.copy(id);
      if (copy) return copy;
    }
    return records.load(id);
  }

  return {
    authenticateKey,

    async announce(keyIds) {
      // This process forgets first, whether or not the others can be told.
      onKeys(keyIds);
      await announcer.announce(keyIds);
      // A reader here may have taken the old copy since.
      onKeys(keyIds);
    },

    async close() {
      await invalidation.close();
      await lastUsed.close();
    },
  };
}

/** As much work as for a good key; the answer is the same. */
function refuse(token: string): null {
  timingSafeEqual(hash("sha256", token, "buffer"), DECOY);
  return null;
}

function remember<T>(map: Map<string, T>, id: string, value: T, most: number): void {
  map.delete(id);
  map.set(id, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

function entryOf(record: KeyRecord, loadedAtMs: number): Entry {
  const principal: Principal = {
    kind: "key",
    id: record.id,
    name: record.name,
    tenantId: record.tenantId,
    scopes: new Set(record.scopes),
    limits: record.limits,
  };
  if (record.defaultType !== null) principal.defaultType = record.defaultType;
  return {
    record,
    principal: Object.freeze(principal),
    loadedAtMs,
    expiresAtMs: record.expiresAtMs ?? Number.POSITIVE_INFINITY,
    digest: null,
  };
}
