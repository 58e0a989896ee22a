import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@streamforge/infrastructure/local";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDuplex } from "../support/duplex.js";
import { sleep } from "../support/judged.js";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { NDJSON, newSender, type Sending } from "./sending-fixture.js";

/** The frontend's own nginx, with the configuration that the container has. */

const TEMPLATE = fileURLToPath(new URL("../../../infrastructure/docker/nginx.conf.template", import.meta.url));
/** Where it is, when it is not on PATH. */
const NGINX = process.env.NGINX ?? "nginx";
const hasNginx = spawnSync(NGINX, ["-v"]).error === undefined;
if (!hasNginx) console.log("nginx is not installed (apt-get install nginx-light): what goes through it is not tested here");

describe.skipIf(!hasNginx)("through nginx", () => {
  let stack: Stack;
  let nginx: ChildProcess;
  let url: string;
  let sender: Sending;
  const folder = mkdtempSync(join(tmpdir(), "streamforge-nginx-"));

  beforeAll(async () => {
    const [h2cPort, port] = [await freePort(), await freePort()];
    stack = await startStack({ env: { MAX_BACKLOG_EVENTS: "100000000", TRUST_PROXY: "127.0.0.1" }, apiEnv: { H2C_PORT: String(h2cPort) } });
    url = `http://127.0.0.1:${port}`;
    sender = await newSender(stack, { apiUrl: url });
    const settings: Record<string, string> = {
      API_URL: stack.apiUrl,
      API_H2C_URL: `grpc://127.0.0.1:${h2cPort}`,
      NGINX_LOCAL_RESOLVERS: "127.0.0.1",
    };
    const server = readFileSync(TEMPLATE, "utf8")
      .replaceAll(/\$\{(\w+)\}/g, (_, name: string) => settings[name] as string)
      .replace("listen 3000;", `listen 127.0.0.1:${port};`)
      .replace("root /usr/share/nginx/html;", `root ${folder};`);
    mkdirSync(join(folder, "temp"));
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/temp/${name};`);
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log warn;
events { worker_connections 256; }
http { access_log off; ${paths.join(" ")}
${server} }`,
    );
    nginx = spawn(NGINX, ["-p", folder, "-e", `${folder}/error.log`, "-c", `${folder}/nginx.conf`], { stdio: "inherit" });
    const until = Date.now() + patience(10_000);
    while (
      Date.now() < until &&
      !(await fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      ))
    )
      await sleep(50);
  }, patience(60_000));
  afterAll(async () => {
    nginx?.kill("SIGKILL");
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const event = (eventId: string, filler = "") => `${JSON.stringify({ eventId, eventType: "TICK", payload: { filler } })}\n`;

  test("each line is answered before the next is sent", async () => {
    const upload = openDuplex(url, sender.key);
    for (let n = 0; n < 5; n++) {
      await upload.send(event(`ng-${n}`));
      expect(await upload.next()).toMatchObject({ index: n, status: "accepted" });
    }
    upload.finish();
    expect(await upload.rest()).toMatchObject([{ summary: { accepted: 5 } }]);
  });

  test(
    "an upload at full speed never stands still",
    async () => {
      const upload = openDuplex(url, sender.key);
      const filler = "x".repeat(8_000);
      const reading = upload.rest();
      for (let n = 0; n < 4_000; n++) await upload.send(event(`fast-${n}`, filler));
      upload.finish();
      const answered = await reading;
      expect(answered).toHaveLength(4_001);
      expect(answered[4_000]).toMatchObject({ summary: { accepted: 4_000 } });
    },
    patience(120_000),
  );

  test("without lines the answer is what it was; problems keep their status", async () => {
    const whole = await sender.post("/v1/ingest/stream", event("whole"), NDJSON);
    expect([whole.status, whole.body.accepted]).toEqual([202, 1]);
    expect((await sender.post("/v1/ingest/stream", "x", { "content-type": "text/plain" })).status).toBe(415);
    const stranger = await fetch(`${url}/v1/ingest/stream`, { method: "POST", headers: NDJSON, body: event("none") });
    expect([stranger.status, stranger.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  });

  test("a client that breaks off is noticed, and resumes", async () => {
    const first = openDuplex(url, sender.key);
    await first.send(event("broken-1"));
    const { offset } = await first.next();
    await first.send('{"eventId":"half');
    first.breakOff();
    const second = openDuplex(url, sender.key, { "x-stream-offset": offset });
    await second.send(event("broken-2"));
    second.finish();
    expect(await second.rest()).toMatchObject([{ eventId: "broken-2", status: "accepted" }, { summary: { accepted: 1 } }]);
  });

  test("a producer can wait for what becomes of its event", async () => {
    const answer = await sender.post("/v1/events", event("waits"), { prefer: "wait=20" });
    expect([answer.status, answer.headers.get("preference-applied")]).toEqual([201, "wait=20"]);
  });
});
