import { hash, timingSafeEqual } from "node:crypto";
import { type Role, type Scope, scopes, tenantIdSchema } from "@streamforge/shared";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Actor } from "../accounts/audit.js";
import type { Authenticator, Principal } from "../accounts/authenticator.js";
import type { From } from "../accounts/credentials.js";
import type { SessionRecord, Sessions } from "../accounts/sessions.js";
import type { Config } from "../config.js";
import { DEVICE_COOKIE, readCookie, SESSION_COOKIE } from "./cookies.js";
import type { Guesses } from "./guesses.js";
import { type OriginConfig, requireOwnOrigin } from "./origins.js";
import { problem } from "./problems.js";
import { createRouteTable, type Need, type RouteTable, type Ruled, refusal } from "./rules.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Who makes the request; null until `authenticate` has run. */
    principal: Principal | null;
  }
}

/** What a role may do where a scope is asked for. */
const ROLE_SCOPES: Record<Role, ReadonlySet<Scope>> = {
  viewer: new Set<Scope>(["events:read", "dead-letters:read"]),
  operator: new Set<Scope>(["events:read", "dead-letters:read", "dead-letters:write"]),
  admin: new Set<Scope>(scopes),
};

const ADMIN_TOKEN_PRINCIPAL: Principal = Object.freeze({
  kind: "admin-token",
  id: "admin-token",
  name: "X-Admin-Token",
  tenantId: null,
  scopes: ROLE_SCOPES.admin,
  role: "admin",
  limits: {},
});

/** A hook in callback form: a promise per request would cost more than the check of a cached key. */
export type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

export interface Auth extends Pick<RouteTable, "routes" | "allowedTo"> {
  /** Declares `request.principal` and begins the table of routes; once per server, before routes. */
  install(app: FastifyInstance): void;
  /** onRequest, before the body is read: sets `request.principal`, or fails with 401, 403 (Origin) or 503. */
  authenticate: Hook & Ruled;
  /** onRequest, after `authenticate`: keys need the scope (or `admin`), people a role that has it. */
  requireScope(scope: Scope): Hook & Ruled;
  /** onRequest, after `authenticate`: people need the role or a higher one; a key needs `admin`, and is pinned to its tenant by `resolveTenant`. */
  requireRole(role: Role): Hook & Ruled;
}

export interface AuthDeps {
  authenticator: Pick<Authenticator, "authenticateKey">;
  sessions: Pick<Sessions, "read">;
  guesses: Guesses;
  config: Pick<Config, "ADMIN_TOKEN"> & OriginConfig;
}

export function createAuth({ authenticator, sessions, guesses, config }: AuthDeps): Auth {
  const table = createRouteTable();
  const adminTokenDigest = config.ADMIN_TOKEN === undefined ? null : hash("sha256", config.ADMIN_TOKEN, "buffer");

  /** The credential that counts is the first present of X-Admin-Token, Authorization, X-Api-Key and the cookie; a wrong one is not made up for by the next. */
  function authenticate(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
    let found: Principal | null | Promise<Principal | null>;
    try {
      found = identify(request);
    } catch (error) {
      done(error as Error);
      return;
    }
    if (!(found instanceof Promise)) {
      settle(request, found, done);
      return;
    }
    found.then((principal) => settle(request, principal, done), done);
  }

  function identify(request: FastifyRequest): Principal | null | Promise<Principal | null> {
    const { headers } = request;
    const adminToken = headers["x-admin-token"];
    // Without ADMIN_TOKEN the door does not exist: the header is any header, and other credentials still count.
    if (adminTokenDigest && typeof adminToken === "string") {
      const right = timingSafeEqual(hash("sha256", adminToken, "buffer"), adminTokenDigest);
      return right ? ADMIN_TOKEN_PRINCIPAL : guesses.adminToken(request);
    }
    const key = keyOf(headers.authorization, headers["x-api-key"]);
    if (key !== null) {
      const found = authenticator.authenticateKey(key, () => guesses.mayLookUp(request));
      return found instanceof Promise ? found.then((principal) => principal ?? guesses.key(request)) : (found ?? guesses.key(request));
    }
    const sessionId = sessionIdOf(request, config);
    if (sessionId === null) return null;
    return sessions.read(sessionId).then((session) => session && userPrincipal(session));
  }

  return {
    install(app) {
      app.decorateRequest("principal", null);
      table.watch(app);
    },
    authenticate: Object.assign(authenticate, { needs: [] }),
    requireScope: (scope) => guard({ kind: "scope", scope }),
    requireRole: (role) => guard({ kind: "role", role }),
    routes: table.routes,
    allowedTo: table.allowedTo,
  };
}

