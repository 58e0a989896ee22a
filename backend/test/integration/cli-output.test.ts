import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";

/**
 * Every command of `sf`, found by its own help, against a server whose every string is hostile: answers are made from the OpenAPI
 * document. Nothing of it reaches the terminal as more than text.
 */

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));
/** Clears the screen, rings, sets the title by C1, turns the direction, begins a line of its own. */
const HOSTILE = "x\u001b[2J\u0007\u009d0;title\u009c\u202e\u2066\r\nFORGED line\u2028FORGED";
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come through
const REACHES_THE_TERMINAL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|^FORGED/m;
/** Where a placeholder will not do. */
const ARGUMENTS: Record<string, string[]> = { "users role": ["a@example.org", "viewer"] };
const EMAIL = "a@example.org";

interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  $ref?: string;
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
}
interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>>;
  components?: { schemas?: Record<string, Schema> };
}

let stack: Stack;
let document: Document;
let server: Server;
let url: string;
let refusing = false;

beforeAll(async () => {
  stack = await startStack({ workers: 0 });
  document = (await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as Document;
  server = createServer((request, answer) => {
    const type = refusing ? "application/problem+json" : "application/json";
    answer.writeHead(refusing ? 400 : 200, { "content-type": type, connection: "close" });
    const problem = { code: HOSTILE, title: HOSTILE, detail: HOSTILE, errors: [{ pointer: HOSTILE, detail: HOSTILE }] };
    answer.end(JSON.stringify(refusing ? problem : answerOf(request.method as string, request.url as string)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server?.close();
  await stack?.stop();
});

function answerOf(method: string, target: string): unknown {
  const asked = target.replace(/\?.*/, "");
  const [, route] =
    Object.entries(document.paths).find(([path]) => new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`).test(asked)) ?? [];
  const responses = route?.[method.toLowerCase()]?.responses ?? {};
  const success = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1];
  const schema = Object.values(success?.content ?? {})[0]?.schema;
  return schema ? sample(schema) : { detail: `OpenAPI does not say what ${method} ${target} answers` };
}

/** A value with everything that the schema allows in it. @param name of the member */
function sample(schema: Schema, name = ""): unknown {
  if (schema.$ref) return sample(document.components?.schemas?.[schema.$ref.split("/").at(-1) as string] as Schema, name);
  if (schema.const !== undefined) return schema.const;
  // The last state is one in which something has ended.
  if (schema.enum) return schema.enum.at(-1);
  const one = (schema.anyOf ?? schema.oneOf)?.find(({ type }) => type !== "null");
  if (one) return sample(one, name);
  if (name === "nextCursor") return null;
  if (name === "email") return EMAIL;
  const type = [schema.type].flat().find((each) => each !== "null");
  if (type === "array") return schema.items ? [sample(schema.items)] : [];
  if (type === "object") {
    const { properties = {}, additionalProperties } = schema;
    const more = typeof additionalProperties === "object" ? { [HOSTILE]: sample(additionalProperties) } : {};
    return { ...Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, sample(value, key)])), ...more };
  }
  if (type === "integer" || type === "number") return 1;
  if (type === "boolean") return true;
  return schema.format === "date-time" && name === "minute" ? "2026-01-01T00:00:00.000Z" : HOSTILE;
}

function sf(args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env["PATH"] ?? "", STREAMFORGE_URL: url, ADMIN_TOKEN: "a-token-of-the-test" };
    const timeout = patience(30_000);
    const child = execFile(process.execPath, [SF, ...args], { env, timeout }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
    child.stdin?.end("a password of four words\n");
  });
}

/** The commands that do something, as their help lists them. */
async function commands(path: string[] = []): Promise<{ path: string[]; positional: string[] }[]> {
  const { out } = await sf([...path, "--help"]);
  const names = [...(out.split("\nCommands:\n")[1] ?? "").matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name as string);
  const below = (await Promise.all(names.filter((name) => name !== "help").map((name) => commands([...path, name])))).flat();
  const usage = /^Usage: (.*)$/m.exec(out)?.[1] ?? "";
  // A group does nothing by itself, except where it takes options of its own.
  if (below.length > 0 && !/^ {2}--/m.test(out)) return below;
  const positional =
    ARGUMENTS[path.join(" ")] ?? [...usage.matchAll(/<(\w+)>/g)].map(([, what]) => (what === "email" ? EMAIL : `${what}-1`));
  return [...below, ...(path.length > 0 ? [{ path, positional }] : [])];
}

/** Runs a command with what it says that it needs. */
async function run(args: string[]): Promise<{ code: number; out: string; err: string }> {
  const answer = await sf(args);
  if (answer.err.includes("Say --yes") && !args.includes("--yes")) return run([...args, "--yes"]);
  const missing = /(?:required option '|needs )(--[a-z-]+)/.exec(answer.err)?.[1];
  return missing && !args.includes(missing) ? run([...args, missing, `${missing.slice(2)}-1`]) : answer;
}

test("nothing that a server says is more than text in a terminal, whatever the command", async () => {
  const found = await commands();
  expect(found.length).toBeGreaterThanOrEqual(17);
  const shown: string[] = [];
  const rounds = { text: found, refused: found, "--json": found.filter(({ path }) => path.at(-1) === "list") };
  for (const [round, several] of Object.entries(rounds)) {
    refusing = round === "refused";
    await Promise.all(
      several.map(async ({ path, positional }) => {
        const { out, err } = await run([...(round === "--json" ? [round] : []), ...path, ...positional]);
        const command = `${round}: ${path.join(" ")}`;
        expect(out, command).not.toMatch(REACHES_THE_TERMINAL);
        expect(err, command).not.toMatch(REACHES_THE_TERMINAL);
        // What was sent has an answer, and that is what `sf send` shows.
        if (refusing) expect(out + err, command).toContain("\\u001b[2J");
        else if (out.includes("\\u001b[2J")) shown.push(command);
        if (round === "--json") expect(JSON.stringify(JSON.parse(out)), command).toContain(JSON.stringify(HOSTILE).slice(1, -1));
      }),
    );
  }
  console.log(`${found.length} commands, hostile text shown by: ${shown.sort().join(", ")}`);
  // Of the others the text says what was asked for.
  expect(shown.length).toBeGreaterThanOrEqual(14);
});
