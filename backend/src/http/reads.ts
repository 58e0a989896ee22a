import { wholeInQuery } from "@streamforge/shared";
import type { FastifyReply } from "fastify";
import { decodeCursor, type Position } from "../store/cursor.js";
import { problem } from "./problems.js";

/** What the reading routes share: parameters, and how failures of the stores are answered. */

export const limitParam = (most: number, fallback: number) => wholeInQuery(1, most).default(fallback);

/** @throws 400 when the cursor is not one of ours */
export function positionOf(cursor: string | undefined, idBytes: number): Position | undefined {
  if (cursor === undefined) return undefined;
  const position = decodeCursor(cursor, idBytes);
  if (!position) throw problem("invalid-request", "The cursor is not valid; take it from nextCursor, unchanged.", cursorErrors);
  return position;
}

const cursorErrors = { errors: [{ pointer: "/querystring/cursor", detail: "is not a cursor" }] };

/** Sends what is JSON text already. */
export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.type("application/json; charset=utf-8").send(json);
}
