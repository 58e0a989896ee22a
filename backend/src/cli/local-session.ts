import { audit } from "../accounts/audit.js";
import { createPrisma } from "../accounts/database.js";
import { createSessionStore, stampOf } from "../accounts/session-store.js";
import { loadConfig } from "../config.js";
import { SESSION_COOKIE } from "../http/cookies.js";
import { awaitRedis, connectRedis } from "../redis/connect.js";
import { redisKeys } from "../stream/keys.js";
import { CLI_ACTOR } from "./actor.js";
import type { ApiAccess } from "./api.js";

export interface LocalSession {
  credential: NonNullable<ApiAccess["credential"]>;
  close(): Promise<void>;
}

/**
 * For anyone who has the stores' own addresses, as while `npm start` runs here: a session of the first admin, as if he had signed in.
 * Those who may write to Postgres could make themselves an admin anyway; this way it stands in the audit log.
 * @throws Error when there is no active admin, or a store does not answer
 */
export async function openLocalSession(env: NodeJS.ProcessEnv): Promise<LocalSession> {
  const config = loadConfig(env);
  const prisma = createPrisma(config.DATABASE_URL);
  const redis = connectRedis(config.REDIS_URL, "sf-cli", () => {});
  const leave = async (): Promise<void> => {
    redis.disconnect();
    await prisma.$disconnect();
  };
  try {
    const admin = await prisma.user.findFirst({ where: { role: "admin", disabledAt: null }, orderBy: { createdAt: "asc" } });
    if (!admin) throw new Error("There is no admin to act as; make one: npm run sf -- users create --role admin");
    await awaitRedis(redis, config.REDIS_URL);
    const store = createSessionStore({ redis, keys: redisKeys(config.REDIS_KEY_PREFIX), config });
    const nowMs = Date.now();
    const { secret, session } = await store.open({
      userId: admin.id,
      email: admin.email,
      role: admin.role,
      createdAtMs: nowMs,
      lastSeenAtMs: nowMs,
      expiresAtMs: nowMs + config.SESSION_TTL_SECONDS * 1000,
      userAgent: "sf",
      address: "",
      stamp: stampOf(admin),
    });
    await audit(prisma, CLI_ACTOR, { action: "session.create", targetId: admin.id, tenantId: null });
    return {
      // Under both names, since only the server knows whether it is reached by HTTPS.
      credential: { cookie: `${SESSION_COOKIE}=${secret}; __Host-${SESSION_COOKIE}=${secret}`, "sec-fetch-site": "same-origin" },
      async close() {
        await store.close(secret, session).catch(() => {});
        await leave();
      },
    };
  } catch (error) {
    await leave();
    throw error;
  }
}
