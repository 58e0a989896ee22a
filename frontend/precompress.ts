import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import type { Plugin } from "vite";

/** Below this a compressed file saves less than a packet. */
const WORTH_BYTES = 1024;

const compressions = [
  { ending: ".br", compress: promisify(brotliCompress) },
  { ending: ".gz", compress: promisify(gzip) },
] as const;

/** Writes a `.br` and a `.gz` beside what is worth it, once, so that no server compresses the same file for every visit. */
export function precompress(): Plugin {
  let folder = "";
  return {
    name: "precompress",
    apply: "build",
    configResolved: (config) => {
      folder = join(config.root, config.build.outDir);
    },
    async closeBundle() {
      const names = await readdir(folder, { recursive: true });
      await Promise.all(names.filter((name) => /\.(js|css|svg)$/.test(name)).map((name) => shrink(join(folder, name))));
    },
  };
}

async function shrink(file: string): Promise<void> {
  const content = await readFile(file);
  if (content.length < WORTH_BYTES) return;
  await Promise.all(compressions.map(async ({ ending, compress }) => writeFile(file + ending, await compress(content))));
}
