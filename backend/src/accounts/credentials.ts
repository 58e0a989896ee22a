import type { Redis } from "ioredis";
import type { User } from "../generated/prisma/client.js";
import { StorageUnavailableError, sayOutage } from "../lib/errors.js";
import type { RedisKeys } from "../stream/keys.js";
import type { PrismaClient } from "./database.js";
import { createPasswordCheck } from "./passwords.js";
import { createLoginThrottle } from "./throttle.js";

export type Proof =
  | { kind: "proven"; user: User }
  /** Unknown e-mail, wrong password and disabled user look alike and take the same time. */
  | { kind: "refused" }
  | { kind: "throttled"; retryAfterSeconds: number };

/**
 * Whether somebody knows a user's password: for signing in, and before it is changed. Both count against one limit, so that
 * neither is a way around the other's. Rejects with StorageUnavailableError when a store is away.
 */
export interface Credentials {
  prove(credentials: { email: string; password: string }, ip: string): Promise<Proof>;
}

export function createCredentials({ prisma, redis, keys }: { prisma: PrismaClient; redis: Redis; keys: RedisKeys }): Credentials {
  const throttle = createLoginThrottle(redis, keys);
  const passwordIsRight = createPasswordCheck();

  return {
    async prove({ email: given, password }, ip) {
      const email = given.trim().toLowerCase();
      const retryAfterSeconds = await throttle.take(email, ip);
      if (retryAfterSeconds > 0) return { kind: "throttled", retryAfterSeconds };
      try {
        const user = await prisma.user.findUnique({ where: { email } });
        const usable = user && !user.disabledAt ? user : null;
        const right = await passwordIsRight(usable?.passwordHash ?? null, password);
        if (!usable || !right) return { kind: "refused" };
        await throttle.forgive(email, ip);
        return { kind: "proven", user: usable };
      } catch (error) {
        // The throttle's outage has its own sentence.
        if (error instanceof StorageUnavailableError) throw error;
        return sayOutage("Postgres does not answer, so passwords cannot be checked")(error);
      }
    },
  };
}
