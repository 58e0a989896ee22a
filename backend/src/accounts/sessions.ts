import { createHash, randomBytes } from "node:crypto";
import type { Role } from "@streamforge/shared";
import type { Redis } from "ioredis";
import type { Config } from "../config.js";
import type { RedisKeys } from "../stream/keys.js";
import { audit } from "./audit.js";
import { isDatabaseDown, type PrismaClient, StorageUnavailableError } from "./database.js";
import { within } from "./deadline.js";
import { createPasswordCheck } from "./passwords.js";
import { createLoginThrottle } from "./throttle.js";

/** An operator who is signed in. */
export interface SessionRecord {
  userId: string;
  email: string;
  role: Role;
  expiresAtMs: number;
}

export type SignIn =
  | { kind: "signed-in"; sessionId: string; session: SessionRecord }
  /** Unknown e-mail, wrong password and disabled user look alike and take the same time. */
  | { kind: "refused" }
  | { kind: "throttled"; retryAfterSeconds: number };

/**
 * Operators' sessions: a random id in a cookie, the rest in Redis, so that signing out ends it at once everywhere
 * (docs/decisions/0003-sessions-not-jwt.md). Everything rejects with StorageUnavailableError when a store is away.
 */
export interface Sessions {
  signIn(credentials: { email: string; password: string }, from: { ip: string; correlationId: string }): Promise<SignIn>;
  read(sessionId: string): Promise<SessionRecord | null>;
  signOut(sessionId: string, correlationId: string): Promise<void>;
}

export interface SessionsDeps {
  prisma: PrismaClient;
  redis: Redis;
  keys: RedisKeys;
  config: Pick<Config, "SESSION_TTL_SECONDS">;
}

const REDIS_TIMEOUT_MS = 1_000;
const SESSION_ID = /^[\w-]{43}$/;

export function createSessions({ prisma, redis, keys, config }: SessionsDeps): Sessions {
  const throttle = createLoginThrottle(redis, keys);
  const passwordIsRight = createPasswordCheck();
  // Only the hash of the id is in Redis: who can read Redis cannot take over a session.
  const sessionKey = (sessionId: string) => keys.session(createHash("sha256").update(sessionId).digest("base64url"));

  async function read(sessionId: string): Promise<SessionRecord | null> {
    if (!SESSION_ID.test(sessionId)) return null;
    const fields = await inRedis(redis.hgetall(sessionKey(sessionId)));
    const { userId, email, role, expiresAtMs } = fields;
    if (!userId || !email || !role) return null;
    return { userId, email, role: role as Role, expiresAtMs: Number(expiresAtMs) };
  }

  async function open(user: { id: string; email: string; role: Role }, correlationId: string): Promise<SignIn> {
    const sessionId = randomBytes(32).toString("base64url");
    const session: SessionRecord = {
      userId: user.id,
      email: user.email,
      role: user.role,
      expiresAtMs: Date.now() + config.SESSION_TTL_SECONDS * 1000,
    };
    const key = sessionKey(sessionId);
    // One transaction: a session without an expiry would live for ever.
    await inRedis(redis.multi().hset(key, session).expire(key, config.SESSION_TTL_SECONDS).exec());
    await audit(prisma, userActor(session, correlationId), { action: "session.create", targetId: user.id, tenantId: null });
    return { kind: "signed-in", sessionId, session };
  }

  return {
    read,

    async signIn({ email: given, password }, { ip, correlationId }) {
      const email = given.trim().toLowerCase();
      const retryAfterSeconds = await throttle.take(email, ip);
      if (retryAfterSeconds > 0) return { kind: "throttled", retryAfterSeconds };
      try {
        const user = await prisma.user.findUnique({ where: { email } });
        const usable = user && !user.disabledAt ? user : null;
        const right = await passwordIsRight(usable?.passwordHash ?? null, password);
        if (!usable || !right) return { kind: "refused" };
        await throttle.forgive(email, ip);
        return await open(usable, correlationId);
      } catch (error) {
        throw isDatabaseDown(error) ? new StorageUnavailableError("Postgres does not answer, so signing in is not possible", error) : error;
      }
    },

    async signOut(sessionId, correlationId) {
      const session = await read(sessionId);
      if (!session) return;
      await inRedis(redis.del(sessionKey(sessionId)));
      await audit(prisma, userActor(session, correlationId), { action: "session.delete", targetId: session.userId, tenantId: null });
    },
  };
}

function userActor(session: SessionRecord, correlationId: string) {
  return { kind: "user", id: session.userId, name: session.email, correlationId } as const;
}

async function inRedis<T>(work: Promise<T>): Promise<T> {
  try {
    return await within(REDIS_TIMEOUT_MS, "Redis", work);
  } catch (error) {
    throw new StorageUnavailableError("Redis does not answer, so sessions cannot be read", error);
  }
}
