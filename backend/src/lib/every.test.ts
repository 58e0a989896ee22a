import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { every } from "./every.js";

const unexpected = (error: Error): never => {
  throw error;
};

it("never runs two at a time, and closes when the run under way has ended", async () => {
  let running = 0;
  let most = 0;
  let ended = 0;
  const loop = every(
    5,
    async () => {
      most = Math.max(most, ++running);
      await sleep(20);
      running--;
      ended++;
    },
    { onError: unexpected },
  );
  while (ended < 3 || running === 0) await sleep(1);
  await loop.close();
  expect({ running, most }).toEqual({ running: 0, most: 1 });
  const atClose = ended;
  await sleep(40);
  expect(ended).toBe(atClose);
});

it("continues after a run that failed, and says why until it is closed", async () => {
  const heard: string[] = [];
  let runs = 0;
  const failing = every(2, () => Promise.reject(new Error(`run ${++runs}`)), { onError: (error) => heard.push(error.message), now: true });
  while (runs < 3) await sleep(1);
  await failing.close();
  expect(heard.slice(0, 2)).toEqual(["run 1", "run 2"]);
});
