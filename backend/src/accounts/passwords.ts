import { randomBytes } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

// argon2id is the library's default. 19 MiB, 2 passes, 1 lane: OWASP's minimum, 12 ms of one core.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes at once: they run in libuv's pool of four, which also inflates request bodies; a flood of sign-ins must leave room. */
const CONCURRENT = 2;

/** argon2id in PHC form. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/** A password to be shown once: 96 bits, as 16 letters, digits, `-` and `_`. */
export function generatePassword(): string {
  return randomBytes(12).toString("base64url");
}

/**
 * A checker that takes the same time whether the user exists or not.
 * @returns `verify(hash | null, password)`; null stands for an unknown user and is always false
 */
export function createPasswordCheck(): (passwordHash: string | null, password: string) => Promise<boolean> {
  const decoy = hashPassword("nobody has this password");
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (passwordHash, password) => {
    // A slot that comes free is handed to the next in line, so `running` is not touched then.
    if (running >= CONCURRENT) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      const right = await verify(passwordHash ?? (await decoy), password);
      return right && passwordHash !== null;
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
