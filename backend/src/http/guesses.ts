import type { FastifyRequest } from "fastify";
import type { FailedTryLog } from "../accounts/failed-tries.js";
import { createKeyGuesses, REFUSED_KEYS_PER_MINUTE } from "../accounts/key-guesses.js";
import { type Throttle, TRIES_PER_MINUTE } from "../accounts/throttle.js";
import { rateLimited } from "./too-many.js";

/** What happens to a credential that is none: it is counted, logged and audited, and refused with 401, or 429 when there are too many. */
export interface Guesses {
  /** A wrong admin token. @returns null, for 401. Rejects with 429, or 503 when tries cannot be counted */
  adminToken(request: FastifyRequest): Promise<null>;
  /** An API key that is none, or none any more. @returns null, for 401. @throws 429 */
  key(request: FastifyRequest): null;
  /** Whether Postgres may be asked about a key that was never seen. */
  mayLookUp(request: FastifyRequest): boolean;
}

export interface GuessesDeps {
  throttle: Pick<Throttle, "take">;
  failed: Pick<FailedTryLog, "note">;
}

export function createGuesses({ throttle, failed }: GuessesDeps): Guesses {
  const keys = createKeyGuesses();
  return {
    // The right token always enters, however many wrong ones there are: at 16 random characters nobody guesses it.
    async adminToken({ ip: address, id: correlationId }) {
      const admission = await throttle.take({ account: "admin-token", address });
      const refused = admission.kind === "throttled";
      failed.note({ door: "admin-token", address, refused, correlationId });
      if (refused) throw tooManyTries(admission.retryAfterSeconds);
      return null;
    },
    key({ ip: address, id: correlationId }) {
      const waitSeconds = keys.refused(address);
      failed.note({ door: "api-key", address, refused: waitSeconds > 0, correlationId });
      if (waitSeconds === 0) return null;
      const policy = { name: "refused-keys", quota: REFUSED_KEYS_PER_MINUTE, windowSeconds: 60 };
      throw rateLimited("Too many API keys that are not valid. Good keys that are in use still work.", policy, waitSeconds);
    },
    mayLookUp: ({ ip }) => keys.mayLookUp(ip),
  };
}

/** The 429 of somebody who may be guessing a secret. */
export function tooManyTries(waitSeconds: number) {
  const policy = { name: "sign-in", quota: TRIES_PER_MINUTE, windowSeconds: 60 };
  return rateLimited("Too many tries. Wait before the next one.", policy, waitSeconds);
}
