import { expect, test } from "vitest";
import { traceIdOf, traceUrlOf } from "./trace-url.js";

const ID = "0af7651916cd43dd8448eb211c80319c";

test("an event's trace is linked where its page is known", () => {
  const id = traceIdOf(`00-${ID}-b7ad6b7169203331-01`);
  expect(id).toBe(ID);
  expect(traceUrlOf("https://traces.example.org/trace/{traceId}?from={traceId}", id)).toBe(
    `https://traces.example.org/trace/${ID}?from=${ID}`,
  );
  expect(traceUrlOf(null, id)).toBeUndefined();
  expect(traceUrlOf("https://traces.example.org/{traceId}", traceIdOf(undefined))).toBeUndefined();
  expect(traceIdOf("javascript:alert(1)")).toBeUndefined();
});
