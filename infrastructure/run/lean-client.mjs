import { readFileSync, writeFileSync } from "node:fs";

const IMPORTED = /const \{ wasm \} = await import\("(@prisma\/client\/runtime\/[^"]+)"\)\s+return await decodeBase64AsWasm\(wasm\)/;

/**
 * Lets Prisma's generated client read its query compiler as a file. As generated it imports it, and a module that was imported
 * stays: 4.6 MB of base64 in every API process, for what is needed once. A client that looks different stays as it is.
 * @param {string} path of `internal/class.ts` in the generated client
 */
export function leanClient(path) {
  const source = readFileSync(path, "utf8");
  const lean = source.replace(
    IMPORTED,
    (_, module) => `const { readFileSync } = await import("node:fs")
    const text = readFileSync(new URL(import.meta.resolve("${module}")), "latin1")
    const from = text.indexOf('"') + 1
    return await decodeBase64AsWasm(text.slice(from, text.indexOf('"', from)))`,
  );
  if (lean !== source) writeFileSync(path, lean);
}
