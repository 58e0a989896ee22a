import { afterAll, beforeAll, describe, test } from "vitest";
import { newSender } from "../integration/sending-fixture.js";
import { event, sleep } from "../support/judged.js";
import { type Neighbours, startNeighbours } from "../support/neighbours.js";
import { type Stack, startStack } from "../support/stack.js";

/** Promise 29: what one tenant does is not felt by another. Each case is an attack; `bear` measures and judges. */

let stack: Stack;
let neighbours: Neighbours;
beforeAll(async () => {
  stack = await startStack();
  neighbours = await startNeighbours(stack);
});
afterAll(async () => {
  await neighbours?.close();
  await stack?.stop();
});

/** Repeats something until it is stopped, several at a time. */
function repeatedly(times: number, everyMs: number, once: () => Promise<unknown>): () => Promise<void> {
  let over = false;
  const running = Array.from({ length: times }, async () => {
    while (!over) {
      await once();
      await sleep(everyMs);
    }
  });
  return async () => {
    over = true;
    await Promise.all(running);
  };
}

describe("promise 29: a tenant feels nothing of a neighbour that", () => {
  test("sends 100 times as much", async () => {
    const { post } = await newSender(stack);
    let sent = 0;
    const batch = () => `${Array.from({ length: 100 }, () => event("flood", sent++).text).join("\n")}\n`;
    await neighbours.bear(async () => repeatedly(5, 150, () => post("/v1/events", batch(), { "content-type": "application/x-ndjson" })));
  });
});