/** A hook that fails with 403 for anyone who does not satisfy the need. */
function guard(need: Need): Hook & Ruled {
  const hook: Hook = (request, _reply, done) => {
    if (!request.principal) {
      done(unauthenticated());
      return;
    }
    const reason = refusal(need, request.principal);
    done(reason === undefined ? undefined : problem("forbidden", reason));
  };
  return Object.assign(hook, { needs: [need] });
}

/** Who makes the request. @throws 401 when nothing authenticated it. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw unauthenticated();
  return request.principal;
}

/**
 * Whose share of what all use a request takes: that of a key's tenant, of a person (in all sessions), of the admin token, and of an
 * address where nobody is known.
 */
export function callerOf({ principal, ip }: FastifyRequest): string {
  if (!principal) return `address ${ip}`;
  const { kind, id, tenantId } = principal;
  return tenantId === null ? `${kind} ${id}` : `tenant ${tenantId}`;
}

/** Who makes the request, for the audit log. */
export function actorOf(request: FastifyRequest): Actor {
  const { kind, id, name } = principalOf(request);
  return { kind, id, name, correlationId: request.id };
}

/** Where the request came from, for sessions and for counting tries. */
export function fromOf(request: FastifyRequest, config: OriginConfig): From {
  const device = readCookie(request, DEVICE_COOKIE, config) ?? undefined;
  return { ip: request.ip, device, userAgent: request.headers["user-agent"], correlationId: request.id };
}

/**
 * The tenant a request is about: a key's own; for people and the admin token the one named in X-Tenant-Id or the query.
 * @param queryTenantId `?tenantId=` (or the body's), where the route has one
 * @returns null: all tenants (never for a key)
 * @throws 403 `tenant-mismatch` when a key names another tenant; 400 when the name is none, or header and query differ
 */
export function resolveTenant(request: FastifyRequest, queryTenantId?: string): string | null {
  const principal = principalOf(request);
  const header = request.headers["x-tenant-id"] as string | undefined;
  if (principal.tenantId !== null) {
    if ((header ?? principal.tenantId) !== principal.tenantId || (queryTenantId ?? principal.tenantId) !== principal.tenantId) {
      throw problem("tenant-mismatch", `This key belongs to the tenant ${principal.tenantId}.`);
    }
    return principal.tenantId;
  }
  const chosen = header ?? queryTenantId;
  if (chosen === undefined) return null;
  if (queryTenantId !== undefined && queryTenantId !== chosen)
    throw problem("invalid-request", "X-Tenant-Id and tenantId name different tenants.");
  const parsed = tenantIdSchema.safeParse(chosen);
  if (!parsed.success) throw problem("invalid-request", `The tenant id is not valid: ${parsed.error.issues[0]?.message}.`);
  return parsed.data;
}

/** Like `resolveTenant`, where one tenant is needed. @throws 400 `tenant-required` */
export function requireTenant(request: FastifyRequest, queryTenantId?: string): string {
  const tenantId = resolveTenant(request, queryTenantId);
  if (tenantId === null) throw problem("tenant-required", "Name a tenant with X-Tenant-Id or tenantId.");
  return tenantId;
}

/** onRequest, after `authenticate`: for what concerns all tenants; no key may, whatever its scopes. */
export const requireAllTenants = guard({ kind: "all-tenants" });

/** onRequest, after `authenticate`: only for somebody who signed in. @param what begins the sentence of the refusal: `Settings` */
export const requirePerson = (what: string) => guard({ kind: "person", what });

/**
 * The session id in the cookie, or null.
 * @throws 403 when a page of another origin sent it
 */
export function sessionIdOf(request: FastifyRequest, config: OriginConfig): string | null {
  const sessionId = readCookie(request, SESSION_COOKIE, config);
  if (sessionId !== null) requireOwnOrigin(request, config);
  return sessionId;
}

export function unauthenticated() {
  return problem("unauthenticated", "Send a valid API key (Authorization: Bearer or X-Api-Key), or sign in.", undefined, {
    "www-authenticate": 'Bearer realm="streamforge"',
  });
}

function settle(request: FastifyRequest, principal: Principal | null, done: (error?: Error) => void): void {
  if (principal !== null) request.principal = principal;
  done(principal === null ? unauthenticated() : undefined);
}

function keyOf(authorization: string | undefined, apiKey: string | string[] | undefined): string | null {
  if (authorization !== undefined) return /^bearer /i.test(authorization) ? authorization.slice(7).trim() : "";
  return typeof apiKey === "string" ? apiKey : null;
}

function userPrincipal(session: SessionRecord): Principal {
  return {
    kind: "user",
    id: session.userId,
    name: session.email,
    tenantId: null,
    scopes: ROLE_SCOPES[session.role],
    role: session.role,
    session: session.id,
    limits: {},
  };
}
