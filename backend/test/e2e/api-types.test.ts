import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Stack, startStack } from "../support/stack.js";

const FRONTEND = new URL("../../../frontend/", import.meta.url);
const at = (path: string): string => fileURLToPath(new URL(path, FRONTEND));

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ workers: 0 });
});
afterAll(() => stack?.stop());

/**
 * The dashboard's types are made from what a running API says of itself, so that a route that changes its shape breaks the
 * dashboard's build and not its users. `npm run api:types` runs this with -u, which writes the file.
 */
it("the dashboard's types are those of the API; npm run api:types makes them so", async () => {
  const types = execFileSync(process.execPath, [at("scripts/api-types.mjs"), stack.apiUrl], {
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
  });
  expect(types).toContain('"/v1/events"');
  await expect(types).toMatchFileSnapshot(at("src/api/schema.d.ts"));
});
