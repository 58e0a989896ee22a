import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";

const CHECKER = join(process.cwd(), "infrastructure/run/imports.mjs");
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs the check over a tree of these files. */
function check(files: Record<string, string>): Promise<{ code: number; said: string }> {
  const root = mkdtempSync(join(tmpdir(), "streamforge-imports-"));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return new Promise((done) =>
    execFile(process.execPath, [CHECKER, root], (error, _stdout, stderr) => done({ code: Number(error?.code ?? 0), said: stderr })),
  );
}

test("an import that goes down is allowed", async () => {
  const { code, said } = await check({
    "backend/src/http/route.ts": 'import { append } from "../ingest/append.js";\nimport { code } from "@streamforge/shared";\n',
    "backend/src/ingest/append.ts": "export const append = 1;\n",
  });
  expect(said).toContain("2 files, every import goes the right way");
  expect(code).toBe(0);
});

test.each([
  ["up", "backend/src/ingest/append.ts", 'import { route } from "../http/route.js";', "ingest may import"],
  ["up, as a type over several lines", "backend/src/store/x.ts", 'import type {\n  A,\n} from "../worker/a.js";', "store may import"],
  ["up, again exported", "backend/src/lib/x.ts", 'export * from "../config.js";', "lib may import"],
  ["up, when it runs", "backend/src/telemetry/x.ts", 'const later = await import("../stats/x.js");', "telemetry may import"],
  ["to a package kept from it", "backend/src/ingest/x.ts", 'import { Db } from "mongodb";', "the package mongodb"],
  ["to a part of such a package", "backend/src/worker/x.ts", 'import cors from "@fastify/cors";', "the package @fastify/cors"],
  ["from the page to the server", "frontend/src/x.ts", 'import { y } from "@streamforge/backend";', "frontend may import shared"],
  ["from shared to anybody", "shared/src/x.ts", 'import { y } from "@streamforge/infrastructure/judge";', "shared may import nobody"],
])("an import %s is refused", async (_, file, text, sentence) => {
  const { code, said } = await check({ [file]: `${text}\n` });
  expect(said).toContain(sentence);
  expect(code).toBe(1);
});

test("a circle is found, also of types alone; what a comment names is no import", async () => {
  const { code, said } = await check({
    "backend/src/ledger/a.ts": 'import { b } from "./b.js";\n',
    "backend/src/ledger/b.ts": 'import type { C } from "./c.js";\n',
    "backend/src/ledger/c.ts": 'import { a } from "./a.js";\n',
    "backend/src/ledger/d.ts": '// import { e } from "./e.js";\n',
    "backend/src/ledger/e.ts": 'import { d } from "./d.js";\n',
  });
  expect(said).toContain("A circle of imports: backend/src/ledger/a.ts, backend/src/ledger/b.ts, backend/src/ledger/c.ts.");
  expect(said.match(/A circle/g)).toHaveLength(1);
  expect(code).toBe(1);
});
