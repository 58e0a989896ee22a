import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isSecure, type OriginConfig } from "./origins.js";

/** The session of somebody who signed in. */
export const SESSION_COOKIE = "sf_session";

/** Names a browser that somebody has signed in with: it opens nothing, but its tries are counted apart from strangers'. */
export const DEVICE_COOKIE = "sf_device";

const DEVICE_MS = 90 * 24 * 3_600_000;

type CookieConfig = Pick<OriginConfig, "COOKIE_SECURE">;

/**
 * Behind HTTPS the name begins with `__Host-`: browsers take such a cookie from this very host by HTTPS only, so no sibling domain
 * and nobody on the wire can set one. A cookie under the plain name counts for nothing there.
 */
const nameOf = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name);

/** The value of a cookie of ours, or null. */
export function readCookie(request: FastifyRequest, name: string, config: CookieConfig): string | null {
  const { cookie } = request.headers;
  return cookie === undefined ? null : (parseCookie(cookie)[nameOf(name, isSecure(request, config))] ?? null);
}

/** Gives a browser its session. An `expiresAtMs` in the past takes it away. */
export function setSession(request: FastifyRequest, reply: FastifyReply, id: string, expiresAtMs: number, config: CookieConfig): void {
  reply.header("set-cookie", cookieLine(request, SESSION_COOKIE, id, new Date(expiresAtMs), config));
}

/** Gives a browser the id by which it is known at the next sign-in. */
export function setDevice(request: FastifyRequest, reply: FastifyReply, id: string, config: CookieConfig): void {
  reply.header("set-cookie", cookieLine(request, DEVICE_COOKIE, id, new Date(Date.now() + DEVICE_MS), config));
}

/** The `Set-Cookie` line that gives a browser one of ours. */
function cookieLine(request: FastifyRequest, name: string, value: string, expires: Date, config: CookieConfig): string {
  const secure = isSecure(request, config);
  return stringifySetCookie({ name: nameOf(name, secure), value, path: "/", httpOnly: true, sameSite: "lax", secure, expires });
}
