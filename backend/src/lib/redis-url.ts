/** Where Redis is, and what it is: one server, the master that Sentinels name, or a cluster. */
export interface RedisAddress {
  kind: "server" | "sentinel" | "cluster";
  /** The server, the Sentinels, or some nodes of the cluster. */
  nodes: { host: string; port: number }[];
  /** What the Sentinels call the master. */
  master?: string;
  db: number;
  tls: boolean;
  username?: string;
  password?: string;
  /** Of the Sentinels themselves. */
  sentinelUsername?: string;
  sentinelPassword?: string;
}

const URL_FORM = /^(redis|rediss)(?:[-+](cluster|sentinel))?:\/\/(?:([^@/]*)@)?([^/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const FORMS = "redis://host:port, redis-sentinel://host:port,host:port/master or redis-cluster://host:port,host:port; rediss… with TLS";
const SENTINEL_SETTINGS = ["sentinelUsername", "sentinelPassword"];
const PORTS = { server: 6379, cluster: 6379, sentinel: 26_379 };

/**
 * Reads `REDIS_URL`: `redis://user:password@host:port/db`, `redis-sentinel://user:password@host:port,…/master/db`,
 * `redis-cluster://user:password@host:port,…`; `rediss`, `rediss-sentinel`, `rediss-cluster` with TLS. Sentinels with a password of their
 * own: `?sentinelUsername=…&sentinelPassword=…` behind it.
 * @throws Error in one sentence that names the forms, and never the password
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [, scheme, topology, user, hosts, path = "", query] = URL_FORM.exec(url) ?? [];
  if (hosts === undefined) throw new Error(`must be like ${FORMS}`);
  const kind = (topology as RedisAddress["kind"] | undefined) ?? "server";
  const nodes = hosts.split(",").map((host) => nodeOf(host, PORTS[kind]));
  if (kind === "server" && nodes.length > 1)
    throw new Error("names several servers: write redis-cluster://a,b for a cluster, redis-sentinel://a,b/master for Sentinels");
  const [master, db] = kind === "sentinel" ? (path.split("/") as [string, string?]) : [undefined, path];
  if (kind === "sentinel" && !master)
    throw new Error("must end with the name of the master, as redis-sentinel://host:port,host:port/mymaster");
  if (db && (!/^\d{1,5}$/.test(db) || kind === "cluster"))
    throw new Error(kind === "cluster" ? "must not name a database: a cluster has only one" : "must end with the number of a database");
  const [username, password] = credentialOf(user ?? "");
  const asked = Object.fromEntries(new URLSearchParams(query));
  const strange = Object.keys(asked).find((name) => kind !== "sentinel" || !SENTINEL_SETTINGS.includes(name));
  if (strange !== undefined)
    throw new Error(
      `has "${strange}" behind its "?": ${kind === "sentinel" ? `only ${SENTINEL_SETTINGS.join(", ")} may stand there` : "nothing may stand there"}`,
    );
  return {
    kind,
    nodes,
    db: Number(db || 0),
    tls: scheme === "rediss",
    ...(master ? { master: decodeURIComponent(master) } : {}),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...asked,
  };
}

function credentialOf(text: string): (string | undefined)[] {
  const [, username, password] = /^([^:]*)(?::(.*))?$/.exec(text) ?? [];
  try {
    return [username, password].map((part) => part && decodeURIComponent(part));
  } catch {
    throw new Error("has a user or password with a % that is not followed by two hexadecimal digits: write %25");
  }
}

function nodeOf(text: string, usualPort: number): { host: string; port: number } {
  const [, host, port = usualPort] = /^(\[[\da-fA-F:.]+\]|[^:\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (!host || Number(port) > 65_535) throw new Error(`"${text}" is no host:port`);
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}
