import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";

/**
 * Marks what this installation wrote into Redis, so that a record of somebody else who can write there counts for nothing. The mark
 * is an HMAC-SHA256 under a key that is made from `KEY_PEPPER`, which Redis never sees.
 */
export interface Seal {
  /** @param name where the text is kept: one that is put in another place is not taken for that place's */
  close(name: string, text: string): string;
  /** @returns the text; null when it was not sealed here, for this name, or has changed since */
  open(name: string, sealed: string): string | null;
}

/** Characters of a mark: 32 bytes as base64url. */
const MARK_LENGTH = 43;

/** @param use what is sealed; seals of two uses do not open each other's */
export function createSeal(pepper: string, use: "session" | "api-key"): Seal {
  const key = Buffer.from(hkdfSync("sha256", pepper, "", `streamforge seal: ${use}`, 32));
  const markOf = (name: string, text: string): string => createHmac("sha256", key).update(`${name}\n${text}`).digest("base64url");
  return {
    close: (name, text) => markOf(name, text) + text,
    open(name, sealed) {
      const text = sealed.slice(MARK_LENGTH);
      const [given, own] = [Buffer.from(sealed.slice(0, MARK_LENGTH)), Buffer.from(markOf(name, text))];
      return given.length === own.length && timingSafeEqual(given, own) ? text : null;
    },
  };
}
