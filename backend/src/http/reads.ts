import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { wholeInQuery } from "@streamforge/shared";
import type { FastifyReply, FastifyRequest } from "fastify";
import { decodeCursor, type Position } from "../store/cursor.js";
import { type ProblemError, problem } from "./problems.js";

/** What the reading routes share: parameters, and how failures of the stores are answered. */

export const limitParam = (most: number, fallback: number) =>
  wholeInQuery(1, most).default(fallback).describe("Most items of a page; it ends at 4 MiB as well, and nextCursor continues it");

/** @throws 400 when the cursor is not one of ours */
export function positionOf(cursor: string | undefined, idBytes: number): Position | undefined {
  if (cursor === undefined) return undefined;
  const position = decodeCursor(cursor, idBytes);
  if (!position) throw notACursor();
  return position;
}

export function notACursor(): ProblemError {
  return problem("invalid-request", "The cursor is not valid; take it from nextCursor, unchanged.", {
    errors: [{ pointer: "/querystring/cursor", detail: "is not a cursor" }],
  });
}

/** How often somebody who has closed their half of the connection is asked whether they are still there. */
const PROBE_MS = 200;

/**
 * Aborts when the client has gone before the answer: a search ends with its client. A connection that the client has closed looks
 * as one of which it closed its half only, and waits: an interim answer (102) tells them apart, since who has gone resets it.
 */
export function whileAsked({ raw: request }: FastifyRequest, { raw: reply }: FastifyReply): AbortSignal {
  const left = new AbortController();
  let probing: NodeJS.Timeout | undefined;
  const probe = (): void => {
    if (request.httpVersion !== "1.1" || reply.headersSent) return;
    probing = setInterval(() => (reply.headersSent ? clearInterval(probing) : reply.writeProcessing()), PROBE_MS).unref();
  };
  request.socket.once("end", probe);
  reply.once("close", () => {
    request.socket.off("end", probe);
    clearInterval(probing);
    if (!reply.writableFinished) left.abort(problem("request-timeout", "The client left before the answer."));
  });
  return left.signal;
}

/** Sends what is JSON text already. */
export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.type("application/json; charset=utf-8").send(json);
}

/** Sent in one piece below this. */
const ONE_PIECE_BYTES = 256 * 1024;

/**
 * Sends a page whose items are JSON already. A large one goes out as its client takes it.
 * @param numbers what else the page says of itself
 */
export function sendPage(
  reply: FastifyReply,
  items: Buffer[],
  nextCursor: string | null,
  numbers: Record<string, number> = {},
): FastifyReply {
  const parts = items.flatMap((item, i) => (i === 0 ? [item] : [COMMA, item]));
  parts.unshift(Buffer.from('{"items":['));
  parts.push(Buffer.from(`],${JSON.stringify({ nextCursor, ...numbers }).slice(1)}`));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  reply.type("application/json; charset=utf-8");
  if (length < ONE_PIECE_BYTES) return reply.send(Buffer.concat(parts, length));
  return reply.header("content-length", String(length)).send(Readable.from(parts, { objectMode: false }));
}

const COMMA = Buffer.from(",");
