import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { ProblemCode } from "@streamforge/shared";
import { notAllowed, problem, problemDocument } from "./problems.js";

/** Node's own switch, which its types do not name. */
type HalfOpenServer = Server & { httpAllowHalfOpen?: boolean };

/** The answer that is due next on a connection, as Node keeps it. */
type Answering = Socket & { _httpMessage?: ServerResponse | null };

/** Whose handler was told that the body broke off: it answers, and nothing that comes behind may overtake that. */
const told = new WeakSet<object>();

/** How long what still comes on a connection that was given its last answer is read and thrown away. */
export const LINGER_MS = 2_000;

/** Clients that close their half of the connection as soon as they have sent everything get their answers. */
export function allowHalfOpen(server: Server): void {
  // Node would take in the event and drop the answer.
  (server as HalfOpenServer).httpAllowHalfOpen = true;
  server.on("connection", (socket: Answering) => {
    // One that has closed its half within a body will never end it; behind `Upgrade` the parser does not say so.
    socket.on("end", () => {
      if (socket._httpMessage?.req.complete === false) answerGarbage(new Error("half a body"), socket);
    });
  });
}

/**
 * Bounds the connections of all, and gives one address half of them at most. One too many makes another give way: of the address
 * that has most, the oldest that waits for a request or for the rest of one. What is being answered stays.
 */
export function boundConnections(server: Server, most: number): void {
  const byAddress = new Map<string, Set<Answering>>();
  let open = 0;
  server.on("connection", (socket: Answering) => {
    const address = socket.remoteAddress ?? "";
    const own = byAddress.get(address) ?? new Set();
    byAddress.set(address, own.add(socket));
    open++;
    socket.once("close", () => {
      open--;
      own.delete(socket);
      if (own.size === 0 && byAddress.get(address) === own) byAddress.delete(address);
    });
    if (own.size > most / 2) oldestUnasked(own, socket).destroy();
    else if (open > most) oldestUnasked(largest(byAddress.values()), socket).destroy();
  });
}

function largest(sets: Iterable<Set<Answering>>): Set<Answering> {
  let found = new Set<Answering>();
  for (const set of sets) if (set.size > found.size) found = set;
  return found;
}

function oldestUnasked(sockets: Set<Answering>, newest: Answering): Answering {
  for (const socket of sockets) if (!socket.destroyed && socket._httpMessage?.req.complete !== true) return socket;
  return newest;
}

/** A refusal by HTTP itself, whose status is none of the problem's. */
interface Refusal {
  status: number;
  code: ProblemCode;
  detail: string;
  headers?: Record<string, string>;
}

/** Methods that a path takes. */
export type AllowedAt = (path: string) => string[];

const GARBAGE: Record<string, Refusal> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: "request-timeout", detail: "The request came too slowly." },
  HPE_HEADER_OVERFLOW: { status: 431, code: "invalid-request", detail: "The headers have more than 16 KiB." },
};

/**
 * Answers what is no HTTP request. There is no request to answer by the usual way, only a socket. Requests before it are answered
 * first: a producer would take this 400 for the answer to an event that was accepted.
 */
export function answerGarbage(error: NodeJS.ErrnoException, socket: Socket, allowedAt: AllowedAt = () => []): void {
  const due = (socket as Answering)._httpMessage;
  if (due?.req.complete && !socket.destroyed) return void due.once("close", () => answerGarbage(error, socket, allowedAt));
  // Who reads the body knows how far it came, and answers: events of a stream have been taken in.
  if (due && told.has(due.req) && error.code !== "ECONNRESET") return;
  if (due?.req.listenerCount("aborted") && !due.headersSent) {
    told.add(due.req);
    due.setHeader("Connection", "close");
    return void due.req.emit("aborted");
  }
  // Answered already: what still comes is thrown away until the connection closes.
  if (socket.writableEnded) return;
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) return void socket.destroy();
  const noRequest: Refusal = { status: 400, code: "invalid-request", detail: "This is no HTTP request." };
  const known = GARBAGE[error.code ?? ""] ?? unknownMethod(error, allowedAt) ?? noRequest;
  const { headers, body } = answerTo(known);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${known.status} ${STATUS_CODES[known.status]}\r\n${lines.join("")}\r\n${body}`);
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
}

/** Answers an `Expect` that is not `100-continue`. Its body may come or not, so the connection ends. */
export function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  const detail = `Expect: ${String(request.headers.expect).slice(0, 100)} cannot be met. Send Expect: 100-continue, or none.`;
  const { headers, body } = answerTo({ status: 417, code: "invalid-request", detail });
  response.writeHead(417, headers).end(body);
}

/** A method that Node's parser does not know: it never becomes a request, yet its first line is well-formed. */
function unknownMethod(
  error: NodeJS.ErrnoException & { rawPacket?: Buffer; bytesParsed?: number },
  allowedAt: AllowedAt,
): Refusal | undefined {
  if (error.code !== "HPE_INVALID_METHOD") return undefined;
  const line = /^([A-Z][A-Z-]{0,30}) (\/[^\s?]*)\S* HTTP\/1\.[01]\r?\n/i.exec(error.rawPacket?.toString("latin1", 0, 4096) ?? "");
  const [, method, path] = line ?? [];
  if (method === undefined || path === undefined) return undefined;
  // Further on in the packet the garbage stands behind a request that was one, and this line is that one's.
  if ((error.bytesParsed ?? 0) > method.length) return undefined;
  const allowed = allowedAt(path);
  if (allowed.length === 0) return { status: 404, code: "not-found", detail: `There is no ${method} ${path}.` };
  const { code, message, headers } = notAllowed(method, path, allowed);
  return { status: 405, code, detail: message, headers };
}

function answerTo({ status, code, detail, headers }: Refusal): { headers: Record<string, string | number>; body: string } {
  const correlationId = randomUUID();
  const body = JSON.stringify({ ...problemDocument(problem(code, detail), "", correlationId), instance: undefined, status });
  return {
    headers: {
      ...headers,
      "Content-Type": "application/problem+json",
      "Content-Length": Buffer.byteLength(body),
      "X-Correlation-Id": correlationId,
      Connection: "close",
    },
    body,
  };
}
