import { randomBytes } from "node:crypto";
import type { User } from "../generated/prisma/client.js";
import { sayOutage } from "../lib/errors.js";
import type { PrismaClient } from "./database.js";
import type { FailedTryLog } from "./failed-tries.js";
import { createPasswordCheck } from "./passwords.js";
import type { Throttle } from "./throttle.js";

export type Proof =
  | { kind: "proven"; user: User }
  /** Unknown e-mail, wrong password and disabled user look alike and take the same time. */
  | { kind: "refused" }
  | { kind: "throttled"; retryAfterSeconds: number };

/** Where a request came from. */
export interface From {
  ip: string;
  /** Id of the browser, when it has one (see `Credentials.recognise`). */
  device?: string | undefined;
  userAgent?: string | undefined;
  correlationId: string;
}

/**
 * Whether somebody knows a user's password: for signing in, and before it is changed. Both count against one limit, so that
 * neither is a way around the other's. Rejects with StorageUnavailableError when a store is away.
 */
export interface Credentials {
  /** @param signedIn in a session of this user */
  prove(credentials: { email: string; password: string }, from: From, signedIn?: boolean): Promise<Proof>;
  /** @returns a new id for the browser of somebody who signed in: with it their tries are not counted among strangers' */
  recognise(email: string, from: From): Promise<string>;
}

export interface CredentialsDeps {
  prisma: PrismaClient;
  throttle: Throttle;
  failed: Pick<FailedTryLog, "note">;
}

const MOST_ATTACKED = 1_000;
const DEVICE = /^[\w-]{22}$/;

export function createCredentials({ prisma, throttle, failed }: CredentialsDeps): Credentials {
  const passwordIsRight = createPasswordCheck();
  /** Whose a guess was, so that those that are refused unseen are told of the same account. */
  const attacked = new Map<string, User>();
  const accountOf = (email: string) => `person:${email.trim().toLowerCase()}`;
  const deviceOf = ({ device }: From) => (device !== undefined && DEVICE.test(device) ? device : undefined);

  function failedTry(account: string, from: From, refused: boolean): void {
    failed.note({ door: "password", user: attacked.get(account), address: from.ip, refused, correlationId: from.correlationId });
  }

  return {
    async prove({ email: given, password }, from, signedIn = false) {
      const account = accountOf(given);
      const admission = await throttle.take({ account, address: from.ip, device: deviceOf(from), signedIn });
      if (admission.kind === "throttled") {
        failedTry(account, from, true);
        return admission;
      }
      const user = await prisma.user
        .findUnique({ where: { email: given.trim().toLowerCase() } })
        .catch(sayOutage("Postgres does not answer, so passwords cannot be checked"));
      const usable = user && !user.disabledAt ? user : null;
      const right = await passwordIsRight(usable?.passwordHash ?? null, password);
      if (usable && right) {
        await admission.forgive();
        return { kind: "proven", user: usable };
      }
      if (attacked.size >= MOST_ATTACKED) attacked.clear();
      if (user) attacked.set(account, user);
      failedTry(account, from, false);
      return { kind: "refused" };
    },

    async recognise(email, from) {
      const device = randomBytes(16).toString("base64url");
      await throttle.remember(accountOf(email), from.ip, device, deviceOf(from));
      return device;
    },
  };
}
