import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { expose, type Family } from "./exposition.js";

export interface HealthServerOptions {
  host: string;
  /** When it is taken, the next ones are tried: several workers run on one machine. */
  port: number;
  registry: Registry;
  /** Names the port's setting, for who finds all of them taken. */
  portSetting?: "WORKER_PORT" | "KAFKA_PORT";
  /** What the process needs, by name. */
  check: () => Promise<Record<string, boolean>>;
}

const PORTS_TRIED = 100;

/** The small server of a process that has no other: a worker, a source: liveness, readiness, metrics. */
export async function serveHealth(options: HealthServerOptions): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const path = request.url?.split("?")[0] ?? "/";
    if (path === "/metrics") {
      const metrics = (await options.registry.getMetricsAsJSON()) as Family[];
      const { contentType, text } = await expose(metrics, request.headers.accept);
      response.setHeader("content-type", contentType);
      response.end(text);
      return;
    }
    const live = path === "/live" || path === "/healthz";
    const known = live || path === "/health" || path === "/ready" || path === "/readyz";
    const parts = live || !known ? {} : await options.check();
    const ok = Object.values(parts).every(Boolean);
    response.writeHead(known ? (ok ? 200 : 503) : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(known ? { status: ok ? "ok" : "down", ...parts } : { status: 404, title: "Nothing here" }));
  });

  const listen = (port: number): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => (error.code === "EADDRINUSE" ? resolve(false) : reject(error));
      server.once("error", failed);
      server.listen(port, options.host, () => {
        server.off("error", failed);
        resolve(true);
      });
    });
  const tries = options.port === 0 ? 1 : PORTS_TRIED;
  for (let i = 0; i < tries; i++) {
    if (await listen(options.port + i)) break;
    if (i === tries - 1)
      throw new Error(`Ports ${options.port} to ${options.port + i} are all taken; set ${options.portSetting ?? "WORKER_PORT"}.`);
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
