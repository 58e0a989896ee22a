import type { Db } from "mongodb";

/** First version of each series without CVE-2025-14847 (the vendor's SERVER-115508); a series up to 8.2 that is not here has none. */
const WITHOUT_HOLE: Readonly<Record<string, number>> = { "4.4": 30, "5.0": 32, "6.0": 27, "7.0": 28, "8.0": 17, "8.2": 3 };

/** What is known to be wrong with this server, in a sentence to warn with; undefined when nothing is. */
export async function knownHole(db: Db): Promise<string | undefined> {
  const { version } = await db.admin().buildInfo();
  const { compression } = await db.admin().command({ hello: 1, compression: ["zlib"] });
  return holeOf(version, compression?.includes("zlib") ?? false);
}

/**
 * @param version as MongoDB tells it, `6.0.5`
 * @param zlib whether it decompresses zlib, through which the memory is read
 */
export function holeOf(version: string, zlib: boolean): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const first = WITHOUT_HOLE[`${major}.${minor}`];
  if (major > 8 || (major === 8 && minor > 2) || (first !== undefined && patch >= first)) return undefined;
  const remedy = `move to ${first === undefined ? "8.0.17" : `${major}.${minor}.${first}`} or later`;
  return zlib
    ? `MongoDB ${version} lets anyone who can connect read its memory (CVE-2025-14847): start it with --networkMessageCompressors disabled now, and ${remedy}`
    : `MongoDB ${version} has a known hole (CVE-2025-14847), which is closed while zlib stays disabled; ${remedy}`;
}
