import { type Role, roles, type Scope } from "@streamforge/shared";
import type { FastifyInstance, RouteOptions } from "fastify";
import type { Principal } from "../accounts/authenticator.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Why anybody may call this route; only for routes that do not authenticate. */
    open?: string;
  }
}

/** What a route asks of anyone who calls it, besides a credential. */
export type Need =
  /** Keys need the scope (or `admin`), people a role that has it. */
  | { kind: "scope"; scope: Scope }
  /** People need the role or a higher one; a key needs the scope `admin`. */
  | { kind: "role"; role: Role }
  /** What concerns all tenants: no key may, whatever its scopes. */
  | { kind: "all-tenants" }
  /** What only somebody who signed in has, e.g. settings. @param what begins the sentence of the refusal */
  | { kind: "person"; what: string };

/** Who may call one route. It is allowed to anyone who satisfies all needs; none means every credential. */
export interface RouteRule {
  method: string;
  /** As it was registered: `/v1/admin/keys/:id`. */
  url: string;
  /** null: open, no credential is asked for. */
  needs: readonly Need[] | null;
}

/** A hook that checks something about the caller says what, for the table of routes. */
export interface Ruled {
  /** `authenticate` itself has the empty list. */
  needs: readonly Need[];
}

/** Why this caller may not, in words; undefined when it may. The one place that decides it. */
export function refusal(need: Need, { kind, scopes, role, tenantId }: Principal): string | undefined {
  switch (need.kind) {
    case "scope":
      if (scopes.has(need.scope) || scopes.has("admin")) return undefined;
      return kind === "key"
        ? `This key lacks the scope ${need.scope}.`
        : `Your role does not allow this; it needs the scope ${need.scope}.`;
    case "role":
      if (kind === "key") return scopes.has("admin") ? undefined : "This key lacks the scope admin.";
      return role !== undefined && roles.indexOf(role) >= roles.indexOf(need.role) ? undefined : `This needs the role ${need.role}.`;
    case "all-tenants":
      return tenantId === null ? undefined : "An API key administers its own tenant only.";
    case "person":
      return kind === "user" ? undefined : `${need.what} belong to people: sign in instead of using a key or the admin token.`;
  }
}

export interface RouteTable {
  /** Listens for routes; to be called before the first one is registered. */
  watch(app: FastifyInstance): void;
  /** Every route so far. */
  routes(): readonly RouteRule[];
  /** What this caller may do, as `GET /v1/admin/keys/{id}`: routes that would not answer 403 for want of a scope or role. */
  allowedTo(principal: Principal): string[];
}

/** Paths of ours that hold data. Everything else (health, docs, the dashboard's files) is public and needs no rule. */
export const RULED = /^\/(v1|events)(\/|$)/;

/**
 * The table of routes and who may call them, read off the routes' own hooks while they are registered: it cannot say anything
 * else than what they do. A route under `/v1` without a rule stops the start.
 */
export function createRouteTable(): RouteTable {
  const rules = new Map<string, RouteRule>();

  function add(route: RouteOptions): void {
    const hooks = ([route.onRequest ?? []].flat() as unknown[]).filter(isRuled);
    for (const method of [route.method].flat()) {
      const name = `${method} ${route.url}`;
      const open = route.config?.open;
      if (hooks.length === 0 && open === undefined && RULED.test(route.url)) {
        throw new Error(`${name} says nothing of who may call it: give it onRequest: [auth.authenticate, …], or config: { open: "why" }.`);
      }
      if (hooks.length > 0 && (open !== undefined || hooks[0]?.needs.length !== 0)) {
        throw new Error(`${name}: auth.authenticate must come first, and a route that authenticates is not open.`);
      }
      rules.set(name, { method, url: route.url, needs: hooks.length === 0 ? null : hooks.flatMap(({ needs }) => needs) });
    }
  }

  return {
    watch: (app) => void app.addHook("onRoute", add),
    routes: () => [...rules.values()],
    allowedTo: (principal) =>
      [...rules.values()]
        .filter(({ method, needs }) => method !== "HEAD" && needs?.every((need) => refusal(need, principal) === undefined))
        .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, "{$1}")}`),
  };
}

function isRuled(hook: unknown): hook is Ruled {
  return typeof hook === "function" && "needs" in hook;
}
