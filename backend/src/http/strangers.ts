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
  /** By connection, so that what is pipelined stays in order. Sets, since the first of them leaves at no cost. */
  const waiting = new Map<Socket, Set<Begun>>();
  let begun = 0;
  let scheduled = false;
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(nextTurn);
  };
  const nextTurn = (): void => {
    scheduled = false;
    begun = 0;
    for (const [socket, own] of waiting) {
      if (begun === IN_A_TURN) break;
      waiting.delete(socket);
      // It may have been closed, or have been answered that it is garbage.
      if (!socket.writable) continue;
      if (known.has(socket)) {
        for (const one of own) begin(one);
        continue;
      }
      const [first] = own as unknown as [Begun];
      own.delete(first);
      // Behind all others.
      if (own.size > 0) waiting.set(socket, own);
      begun++;
      begin(first);
    }
    if (begun > 0) schedule();
  };
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    const { socket } = request;
    const own = waiting.get(socket);
    if (own && own.size >= MOST_WAITING) socket.destroy();
    else if (own) own.add({ request, response });
    else if (known.has(socket)) begin({ request, response });
    else {
      schedule();
      if (begun === IN_A_TURN || waiting.size > 0) waiting.set(socket, new Set([{ request, response }]));
      else {
        begun++;
        begin({ request, response });
      }
    }
  });
}
