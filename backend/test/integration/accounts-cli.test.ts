import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Authenticator } from "../../src/accounts/authenticator.js";
import { createKeyService } from "../../src/accounts/keys.js";
import { createAuth } from "../../src/http/auth.js";
import { asProblem, sendProblem } from "../../src/http/refusals.js";
import { keyRoutes } from "../../src/http/routes/keys.js";
import { type Accounts, NO_GUESSES, startAccounts, until } from "./accounts-fixture.js";

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));
const ADMIN_TOKEN = "admin-token-of-the-test";

let accounts: Accounts;
let authenticator: Authenticator;
let server: FastifyInstance;
let url: string;

beforeAll(async () => {
  accounts = await startAccounts();
  authenticator = await accounts.authenticator();
  server = fastify();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler((error: FastifyError, request, reply) => sendProblem(request, reply, asProblem(error)));
  const auth = createAuth({
    authenticator,
    sessions: { read: async () => null },
    guesses: NO_GUESSES,
    config: { ...accounts.config, ADMIN_TOKEN },
  });
  auth.install(server);
  server.register(
    keyRoutes({ auth, keyService: createKeyService({ prisma: accounts.prisma, announcer: authenticator, config: accounts.config }) }),
  );
  url = await server.listen({ port: 0, host: "127.0.0.1" });
});
afterAll(async () => {
  await server.close();
  await accounts.stop();
});

function sf(args: string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    // Only what is given: settings of the shell that runs the tests must not decide them.
    execFile(process.execPath, [SF, ...args], { env: { PATH: process.env["PATH"] ?? "", ...env } }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

async function roundTrip(env: Record<string, string>): Promise<void> {
  const made = await sf(["--json", "keys", "create", "--tenant", "acme", "--name", "till", "--scope", "events:write", "events:read"], env);
  expect(made).toMatchObject({ code: 0, err: "" });
  const { id, key, scopes } = JSON.parse(made.out);
  expect(scopes).toEqual(["events:write", "events:read"]);
  expect(await authenticator.authenticateKey(key)).toMatchObject({ tenantId: "acme", name: "till" });

  const list = await sf(["keys", "list", "--tenant", "acme"], env);
  expect(list.out).toMatch(new RegExp(`${id}\\s+acme\\s+till\\s+events:write,events:read\\s+active`));
  expect(list.out).not.toContain(key.slice(21));

  expect(await sf(["keys", "revoke", id], env)).toMatchObject({ code: 0, err: "" });
  await until(async () => (await authenticator.authenticateKey(key)) === null, 1_000);
  expect(await sf(["keys", "revoke", "nosuchkey"], env)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/no such key|no key nosuchkey/),
  });
}

describe("npm run sf", () => {
  it("makes, lists and revokes keys over HTTP", () => roundTrip({ STREAMFORGE_URL: url, ADMIN_TOKEN }));

  it("does the same on Postgres itself where there is no credential, and running servers hear of it", () => {
    const { DATABASE_URL, REDIS_URL, KEY_PEPPER } = accounts.config;
    return roundTrip({ STREAMFORGE_URL: url, DATABASE_URL, REDIS_URL, KEY_PEPPER });
  });

  it("explains itself", async () => {
    expect((await sf(["--help"])).out).toMatch(/keys[\s\S]*status/);
    expect((await sf(["keys", "create", "--help"])).out).toContain("--tenant <id>");
  });

  it("says what to do when it cannot continue", async () => {
    const nowhere = { STREAMFORGE_URL: "http://127.0.0.1:1" };
    expect(await sf(["status"], nowhere)).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/No StreamForge answers at http:\/\/127.0.0.1:1.*npm start/),
    });
    expect(await sf(["keys", "list"], nowhere)).toMatchObject({ code: 1, err: expect.stringMatching(/ADMIN_TOKEN.*DATABASE_URL/) });
    expect(await sf(["keys", "list"], { STREAMFORGE_URL: url, ADMIN_TOKEN: "another-token-entirely" })).toMatchObject({
      code: 1,
      err: expect.stringContaining("ADMIN_TOKEN"),
    });
    const noPostgres = { DATABASE_URL: "postgresql://postgres@127.0.0.1:1/streamforge" };
    expect(await sf(["keys", "list"], noPostgres)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^Postgres does not answer at DATABASE_URL/),
    });
    expect(await sf(["keys", "create", "--tenant", "acme", "--scope", "everything"], nowhere)).toMatchObject({
      code: 1,
      err: expect.stringContaining("Allowed choices"),
    });
  });
});
