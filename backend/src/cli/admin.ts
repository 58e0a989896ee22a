import type { KeyView } from "@streamforge/shared";
import { createKeyAnnouncer } from "../accounts/announcer.js";
import { createPrisma } from "../accounts/database.js";
import { createKeyRecords } from "../accounts/key-records.js";
import { createKeyService, type IssuedKey, type NewKey } from "../accounts/keys.js";
import { loadConfig } from "../config.js";
import { awaitRedis, connectRedis } from "../redis/connect.js";
import { redisKeys } from "../stream/keys.js";
import { CLI_ACTOR } from "./actor.js";
import { type ApiAccess, callApi } from "./api.js";
import { cursorOf, everyPage, PAGE, type Page } from "./pages.js";

/** What the commands about keys need; over HTTP where there is a credential, else straight at Postgres. */
export interface KeyAdmin {
  create(key: NewKey): Promise<KeyView & { key: string }>;
  list(tenantId?: string | null): Promise<KeyView[]>;
  revoke(id: string): Promise<KeyView>;
  close(): Promise<void>;
}

/**
 * @param access where the API is and who asks
 * @param env for the way without a credential: DATABASE_URL, REDIS_URL, KEY_PEPPER
 * @throws Error that names what to set when there is neither a credential nor a database
 */
export function openKeyAdmin(access: ApiAccess, env: NodeJS.ProcessEnv): KeyAdmin {
  if (access.credential) return overHttp(access);
  if (env["DATABASE_URL"]) return inPostgres(env);
  throw new Error(
    "Nothing allows this here. Set ADMIN_TOKEN to the server's (or pass --admin-token), pass --api-key with a key that has the scope admin, or set DATABASE_URL and KEY_PEPPER to work on Postgres itself. While npm start runs in this folder, none of it is needed.",
  );
}

function overHttp(access: ApiAccess): KeyAdmin {
  return {
    create: ({ expiresAt, ...key }) => callApi(access, "POST", "/v1/admin/keys", { ...key, expiresAt: expiresAt?.toISOString() }),
    async list(tenantId) {
      const query = tenantId ? `&tenantId=${encodeURIComponent(tenantId)}` : "";
      return everyPage((cursor) => callApi<Page<KeyView>>(access, "GET", `/v1/admin/keys?limit=${PAGE}${query}${cursorOf(cursor)}`));
    },
    revoke: (id) => callApi(access, "DELETE", `/v1/admin/keys/${encodeURIComponent(id)}`),
    async close() {},
  };
}

function inPostgres(env: NodeJS.ProcessEnv): KeyAdmin {
  const config = loadConfig(env);
  const prisma = createPrisma(config.DATABASE_URL);
  const redis = connectRedis(config.REDIS_URL, "sf-cli", () => {});
  const keys = redisKeys(config.REDIS_KEY_PREFIX);
  const announcer = createKeyAnnouncer(createKeyRecords({ prisma, redis, copyKey: keys.apiKey, config }), redis, keys.invalidation);
  const service = createKeyService({ prisma, announcer, config });

  return {
    async create(key) {
      const issued: IssuedKey | "tenant-not-allowed" = await service.create(CLI_ACTOR, key);
      if (issued === "tenant-not-allowed")
        throw new Error(
          `TENANT_ALLOWLIST does not name ${key.tenantId}; add it there, or choose one of: ${config.TENANT_ALLOWLIST.join(", ")}.`,
        );
      return { ...issued.key, key: issued.token };
    },
    list: (tenantId = null) => everyPage((after) => service.list({ tenantId, limit: PAGE, after })),
    async revoke(id) {
      // Without Redis the running servers could not be told, so nothing is begun.
      await awaitRedis(redis, config.REDIS_URL, 5_000);
      const key = await service.revoke(CLI_ACTOR, id, null);
      if (!key) throw new Error(`There is no key ${id}; sf keys list shows them.`);
      return key;
    },
    async close() {
      redis.disconnect();
      await prisma.$disconnect();
    },
  };
}
