import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type Breaker, type CircuitState, createBreaker } from "./breaker.js";

const NEVER_MS = 1_000_000;
const PROBE_MS = 5;

let breaker: Breaker;
let seen: CircuitState[];
let probes: number;
let answers: boolean;
afterEach(() => breaker.release());

function start(openMs: number): void {
  [seen, probes, answers] = [[], 0, false];
  breaker = createBreaker({
    failures: 3,
    successes: 2,
    openMs,
    probe: async () => {
      probes++;
      if (!answers) throw new Error("away");
    },
    probeMs: PROBE_MS,
    onChange: (state) => seen.push(state),
  });
}
const fail = (times: number): void => {
  for (let n = 0; n < times; n++) breaker.failure();
};
const probed = async (times: number): Promise<void> => {
  for (const until = probes + times; probes < until; ) await sleep(1);
};

it("opens after failures in a row, and tries one piece of work as soon as a probe is answered", async () => {
  start(NEVER_MS);
  fail(2);
  breaker.success();
  fail(2);
  expect(seen).toEqual([]);
  fail(1);
  expect(seen).toEqual(["open"]);
  const admitted: number[] = [];
  for (const n of [1, 2]) void breaker.admit().then(() => admitted.push(n));
  await probed(3);
  expect(admitted).toEqual([]);
  answers = true;
  while (admitted.length === 0) await sleep(1);
  expect(seen).toEqual(["open", "half-open"]);
  await sleep(5 * PROBE_MS);
  expect(admitted).toEqual([1]);
  breaker.success();
  while (admitted.length < 2) await sleep(1);
  breaker.success();
  expect(seen).toEqual(["open", "half-open", "closed"]);
});

it("leaves a MongoDB alone that answers probes and takes no writes, until it was away once or the pause is over", async () => {
  start(NEVER_MS);
  answers = true;
  fail(3);
  await breaker.admit();
  breaker.failure();
  await probed(5);
  expect(seen).toEqual(["open", "half-open", "open"]);
  answers = false;
  await probed(2);
  answers = true;
  await breaker.admit();
  expect(seen.at(-1)).toBe("half-open");
});

it("tries again after the pause, whatever probes say", async () => {
  start(20);
  fail(3);
  await breaker.admit();
  expect(seen).toEqual(["open", "half-open"]);
});

it("asks nothing while closed", async () => {
  start(NEVER_MS);
  await breaker.admit();
  breaker.success();
  await sleep(5 * PROBE_MS);
  expect(probes).toBe(0);
});
