/** Secrets that anybody can read: defaults of this repository, and what installation guides write in their place. */
const PUBLIC = new Set(
  [
    "streamforge-development-pepper",
    "streamforge",
    "test-admin-token-0123456789",
    "1234",
    "12345",
    "123456",
    "12345678",
    "123456789",
    "admin",
    "administrator",
    "changeit",
    "change-me",
    "changeme",
    "default",
    "dev",
    "example",
    "guest",
    "mongo",
    "mongodb",
    "pass",
    "passw0rd",
    "password",
    "postgres",
    "redis",
    "replace-me",
    "root",
    "secret",
    "test",
    "your-password",
    "your-secret",
  ].map(plain),
);

/** `Change_Me!` and `change-me` are one, and so are `secret`, `secretsecret` and `secret123`. */
function plain(secret: string): string {
  const letters = secret.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const word = letters.replace(/(?<=\D)\d{1,4}$/, "");
  return /^(.+?)\1+$/.exec(word)?.[1] ?? word;
}

/** One letter again and again is as public as a word. */
function isPublic(secret: string): boolean {
  return PUBLIC.has(plain(secret)) || plain(secret).length < 2;
}

/** Settings that are, or whose URL holds, a secret. */
const SECRETS = ["KEY_PEPPER", "ADMIN_TOKEN", "ADMIN_PASSWORD"] as const;
const URLS = ["REDIS_URL", "MONGODB_URI", "DATABASE_URL"] as const;

type Secrets = Partial<Record<(typeof SECRETS)[number] | (typeof URLS)[number], string | undefined>>;

/**
 * The settings whose secret is public, each with the line that makes another one; for production, where they are refused.
 * A URL without a password is not among them: a socket, a certificate or a closed network may take its place.
 */
export function publicSecrets(settings: Secrets): string[] {
  const found = [...SECRETS.map((name) => [name, settings[name]]), ...URLS.map((name) => [name, passwordOf(settings[name])])];
  return found.flatMap(([name, secret]) =>
    secret !== undefined && isPublic(secret) ? [`${name} is a value that everybody knows; make one: openssl rand -hex 32`] : [],
  );
}

/** The password in `scheme://user:password@hosts/…` or `…?password=`; several hosts are no valid `URL`, but usual with MongoDB. */
function passwordOf(url = ""): string | undefined {
  const found = /^[^/]*\/\/[^/?#]*?:([^/?#]*)@/.exec(url)?.[1] ?? /[?&](?:sentinelP|p)assword=([^&]*)/.exec(url)?.[1];
  if (found === undefined) return undefined;
  try {
    return decodeURIComponent(found);
  } catch {
    return found;
  }
}
