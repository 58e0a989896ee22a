import { afterAll, beforeAll, describe, test } from "vitest";
import { underFault } from "../support/judged.js";
import { type ReplicaSet, startReplicaSet } from "../support/replica-set.js";
import { type Stack, startStack } from "../support/stack.js";

/** Promise 6 in short form, on a set of three members: the primary steps down, and is killed, during bulks. */
describe("a MongoDB of three members", () => {
  let stack: Stack;
  let mongo: ReplicaSet;
  beforeAll(async () => {
    stack = await startStack({
      env: { CIRCUIT_OPEN_MS: "500" },
      async startMongo(dataDir) {
        mongo = await startReplicaSet(dataDir);
        return mongo;
      },
    });
  });
  afterAll(() => stack?.stop());

  test("promise 6: the primary steps down, again and again", async () => {
    await underFault(stack, "step-down", () => mongo.stepDown());
  });

  test("promise 6: the primary is killed, another member is elected, and the dead one comes back", async () => {
    await underFault(stack, "primary-kill", async () => {
      await mongo.kill("SIGKILL");
      await mongo.elected();
      await mongo.restart();
    });
  });
});
