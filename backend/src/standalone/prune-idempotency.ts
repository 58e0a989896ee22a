import { loadConfig } from "../config.js";
import { awaitRedis, connectRedis } from "../redis/connect.js";
import { redisKeys } from "../stream/keys.js";
import { pruneDedupe } from "../stream/prune-dedupe.js";

/** `npm run prune:idempotency`: what the older systems' clean-up of idempotency records can be here. */
const config = loadConfig();
const redis = connectRedis(config.REDIS_URL, "prune-idempotency", () => {});
try {
  await awaitRedis(redis, config.REDIS_URL);
  const keys = redisKeys(config.REDIS_KEY_PREFIX);
  const partitions = Number((await redis.get(keys.partitionCount)) ?? config.PARTITIONS);
  const { removed, left } = await pruneDedupe(redis, keys, partitions, config.IDEMPOTENCY_TTL_SECONDS * 1000);
  console.log(
    `${removed} identities went, ${left} are still within their window of ${config.IDEMPOTENCY_TTL_SECONDS} s or name an event that is not settled. Identities expire by themselves while events come in; this does the same for partitions that are quiet. It never shortens the window: for that, lower IDEMPOTENCY_TTL_SECONDS. After the window MongoDB still refuses an unchanged resend of a stored event.`,
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  redis.disconnect();
}
