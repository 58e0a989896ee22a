import { Counter, Gauge } from "prom-client";
import { expect, test } from "vitest";
import { expose, type Family } from "./exposition.js";
import { createRegistry, createWorkerMetrics } from "./metrics.js";

const OPEN =
  "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
const SPAN = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true, tracestate: "" };

async function families(): Promise<Family[]> {
  const registry = createRegistry();
  const metrics = createWorkerMetrics(registry, true);
  metrics.wrote(0.2, SPAN);
  metrics.wrote(0.002);
  new Gauge({ name: "own_gauge", help: "one", registers: [registry] }).set(3);
  new Counter({ name: "own_total", help: "one", registers: [registry] }).inc(2);
  return (await registry.getMetricsAsJSON()) as Family[];
}

test("OpenMetrics for who asks for it: an exemplar beside the bucket that its span fell into", async () => {
  const { contentType, text } = await expose(await families(), OPEN);
  expect(contentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
  expect(text.endsWith("\n# EOF\n")).toBe(true);
  expect(text).toContain("# TYPE own counter\nown_total 2\n");
  const buckets = text.split("\n").filter((line) => line.startsWith("streamforge_db_write_duration_seconds_bucket"));
  const marked = buckets.filter((line) => line.includes(" # "));
  expect(marked).toHaveLength(1);
  expect(marked[0]).toMatch(
    /^\S+\{le="0\.25"\} 2 # \{trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"\} 0\.2 \d+(\.\d+)?$/,
  );
});

test("text as before for everybody else, also after somebody had OpenMetrics", async () => {
  const all = await families();
  await expose(all, OPEN);
  for (const accept of [undefined, "*/*", "text/plain", "application/openmetrics-text;q=0", "text/plain, application/openmetrics-text"]) {
    const { contentType, text } = await expose(all, accept);
    expect(contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(text).toContain("# TYPE own_total counter\nown_total 2\n");
    expect(text).not.toContain("trace_id");
  }
});

test("families of one name become one, with the values of all", async () => {
  const labelled = (await families()).map((family) => ({
    ...family,
    values: family.values.map((value) => ({ ...value, labels: { ...value.labels, worker: "w" } })),
  }));
  const { text } = await expose([...(await families()), ...labelled], OPEN);
  const names = text.split("\n").filter((line) => line.startsWith("# TYPE"));
  expect(new Set(names).size).toBe(names.length);
  expect(text).toContain('own_total 2\nown_total{worker="w"} 2\n');
});
