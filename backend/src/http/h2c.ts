import { type Server as HttpServer, request as httpRequest, type IncomingMessage } from "node:http";
import { constants, createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { type Duplex, duplexPair } from "node:stream";

export interface H2cOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** The one path that is served. */
  path: string;
}

/** They belong to a connection and not to what travels on it, and HTTP/2 has none of them. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);
/** A session that is asked to end has so long to finish. */
const END_MS = 1_000;

/**
 * A second door to one path, in HTTP/2 without TLS, for a proxy in front. nginx speaks HTTP/1.1 to what it proxies only until the answer
 * begins: if the rest of the request then has to wait once, it waits for ever (`grpc_pass` does not have that). Each stream becomes a
 * connection of the HTTP/1.1 server, without a socket, from the proxy's address: all of that server's rules hold.
 */
export async function serveH2c(server: HttpServer, { host, port, path }: H2cOptions): Promise<{ port: number; close(): Promise<void> }> {
  const http2 = createServer({ settings: { maxConcurrentStreams: 256 } });
  const sessions = new Set<{ close(): void; destroy(): void }>();
  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session)).on("error", () => {});
  });
  http2.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const isServed = headers[":path"]?.split("?", 1)[0] === path;
    if (isServed) forward(server, stream, headers);
    else stream.respond({ ":status": 404 }, { endStream: true });
  });
  await new Promise<void>((resolve, reject) => {
    http2.once("error", reject);
    http2.listen({ host, port }, resolve);
  });
  return {
    port: (http2.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => http2.close(() => resolve()));
      for (const session of sessions) session.close();
      const timer = setTimeout(() => {
        for (const session of sessions) session.destroy();
      }, END_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

function forward(server: HttpServer, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  const connection = connectTo(server, stream.session?.socket.remoteAddress);
  const request = httpRequest({
    method: headers[":method"] ?? "GET",
    path: headers[":path"] ?? "/",
    headers: headersIn(headers),
    createConnection: () => connection,
  });
  const giveUp = (): void => {
    request.destroy();
    if (!stream.closed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  };
  stream.once("close", () => request.destroy());
  stream.pipe(request);
  request.on("error", giveUp);
  request.once("response", (answer) => {
    stream.respond(headersOut(answer));
    answer.pipe(stream);
    answer.on("error", giveUp);
    // What is left of the request is not wanted any more.
    stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  });
}

/** A connection to the server that has no socket. */
function connectTo(server: HttpServer, remoteAddress: string | undefined): Duplex {
  const [ours, theirs] = duplexPair();
  Object.assign(theirs, { remoteAddress });
  for (const [one, other] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    one.on("error", () => {}).once("close", () => other.destroy());
  }
  server.emit("connection", theirs);
  return ours;
}

function headersIn(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !name.startsWith(":") && !HOP_BY_HOP.has(name));
  const authority = headers[":authority"] ?? headers.host;
  const isChunked = headers["content-length"] === undefined;
  return { ...Object.fromEntries(kept), host: authority, ...(isChunked ? { "transfer-encoding": "chunked" } : {}) };
}

function headersOut({ statusCode, headers }: IncomingMessage): OutgoingHttpHeaders {
  return { ...Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name))), ":status": statusCode };
}
