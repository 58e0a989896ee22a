import { readFileSync } from "node:fs";

/** Loads a `.lua` file; the path is the same from `src` and from `dist`. */
export function luaScript(name: string): string {
  return readFileSync(new URL(`../../src/stream/scripts/${name}.lua`, import.meta.url), "utf8");
}
