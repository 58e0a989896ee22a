/** The address of every page of the dashboard: the server answers them with the page, the navigation leads to them, the browser tests visit them. */
export const dashboardPaths = [
  "/",
  "/events",
  "/dead-letters",
  "/replays",
  "/jobs",
  "/ledger",
  "/keys",
  "/event-types",
  "/users",
  "/tenants",
  "/audit",
  "/settings",
] as const;
