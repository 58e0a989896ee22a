import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { events, inRounds, judge, ROUNDS } from "../support/judged.js";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/** Every event traced, and a collector that hangs, refuses, goes and comes back under load. */
let receiver: OtlpReceiver;
let stack: Stack;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  stack = await startStack({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: "500",
      OTEL_TRACES_SAMPLER: "always_on",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    },
  });
});
afterAll(async () => {
  await stack?.stop();
  await receiver?.close();
});

const rssOf = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

test("whatever the collector does, and the worker killed meanwhile: nothing lost, nothing twice, no memory taken", async () => {
  const port = Number(new URL(receiver.url).port);
  const faults = [
    async () => receiver.behave("hang"),
    async () => {
      receiver.behave("refuse");
      await stack.worker.kill("SIGKILL");
      await stack.worker.restart();
    },
    () => receiver.close(),
    async () => {
      receiver = await startOtlpReceiver(port);
      await stack.worker.kill("SIGKILL");
      await stack.worker.restart();
    },
  ];
  const judged = await judge(stack, { ratePerSecond: 800 });
  const count = ROUNDS * 400;
  const before = rssOf(stack.api.pid());
  const fault = (round: number) => (faults[round % faults.length] as () => Promise<void>)();
  await inRounds(judged, ROUNDS, events("traced", count), fault, { format: "single" });
  const found = await judged.verdict();
  expect(found.acknowledged).toBe(count);
  expect(found.dead).toBe(0);
  // The queue of spans is bounded: 2,048 of them take 4 MB. The rest is what load does to a heap that was idle.
  expect(rssOf(stack.api.pid()) - before).toBeLessThan(100);
  // The last fault may have left the collector away until the end of the load: what comes from now on is traced.
  const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" };
  const one = async () => {
    await fetch(`${stack.apiUrl}/v1/events`, {
      method: "POST",
      headers,
      body: JSON.stringify({ eventType: "SALE", amount: 1, currency: "EUR" }),
    });
    return receiver.spans.length;
  };
  await expect.poll(one, { timeout: patience(20_000), interval: 500 }).toBeGreaterThan(0);
  await judged.close();
});
