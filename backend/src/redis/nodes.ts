import { Cluster, Command, type Redis } from "ioredis";

/** What asks servers and not keys: settings, clocks, figures, and what must go where a key is. */

/** Every server that has keys: the server itself, or the primaries of a cluster. */
export function primariesOf(redis: Redis): Redis[] {
  const cluster = redis as unknown;
  return cluster instanceof Cluster ? cluster.nodes("master") : [redis];
}

/**
 * The server that has a key.
 * @throws Error "CLUSTERDOWN …" when no node is known to have it
 */
export function ownerOf(redis: Redis, key: string): Redis {
  const cluster = redis as unknown;
  if (!(cluster instanceof Cluster)) return redis;
  const [place] = cluster.slots[new Command("GET", [key]).getSlot() as number] ?? [];
  const node = cluster.nodes("master").find(({ options: { host, port } }) => `${host}:${port}` === place);
  if (!node) throw Object.assign(new Error("CLUSTERDOWN no node is known to have this key"), { name: "ReplyError" });
  return node;
}
