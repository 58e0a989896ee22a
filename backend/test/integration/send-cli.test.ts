import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stack, startStack } from "../support/stack.js";
import { patience } from "../support/yardstick.js";
import { newSender, type Sending } from "./sending-fixture.js";

const SF = fileURLToPath(new URL("../../dist/cli/sf.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "streamforge-send-"));

let stack: Stack;
let sender: Sending;
beforeAll(async () => {
  stack = await startStack();
  sender = await newSender(stack);
}, patience(60_000));
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function sf(args: string[], input = "", url = stack.apiUrl): Promise<Ended> {
  const child = spawn(process.execPath, [SF, "--url", url, ...args], { env: { ...process.env, STREAMFORGE_KEY: sender.key } });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data: Buffer) => {
    out += data.toString();
  });
  child.stderr.on("data", (data: Buffer) => {
    err += data.toString();
  });
  child.stdin.on("error", () => {}).end(input);
  return new Promise((ended) => child.once("close", (code) => ended({ code, out, err })));
}

test("one event from standard input; with --wait until it is stored", async () => {
  expect(await sf(["send"], '{"eventId":"cli-1","eventType":"T"}')).toEqual({ code: 0, out: "cli-1 is accepted\n", err: "" });
  expect(await sf(["send", "--wait", "20"], '{"eventId":"cli-2","eventType":"T"}')).toEqual({ code: 0, out: "cli-2 is stored\n", err: "" });
  const bad = await sf(["send"], "{");
  expect([bad.code, bad.out]).toEqual([1, expect.stringContaining("invalid-json")]);
});

test("many from a file, with their counts", async () => {
  const file = join(folder, "many.ndjson");
  writeFileSync(file, '{"eventId":"m-1","eventType":"T"}\nnot json\n{"eventId":"m-2","eventType":"T"}\n');
  const { code, out } = await sf(["send", file, "--wait", "20"]);
  expect(code).toBe(1);
  expect(out).toContain('"index":1,"status":"rejected"');
  expect(out).toContain("2 accepted, 0 duplicates, 0 conflicts, 1 rejected, 0 to be sent again; 2 stored, 0 dead by now");
});

test(
  "a stream is resumed when its connection breaks, and every line is taken once",
  async () => {
    const file = join(folder, "long.ndjson");
    const filler = "x".repeat(2_000);
    const lines = Array.from({ length: 3_000 }, (_, n) => `{"eventId":"s-${n}","eventType":"T","payload":"${filler}"}\n`);
    writeFileSync(file, lines.join(""));
    const breaking = await breakingProxy(new URL(stack.apiUrl).port, [1_000_000, 2_000_000]);
    const { code, out, err } = await sf(["send", file, "--stream"], "", breaking.url);
    breaking.server.close();
    expect([code, err.match(/resuming at byte/g)?.length]).toEqual([0, 2]);
    const [, accepted, duplicates, bytes] =
      /^([\d,]+) accepted, ([\d,]+) duplicates, 0 conflicts, 0 rejected; ([\d,]+) bytes$/m.exec(out) ?? [];
    const number = (text?: string) => Number(text?.replaceAll(",", ""));
    expect(number(accepted) + number(duplicates)).toBe(3_000);
    expect(number(bytes)).toBe(lines.join("").length);
  },
  patience(60_000),
);

test("what cannot be resumed says where it ended", async () => {
  const { code, err } = await sf(["send", "--stream", "--key", "sf_live_wrong"], '{"eventType":"T"}\n');
  expect([code, err]).toEqual([1, expect.stringContaining("decided up to byte 0")]);
});

/** Passes on connections, and breaks the first ones after a number of bytes of the request. */
function breakingProxy(port: string, breakAfter: number[]): Promise<{ url: string; server: Server }> {
  const server = createServer((from: Socket) => {
    const to = connect(Number(port), "127.0.0.1");
    const most = breakAfter.shift() ?? Number.POSITIVE_INFINITY;
    let bytes = 0;
    const end = (): void => {
      from.destroy();
      to.destroy();
    };
    from.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > most) end();
    });
    from.on("error", end).on("close", end).pipe(to).on("error", end).on("close", end).pipe(from);
  });
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, server })),
  );
}
