import { hash, randomBytes } from "node:crypto";
import type { Role } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { User } from "../generated/prisma/client.js";
import { sayOutage } from "../lib/errors.js";
import { within } from "../lib/within.js";
import type { RedisKeys } from "../stream/keys.js";
import { luaScript } from "../stream/redis.js";

/** An operator who is signed in. */
export interface SessionRecord {
  /** Public: names the session in lists, opens nothing. */
  id: string;
  userId: string;
  email: string;
  role: Role;
  createdAtMs: number;
  /** To within half a minute. */
  lastSeenAtMs: number;
  expiresAtMs: number;
  /** Where it began; empty when that is not known. */
  userAgent: string;
  address: string;
  /** What the user was when it began (see `stampOf`); another stamp of the user's row ends it. */
  stamp: string;
}

/** Sessions as Redis has them. Everything rejects with StorageUnavailableError when Redis does not answer. */
export interface SessionStore {
  /** @returns the secret for the cookie; only its hash is kept: who can read Redis cannot take over a session */
  open(session: Omit<SessionRecord, "id">): Promise<{ secret: string; session: SessionRecord }>;
  read(secret: string): Promise<SessionRecord | null>;
  /** Notes that it was used; one that has ended stays ended. */
  seen(secret: string, atMs: number): Promise<void>;
  /** Lets a session go on with what its user has become; one that has ended stays ended. */
  restamp(userId: string, id: string, stamp: string): Promise<void>;
  /** Ends the session of a cookie. */
  close(secret: string, session: SessionRecord): Promise<void>;
  /** Of one user, the newest first. */
  list(userId: string): Promise<SessionRecord[]>;
  /** Ends one session of this user. @returns null when there is none of this id */
  end(userId: string, id: string): Promise<SessionRecord | null>;
  /** Ends all of a user, or all but one, at once and everywhere. @returns how many */
  endAll(userId: string, exceptId?: string): Promise<number>;
}

const REDIS_TIMEOUT_MS = 1_000;
const SECRET = /^[\w-]{43}$/;
const UPDATE = luaScript("session-update");

export function createSessionStore(redis: Redis, keys: RedisKeys): SessionStore {
  const digest = (secret: string) => hash("sha256", secret, "base64url");

  async function readDigest(secretDigest: string): Promise<SessionRecord | null> {
    return sessionOf(await inRedis(redis.hgetall(keys.session(secretDigest))));
  }

  async function remove(userId: string, ids: string[], digests: string[]): Promise<void> {
    if (ids.length === 0) return;
    // The sessions first: one that is gone from the list, yet alive, could not be ended any more.
    await Promise.all(digests.map((secretDigest) => inRedis(redis.del(keys.session(secretDigest)))));
    await inRedis(redis.hdel(keys.userSessions(userId), ...ids));
  }

  return {
    async open(fields) {
      const secret = randomBytes(32).toString("base64url");
      const session: SessionRecord = { id: randomBytes(12).toString("base64url"), ...fields };
      const key = keys.session(digest(secret));
      const index = keys.userSessions(session.userId);
      const ttlMs = Math.max(1, session.expiresAtMs - Date.now());
      // One transaction: a session without an expiry would live for ever. The list has a slot of its own on Redis Cluster.
      await inRedis(redis.multi().hset(key, session).pexpire(key, ttlMs).exec());
      await inRedis(redis.multi().hset(index, session.id, digest(secret)).pexpire(index, ttlMs, "NX").pexpire(index, ttlMs, "GT").exec());
      return { secret, session };
    },

    async read(secret) {
      return SECRET.test(secret) ? readDigest(digest(secret)) : null;
    },

    async seen(secret, atMs) {
      await inRedis(redis.eval(UPDATE, 1, keys.session(digest(secret)), "lastSeenAtMs", atMs));
    },

    async restamp(userId, id, stamp) {
      const secretDigest = await inRedis(redis.hget(keys.userSessions(userId), id));
      if (secretDigest !== null) await inRedis(redis.eval(UPDATE, 1, keys.session(secretDigest), "stamp", stamp));
    },

    close: (secret, { userId, id }) => remove(userId, [id], [digest(secret)]),

    async list(userId) {
      const index = await inRedis(redis.hgetall(keys.userSessions(userId)));
      const found = await Promise.all(Object.values(index).map(readDigest));
      const gone = Object.keys(index).filter((_id, i) => found[i] === null);
      if (gone.length > 0) await inRedis(redis.hdel(keys.userSessions(userId), ...gone));
      return found.filter((session) => session !== null).sort((a, b) => b.createdAtMs - a.createdAtMs);
    },

    async end(userId, id) {
      const secretDigest = await inRedis(redis.hget(keys.userSessions(userId), id));
      const session = secretDigest === null ? null : await readDigest(secretDigest);
      if (secretDigest !== null) await remove(userId, [id], [secretDigest]);
      return session;
    },

    async endAll(userId, exceptId) {
      const index = Object.entries(await inRedis(redis.hgetall(keys.userSessions(userId)))).filter(([id]) => id !== exceptId);
      await remove(
        userId,
        index.map(([id]) => id),
        index.map(([, secretDigest]) => secretDigest),
      );
      return index.length;
    },
  };
}

/** null when there is none, or it is of an older form, which no list knows: it could not be ended. */
function sessionOf(fields: Record<string, string>): SessionRecord | null {
  const { id, userId, email, role, stamp, userAgent = "", address = "" } = fields;
  if (!id || !userId || !email || !role || !stamp) return null;
  const at = (name: string) => Number(fields[name] ?? 0);
  return {
    id,
    userId,
    email,
    role: role as Role,
    createdAtMs: at("createdAtMs"),
    lastSeenAtMs: at("lastSeenAtMs"),
    expiresAtMs: at("expiresAtMs"),
    userAgent,
    address,
    stamp,
  };
}

/** Changes with everything that must end a user's sessions: role, password, being disabled. Tells none of it. */
export function stampOf({ role, passwordHash, disabledAt }: Pick<User, "role" | "passwordHash" | "disabledAt">): string {
  return hash("sha256", JSON.stringify([role, passwordHash, disabledAt]), "base64url").slice(0, 16);
}

function inRedis<T>(work: Promise<T>): Promise<T> {
  return within(REDIS_TIMEOUT_MS, "Redis", work).catch(sayOutage("Redis does not answer, so sessions cannot be read"));
}
