import { hash, randomBytes } from "node:crypto";
import type { Role } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { Config } from "../config.js";
import type { User } from "../generated/prisma/client.js";
import { sayOutage } from "../lib/errors.js";
import { within } from "../lib/within.js";
import type { RedisKeys } from "../stream/keys.js";
import { createSeal } from "./seal.js";

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

export interface ListedSession extends SessionRecord {
  /** When it ends unless it is used before. */
  idleEndsAtMs: number;
}

/** Sessions as Redis has them. Everything rejects with StorageUnavailableError when Redis does not answer. */
export interface SessionStore {
  /** @returns the secret for the cookie; only its hash is kept: who can read Redis cannot take over a session */
  open(session: Omit<SessionRecord, "id">): Promise<{ secret: string; session: SessionRecord }>;
  read(secret: string): Promise<SessionRecord | null>;
  /** Notes that it was used, which puts off its idle end; one that has ended stays ended. */
  seen(secret: string, session: SessionRecord, atMs: number): Promise<void>;
  /** Ends the session of a cookie. */
  close(secret: string, session: SessionRecord): Promise<void>;
  /** Of one user, the newest first. */
  list(userId: string): Promise<ListedSession[]>;
  /** Ends one session of this user. @returns null when there is none of this id */
  end(userId: string, id: string): Promise<SessionRecord | null>;
  /** Ends all of a user, or all but one, at once and everywhere. @returns how many */
  endAll(userId: string, exceptId?: string): Promise<number>;
}

export interface SessionStoreDeps {
  redis: Redis;
  keys: RedisKeys;
  config: Pick<Config, "KEY_PEPPER" | "SESSION_IDLE_SECONDS">;
}

const REDIS_TIMEOUT_MS = 1_000;
const SECRET = /^[\w-]{43}$/;

export function createSessionStore({ redis, keys, config }: SessionStoreDeps): SessionStore {
  const idleMs = config.SESSION_IDLE_SECONDS * 1_000;
  const seal = createSeal(config.KEY_PEPPER, "session");
  const digest = (secret: string) => hash("sha256", secret, "base64url");
  const sealed = (secretDigest: string, session: SessionRecord) => seal.close(secretDigest, JSON.stringify(session));
  /** Redis ends it when its time is over or nobody has used it, whichever comes first. */
  const lifeMs = ({ lastSeenAtMs, expiresAtMs }: SessionRecord) => Math.max(1, Math.min(lastSeenAtMs + idleMs, expiresAtMs) - Date.now());

  /** Its times are looked at, too: who can write to Redis can make a key live on. */
  async function readDigest(secretDigest: string): Promise<SessionRecord | null> {
    const kept = await inRedis(redis.get(keys.session(secretDigest)));
    const text = kept === null ? null : seal.open(secretDigest, kept);
    if (text === null) return null;
    const session = JSON.parse(text) as SessionRecord;
    return Math.min(session.lastSeenAtMs + idleMs, session.expiresAtMs) > Date.now() ? session : null;
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
      const index = keys.userSessions(session.userId);
      const ttlMs = Math.max(1, session.expiresAtMs - Date.now());
      await inRedis(redis.set(keys.session(digest(secret)), sealed(digest(secret), session), "PX", lifeMs(session)));
      // The list has a slot of its own on Redis Cluster.
      await inRedis(redis.multi().hset(index, session.id, digest(secret)).pexpire(index, ttlMs, "NX").pexpire(index, ttlMs, "GT").exec());
      return { secret, session };
    },

    async read(secret) {
      return SECRET.test(secret) ? readDigest(digest(secret)) : null;
    },

    async seen(secret, session, atMs) {
      const seen = { ...session, lastSeenAtMs: atMs };
      // XX: one that somebody ended just now does not come back.
      await inRedis(redis.set(keys.session(digest(secret)), sealed(digest(secret), seen), "PX", lifeMs(seen), "XX"));
    },

    close: (secret, { userId, id }) => remove(userId, [id], [digest(secret)]),

    async list(userId) {
      const index = await inRedis(redis.hgetall(keys.userSessions(userId)));
      const found = await Promise.all(Object.values(index).map(readDigest));
      const gone = Object.keys(index).filter((_id, i) => found[i] === null);
      if (gone.length > 0) await inRedis(redis.hdel(keys.userSessions(userId), ...gone));
      const own = found.filter((session) => session !== null).filter((session) => session.userId === userId);
      return own
        .map((session) => ({ ...session, idleEndsAtMs: Math.min(session.lastSeenAtMs + idleMs, session.expiresAtMs) }))
        .sort((a, b) => b.createdAtMs - a.createdAtMs);
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

/** Changes with everything that must end a user's sessions: role, password, being disabled. Tells none of it. */
export function stampOf({ role, passwordHash, disabledAt }: Pick<User, "role" | "passwordHash" | "disabledAt">): string {
  return hash("sha256", JSON.stringify([role, passwordHash, disabledAt]), "base64url").slice(0, 16);
}

function inRedis<T>(work: Promise<T>): Promise<T> {
  return within(REDIS_TIMEOUT_MS, "Redis", work).catch(sayOutage("Redis does not answer, so sessions cannot be read"));
}
