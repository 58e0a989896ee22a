import type { FastifyRequest } from "fastify";
import type { Config } from "../config.js";
import { type ProblemError, problem } from "./problems.js";

export type OriginConfig = Pick<Config, "COOKIE_SECURE" | "CORS_ORIGINS">;

/**
 * Whether the browser reached us by HTTPS: on this connection, or as a trusted proxy says (`TRUST_PROXY`). `COOKIE_SECURE` says it of
 * all requests, for a proxy that sends no X-Forwarded-Proto.
 */
export function isSecure(request: FastifyRequest, { COOKIE_SECURE }: Pick<OriginConfig, "COOKIE_SECURE">): boolean {
  return COOKIE_SECURE || request.protocol === "https";
}

/** Scheme, host and port by which the browser reached us; null when `Host` is no host. */
function ownOrigin(request: FastifyRequest, config: OriginConfig): string | null {
  const address = `${isSecure(request, config) ? "https" : "http"}://${request.host}`;
  return URL.canParse(address) ? new URL(address).origin : null;
}

/**
 * Refuses what a page of another origin makes a browser send with its cookie, reads as well as changes. SameSite=Lax keeps the
 * cookie from other sites only: another port or subdomain is the same site.
 * @throws 403 with what to set, when the page is one of ours
 */
export function requireOwnOrigin(request: FastifyRequest, config: OriginConfig): void {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (origin !== undefined) {
    if (!config.CORS_ORIGINS.includes(origin) && origin !== ownOrigin(request, config)) throw foreignOrigin(origin, request, config);
    return;
  }
  // Browsers send no Origin with a read from the page's own server, and say so here. "none" is an address that somebody typed.
  const reads = request.method === "GET" || request.method === "HEAD";
  if (site === "same-origin" || (reads && (site === undefined || site === "none"))) return;
  throw foreignOrigin(undefined, request, config);
}

function foreignOrigin(origin: string | undefined, request: FastifyRequest, config: OriginConfig): ProblemError {
  const found = origin === undefined ? "This request came from a page of another origin" : `The Origin ${origin} is not this server's own`;
  return problem(
    "forbidden",
    `${found} (${ownOrigin(request, config) ?? "unknown: the Host header is no host"}). Behind a proxy set TRUST_PROXY to the proxy's address, and let it send Host and X-Forwarded-Proto; add another page's origin to CORS_ORIGINS; programs send an API key or X-Admin-Token instead of the session cookie.`,
  );
}
