import { Cluster, Command, type Redis } from "ioredis";

/** What asks servers and not keys: settings, clocks, figures, and what must go where a key is. */

/**
 * Every server that has keys: the server itself, or the primaries of a cluster.
 * @throws Error "CLUSTERDOWN …" when none is known
 */
export function primariesOf(redis: Redis): Redis[] {
  const cluster = redis as unknown;
  if (!(cluster instanceof Cluster)) return [redis];
  const primaries = cluster.nodes("master");
  if (primaries.length === 0) throw clusterDown("no primary is known");
  return primaries;
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
  if (!node) throw clusterDown("no node is known to have this key");
  return node;
}

/** As the cluster itself would say it: an outage, not a mistake. */
function clusterDown(why: string): Error {
  return Object.assign(new Error(`CLUSTERDOWN ${why}`), { name: "ReplyError" });
}
