import type { Redis } from "ioredis";
import { sayOutage } from "../lib/errors.js";
import { within } from "../lib/within.js";
import { ownerOf } from "../redis/nodes.js";
import type { KeyRecords } from "./key-records.js";
import type { KeyAnnouncer } from "./keys.js";

const PUBLISH_TIMEOUT_MS = 1_000;

/**
 * Tells every process that keys changed. The copies in Redis are replaced before the change is said: anyone who hears it
 * and looks there finds the new record.
 */
export function createKeyAnnouncer(records: Pick<KeyRecords, "replaceCopies">, redis: Redis, channel: string): KeyAnnouncer {
  return {
    async announce(keyIds) {
      if (keyIds.length === 0) return;
      try {
        await records.replaceCopies(keyIds);
        await within(PUBLISH_TIMEOUT_MS, "Redis", ownerOf(redis, channel).publish(channel, keyIds.join(",")));
      } catch (error) {
        sayOutage(
          "The change is kept, but other servers could not be told of it and may go by the old state for up to a minute; repeat the request",
        )(error);
      }
    },
  };
}
