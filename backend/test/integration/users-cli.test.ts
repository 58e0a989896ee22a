import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patience } from "../support/yardstick.js";
import { ADMIN_TOKEN, type People, startPeople } from "./users-fixture.js";

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));

let people: People;
beforeAll(async () => {
  people = await startPeople();
});
afterAll(() => people.stop());

function sf(args: string[], env: Record<string, string>, input = ""): Promise<{ code: number | null; out: string; err: string }> {
  // Only what is given: settings of the shell that runs the tests must not decide them.
  const child = spawn(process.execPath, [SF, ...args], { env: { PATH: process.env["PATH"] ?? "", ...env } });
  const said = { out: "", err: "" };
  child.stdout.on("data", (data) => {
    said.out += data;
  });
  child.stderr.on("data", (data) => {
    said.err += data;
  });
  child.stdin.end(input);
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, ...said })));
}

async function roundTrip(env: Record<string, string>, email: string): Promise<void> {
  const made = await sf(["--json", "users", "create", email, "--role", "operator"], env);
  expect(made).toMatchObject({ code: 0, err: "" });
  const { password } = JSON.parse(made.out);
  const { as, status } = await people.signIn(email, { password });
  expect(status).toBe(200);
  expect((await sf(["users", "list"], env)).out).toMatch(new RegExp(`${email}\\s+operator\\s+active`));

  expect(await sf(["users", "passwd", email, "--stdin"], env, "plum ladder seven\n")).toMatchObject({ code: 0, err: "" });
  expect((await people.call("GET", "/v1/me", as)).status).toBe(401);
  const second = await people.signIn(email, { password: "plum ladder seven" });
  expect(second.status).toBe(200);
  expect((await sf(["users", "role", email, "viewer"], env)).out).toContain("is viewer now");
  expect((await people.call("GET", "/v1/me", second.as)).status).toBe(401);
  expect((await sf(["users", "disable", email], env)).out).toContain("disabled");
  expect((await people.signIn(email, { password: "plum ladder seven" })).status).toBe(401);
  expect((await sf(["users", "enable", email], env)).code).toBe(0);
  expect((await people.signIn(email, { password: "plum ladder seven" })).status).toBe(200);

  expect(await sf(["users", "passwd", "nobody@test"], env)).toMatchObject({ code: 1, err: expect.stringContaining("sf users list") });
  expect(await sf(["users", "create", email], env)).toMatchObject({ code: 1, err: expect.stringContaining("already") });
  for (const wrong of [
    ["role", email, "root"],
    ["create", "no-address"],
  ])
    expect((await sf(["users", ...wrong], env)).code).toBe(1);
}

describe("npm run sf users", () => {
  it(
    "adds, lists, changes and disables people over HTTP",
    () => roundTrip({ STREAMFORGE_URL: people.url, ADMIN_TOKEN }, "by-http@test"),
    120_000,
  );

  it(
    "does the same on Postgres itself, as after the last admin's password was lost",
    () => {
      const { DATABASE_URL, REDIS_URL } = people.accounts.config;
      return roundTrip({ STREAMFORGE_URL: people.url, DATABASE_URL, REDIS_URL }, "by-postgres@test");
    },
    patience(120_000),
  );

  it(
    "keeps the last admin, and asks for a password that is long enough",
    async () => {
      const { DATABASE_URL, REDIS_URL } = people.accounts.config;
      const { email } = await people.person("admin");
      const ways: Record<string, string>[] = [
        { STREAMFORGE_URL: people.url, ADMIN_TOKEN },
        { DATABASE_URL, REDIS_URL },
      ];
      for (const env of ways) {
        expect(await sf(["users", "disable", email], env)).toMatchObject({ code: 1, err: expect.stringContaining("last admin") });
        expect(await sf(["users", "passwd", email, "--stdin"], env, "short\n")).toMatchObject({
          code: 1,
          err: expect.stringContaining("12"),
        });
        expect(await sf(["users", "passwd", email, "--stdin"], env)).toMatchObject({ code: 1, err: expect.stringContaining("empty") });
      }
    },
    patience(120_000),
  );
});
