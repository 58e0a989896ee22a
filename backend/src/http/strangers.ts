import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of strangers that begin in one turn of the event loop. */
const IN_A_TURN = 8;

/**
 * Requests that wait on one connection. Node stops reading a connection only when unsent answers pile up, and what waits has none:
 * without a bound, pipelined requests of one connection would fill the memory.
 */
const MOST_WAITING = 100;

interface Begun {
  request: IncomingMessage;
  response: ServerResponse;
}

/** Connections on which a credential was good. */
const known = new WeakSet<Socket>();

/** Its later requests wait for nobody. */
export function nowKnown(socket: Socket): void {
  known.add(socket);
}

/**
 * Requests on connections of which nothing good is known begin a few at a time. 2,000 that come at once would all be answered in
 * one turn of the event loop, for up to a second, in which no known client is served.
 */
export function strangersInTurns(server: Server): void {
  const handlers = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  const begin = ({ request, response }: Begun): void => {
    for (const handle of handlers) handle.call(server, request, response);
  };
  /** By connection, so that what is pipelined stays in order. */
  const waiting = new Map<Socket, Begun[]>();
  let begun = 0;
  const nextTurn = (): void => {
    begun = 0;
    for (const [socket, [first, ...others]] of waiting) {
      if (begun === IN_A_TURN) break;
      waiting.delete(socket);
      // Behind all others.
      if (others.length > 0) waiting.set(socket, others);
      // It may have been closed, or have been answered that it is garbage.
      if (!first || !socket.writable) continue;
      begun++;
      begin(first);
    }
    if (begun > 0) setImmediate(nextTurn);
  };
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const { socket } = request;
    const own = waiting.get(socket);
    if (own && own.length >= MOST_WAITING) socket.destroy();
    else if (own) own.push({ request, response });
    else if (known.has(socket)) begin({ request, response });
    else {
      if (begun === 0) setImmediate(nextTurn);
      if (begun >= IN_A_TURN || waiting.size > 0) waiting.set(socket, [{ request, response }]);
      else begin({ request, response });
      begun++;
    }
  });
}
