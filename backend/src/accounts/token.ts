import { createHmac, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * The form of an API key: `sf_<live|test>_<id>_<secret><checksum>`, fixed lengths, so that it is taken apart by position.
 * The id is public; the secret has 190 bits; the checksum (CRC-32 of all before it) tells a typo without a look-up.
 */
export type KeyEnvironment = "live" | "test";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 12;
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const ID_AT = "sf_live_".length;
const SECRET_AT = ID_AT + ID_LENGTH + 1;
const CHECKSUM_AT = SECRET_AT + SECRET_LENGTH;

export const TOKEN_LENGTH = CHECKSUM_AT + CHECKSUM_LENGTH;
const TOKEN = /^sf_(?:live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/;

/** A new key: the token to show once, and its parts. */
export function mintToken(environment: KeyEnvironment): { token: string; id: string; secret: string } {
  const id = randomText(ID_LENGTH);
  const secret = randomText(SECRET_LENGTH);
  const body = `sf_${environment}_${id}_${secret}`;
  return { token: body + checksum(body), id, secret };
}

/** The id part by position, unchecked: the fast way to a cache entry whose digest then decides. */
export function tokenId(token: string): string {
  return token.slice(ID_AT, ID_AT + ID_LENGTH);
}

/** The parts of a well-formed token; null when its form or its checksum is wrong. */
export function parseToken(token: string): { id: string; secret: string } | null {
  if (!TOKEN.test(token)) return null;
  if (checksum(token.slice(0, CHECKSUM_AT)) !== token.slice(CHECKSUM_AT)) return null;
  return { id: tokenId(token), secret: token.slice(SECRET_AT, CHECKSUM_AT) };
}

/** What is kept of a secret: 32 bytes that are worth nothing without the pepper. */
export function secretHmac(pepper: string, secret: string): Buffer {
  return createHmac("sha256", pepper).update(secret).digest();
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    text = ALPHABET[rest % ALPHABET.length] + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 248 = 4 × 62: bytes above would make the first letters likelier.
      if (byte < 248 && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}
