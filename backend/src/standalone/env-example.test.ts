import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configSchema, loadConfig } from "../config.js";
import { ENV_EXAMPLE_FILE, envExample } from "./env-example.js";

test(".env.example is what `npm run env:example` writes now", () => {
  expect(readFileSync(ENV_EXAMPLE_FILE, "utf8")).toBe(envExample());
});

test("its lines, uncommented, are the defaults", () => {
  const given = Object.fromEntries(
    envExample()
      .split("\n")
      .map((line) => /^# ([A-Z0-9_]+)=(.*)$/.exec(line))
      .filter((found) => found !== null)
      .map(([, name, value]) => [name, value]),
  );
  expect(Object.keys(given)).toEqual(Object.keys(configSchema.shape));
  expect(loadConfig(given)).toEqual(loadConfig({}));
});
