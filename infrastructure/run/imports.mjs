#!/usr/bin/env node
// Who may import whom, as one table, and no circles. `npm run check` runs it: `node infrastructure/run/imports.mjs [folder]`.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Everything below the routes and the worker that knows the domain. */
const DOMAIN = [
  "admission",
  "ingest",
  "event-types",
  "dead-letters",
  "replay",
  "export",
  "retention",
  "erasure",
  "jobs",
  "ledger",
  "accounts",
];
/** What talks to a store, and what everybody may use. */
const STORES = ["redis", "stream", "store", "generated"];
const GROUND = ["telemetry", "config.ts", "lib", "shared"];

/**
 * A room is a folder or a file; the longest name that fits a path is its room. It may import itself, the rooms listed here, and packages
 * that nobody keeps from it.
 */
const ROOMS = {
  "backend/src/api.ts": { may: ["http", "stats", "main.ts", "process.ts", ...DOMAIN, ...STORES, ...GROUND] },
  "backend/src/worker.ts": { may: ["worker", "stats", "main.ts", "process.ts", ...DOMAIN, ...STORES, ...GROUND] },
  "backend/src/kafka.ts": { may: ["sources", "stats", "main.ts", "process.ts", ...DOMAIN, ...STORES, ...GROUND] },
  "backend/src/standalone.ts": { may: ["standalone", "accounts", "infrastructure", ...GROUND] },
  "backend/src/standalone": { may: ["main.ts", "accounts", "redis", "stream", "infrastructure", ...GROUND] },
  "backend/src/main.ts": { may: GROUND },
  "backend/src/process.ts": { may: ["redis", "stream", ...GROUND] },
  "backend/src/cli": { may: ["http", "accounts", "redis", "stream", "generated", ...GROUND] },
  "backend/src/http": { may: ["stats", ...DOMAIN, ...STORES, ...GROUND] },
  "backend/src/sources": { may: ["admission", "ingest", "stream", ...GROUND], not: ["mongodb", "pg", "fastify", "@fastify"] },
  "backend/src/worker": { may: [...DOMAIN, ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/stats": { may: ["dead-letters", "jobs", "ledger", ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/replay": { may: ["accounts", "dead-letters", "ingest", "jobs", ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/export": { may: ["accounts", "event-types", "ingest", "jobs", ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/retention": { may: ["accounts", "jobs", ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/erasure": { may: ["accounts", "ingest", "jobs", ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/jobs": { may: ["accounts", ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/dead-letters": { may: ["accounts", ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/event-types": { may: ["accounts", ...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/ledger": { may: [...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/accounts": { may: [...STORES, ...GROUND], not: ["fastify", "@fastify"] },
  "backend/src/admission": { may: ["stream", ...GROUND], not: ["mongodb", "fastify", "@fastify"] },
  "backend/src/ingest": { may: ["stream", ...GROUND], not: ["mongodb", "fastify", "@fastify"] },
  "backend/src/redis": { may: GROUND, not: ["mongodb", "pg", "fastify", "@fastify"] },
  "backend/src/stream": { may: ["redis", ...GROUND], not: ["mongodb", "pg", "fastify", "@fastify"] },
  "backend/src/store": { may: GROUND, not: ["ioredis", "pg", "fastify", "@fastify"] },
  "backend/src/telemetry": { may: ["config.ts", "lib", "shared"] },
  "backend/src/config.ts": { may: ["lib", "shared"] },
  "backend/src/lib": { may: ["shared"], not: ["mongodb", "ioredis", "pg", "fastify", "@fastify"] },
  "backend/src/generated": { may: [] },
  "frontend/src": { may: ["shared"] },
  infrastructure: { may: ["shared"] },
  "shared/src": { may: [] },
};

const PACKAGES = {
  "@streamforge/shared": "shared/src",
  "@streamforge/infrastructure": "infrastructure",
  "@streamforge/backend": "backend",
};
const SOURCE = /\.(ts|tsx|mts|mjs)$/;
const LEFT_OUT = /(^|\/)(node_modules|dist|generated)\/|\.test\.tsx?$|\.d\.ts$/;
const IMPORT = /(?:^|[^\w.])(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"|(?:^|[^\w.])import\s*\(?\s*"([^"]+)"/g;

/** Files of the rooms, as paths below `root` with `/`. */
function sources(root) {
  return Object.keys(ROOMS)
    .flatMap((room) => filesUnder(join(root, room)))
    .map((file) => relative(root, file).split(sep).join("/"))
    .filter((file, i, all) => SOURCE.test(file) && !LEFT_OUT.test(file) && all.indexOf(file) === i);
}

function filesUnder(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name !== "node_modules" && name !== "dist")
    .flatMap((name) => filesUnder(join(path, name)));
}

const roomOf = (file) =>
  Object.keys(ROOMS)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];

/** `lib` for `backend/src/lib`, as the table says it. */
const shortName = (room) => room.replace(/^backend\/src\//, "").replace(/\/src$/, "");

/** @returns for each file what it imports: `{ name, target }`, target being a file of ours, or undefined for a package */
function readImports(root, files) {
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
      const imports = [...text.matchAll(IMPORT)].map(([, from, bare]) => from ?? bare);
      return [file, imports.map((name) => ({ name, target: targetOf(root, file, name, known) }))];
    }),
  );
}

function targetOf(root, file, name, known) {
  if (!name.startsWith(".")) {
    const owner = Object.keys(PACKAGES).find((one) => name === one || name.startsWith(`${one}/`));
    return owner && PACKAGES[owner];
  }
  const path = relative(root, resolve(root, dirname(file), name))
    .split(sep)
    .join("/");
  const candidates = [path, path.replace(/\.js$/, ".ts"), path.replace(/\.js$/, ".tsx"), `${path}.ts`, `${path}.tsx`];
  return candidates.find((candidate) => known.has(candidate)) ?? path;
}

/** What stands against the table, a sentence each. */
function wrongWays(imports) {
  const found = [];
  for (const [file, names] of imports) {
    const room = roomOf(file);
    const { may, not = [] } = ROOMS[room];
    for (const { name, target } of names) {
      if (target === undefined) {
        if (not.some((one) => name === one || name.startsWith(`${one}/`)))
          found.push(`${file} imports the package ${name}, which is kept from ${shortName(room)}.`);
        continue;
      }
      const other = roomOf(target) ?? target;
      if (other !== room && !may.includes(shortName(other)))
        found.push(`${file} imports ${target}: ${shortName(room)} may import ${may.join(", ") || "nobody"}.`);
    }
  }
  return found;
}

/** Groups of files that import each other in a circle (Tarjan's strongly connected components). */
function circles(imports) {
  const at = new Map();
  const low = new Map();
  const stack = [];
  const found = [];
  const visit = (file) => {
    at.set(file, at.size);
    low.set(file, at.get(file));
    stack.push(file);
    for (const { target } of imports.get(file)) {
      if (!imports.has(target)) continue;
      if (!at.has(target)) {
        visit(target);
        low.set(file, Math.min(low.get(file), low.get(target)));
      } else if (stack.includes(target)) low.set(file, Math.min(low.get(file), at.get(target)));
    }
    if (low.get(file) !== at.get(file)) return;
    const group = stack.splice(stack.indexOf(file));
    if (group.length > 1) found.push(group.sort());
  };
  for (const file of imports.keys()) if (!at.has(file)) visit(file);
  return found;
}

const root = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "../.."));
const files = sources(root);
const imports = readImports(root, files);
const faults = [...wrongWays(imports), ...circles(imports).map((group) => `A circle of imports: ${group.join(", ")}.`)];
for (const fault of faults) console.error(fault);
console.error(`${files.length} files, ${faults.length === 0 ? "every import goes the right way, no circle" : `${faults.length} faults`}.`);
process.exitCode = faults.length > 0 ? 1 : 0;
