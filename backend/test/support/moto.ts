import { spawn } from "node:child_process";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@streamforge/infrastructure/local";
import type { Python } from "./python.js";

/** What the way to the bucket does to a request: lets it through, answers 503, or breaks off after some bytes of it. */
export type Weather = (request: IncomingMessage) => "fine" | "503" | "breaks" | "hangs";

export interface BucketServer {
  /** Of the way that `weather` decides about. */
  endpoint: string;
  /** Set to something else at any time. */
  weather: Weather;
  /** Keys of a bucket, with their sizes. */
  list(bucket: string): Promise<{ key: string; size: number }[]>;
  read(bucket: string, key: string): Promise<Buffer>;
  /** Uploads in pieces that nobody has ended. */
  unfinished(bucket: string): Promise<number>;
  requests(): number;
  stop(): Promise<void>;
}

/** A real S3 (moto's) of the tests' own, behind a proxy of a few lines. @param bucket made at the start */
export async function startMoto(python: Python, bucket: string): Promise<BucketServer> {
  const port = await freePort();
  const child = spawn(python.program, ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
  const direct = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const made = await fetch(`${direct}/${bucket}`, { method: "PUT" }).catch(() => undefined);
    if (made?.ok) break;
    if (tries === 300) throw new Error("moto did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  let requests = 0;
  const server: BucketServer = {
    endpoint: "",
    weather: () => "fine",
    async list(name) {
      const text = await (await fetch(`${direct}/${name}?list-type=2&max-keys=1000`)).text();
      return [...text.matchAll(/<Key>(.*?)<\/Key>.*?<Size>(\d+)<\/Size>/gs)].map(([, key, size]) => ({
        key: unescaped(key as string),
        size: Number(size),
      }));
    },
    async read(name, key) {
      const response = await fetch(`${direct}/${name}/${key.split("/").map(encodeURIComponent).join("/")}`, {
        // Whose it is counts, how it is signed does not.
        headers: { authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0" },
      });
      if (!response.ok) throw new Error(`${response.status} of ${key}`);
      return Buffer.from(await response.arrayBuffer());
    },
    async unfinished(name) {
      return [...(await (await fetch(`${direct}/${name}?uploads`)).text()).matchAll(/<UploadId>/g)].length;
    },
    requests: () => requests,
    async stop() {
      proxy.closeAllConnections();
      proxy.close();
      child.kill("SIGKILL");
      await new Promise((resolve) => child.once("exit", resolve));
    },
  };
  const proxy = createServer((incoming, outgoing) => {
    requests++;
    const weather = server.weather(incoming);
    if (weather === "fine") return forward(incoming, outgoing, port);
    if (weather === "503") {
      incoming.resume();
      outgoing
        .writeHead(503, { "content-type": "application/xml" })
        .end("<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>");
    } else if (weather === "breaks") incoming.once("data", () => incoming.destroy());
    // "hangs": nobody answers.
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  server.endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  return server;
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, port: number): void {
  const { method, url: path, headers } = incoming;
  const onward = httpRequest({ host: "127.0.0.1", port, ...(method ? { method } : {}), ...(path ? { path } : {}), headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}

function unescaped(xml: string): string {
  return xml.replaceAll("&amp;", "&").replaceAll("&lt;", "<").replaceAll("&gt;", ">");
}
