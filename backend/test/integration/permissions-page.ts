import { roles, scopes } from "@streamforge/shared";
import { type Need, type RouteRule, refusal } from "../../src/http/rules.js";

/** `docs/permissions.md`, out of the table of routes. */
export function permissionsPage(routes: readonly RouteRule[]): string {
  const shown = routes.filter(({ method, url }) => method !== "HEAD" && method !== "OPTIONS" && !/\*|^\/$|^\/docs\/./.test(url));
  const sorted = shown.toSorted((a, b) => (`${a.url} ${a.method}` < `${b.url} ${b.method}` ? -1 : 1));
  const rows = sorted.flatMap((route) => (route.needs === null ? [] : [rowOf(route, route.needs)]));
  const open = sorted.filter(({ needs }) => needs === null).map(({ method, url }) => `- \`${method} ${pathOf(url)}\``);
  return `# Who may call what

Made from the routes themselves by \`backend/test/integration/routes-rules.test.ts\`, which asks every route with every kind of
credential. When a route or its rule changes, that test fails until this page is made anew (its option \`-u\` does so).

A key acts within its own tenant only. A key with the scope \`admin\` may whatever any key may.

Pausing, resuming and cancelling a job needs what making one of its kind needs: for a replay \`dead-letters:write\`, for every other kind \`admin\`.

${table([HEAD, ...rows])}

## Without a credential

Health, metrics, documentation, the dashboard's files, and signing in:

${open.join("\n")}
`;
}

const HEAD = ["Route", "API key with", "Viewer", "Operator", "Admin", "`X-Admin-Token`"];

function rowOf({ method, url }: RouteRule, needs: readonly Need[]): string[] {
  const allows = (principal: Parameters<typeof refusal>[1]) => needs.every((need) => refusal(need, principal) === undefined);
  const nobody = { id: "", name: "", limits: {} };
  const keys = scopes.filter((scope) => allows({ ...nobody, kind: "key", tenantId: "t", scopes: new Set([scope]) }));
  const withKeys = keys.length === scopes.length ? "any scope" : keys.map((scope) => `\`${scope}\``).join(", ");
  const people = roles.map((role) => {
    const own = {
      viewer: ["events:read", "dead-letters:read"],
      operator: ["events:read", "dead-letters:read", "dead-letters:write"],
      admin: scopes,
    };
    return allows({ ...nobody, kind: "user", tenantId: null, role, scopes: new Set(own[role] as typeof scopes) });
  });
  const token = allows({ ...nobody, kind: "admin-token", tenantId: null, role: "admin", scopes: new Set(scopes) });
  return [`\`${method} ${pathOf(url)}\``, withKeys || "–", ...[...people, token].map((yes) => (yes ? "yes" : "–"))];
}

/** As the formatter would have it, so that the page can be checked with it. */
function table([head = [], ...rows]: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

const pathOf = (url: string) => url.replaceAll(/:(\w+)/g, "{$1}");
