import type { dashboardPaths } from "@streamforge/shared";
import type { ComponentType } from "react";
import {
  AuditIcon,
  BuildingIcon,
  DeadLetterIcon,
  EventsIcon,
  JobsIcon,
  KeyIcon,
  LedgerIcon,
  LiveIcon,
  ReplayIcon,
  SchemaIcon,
  SettingsIcon,
  UsersIcon,
} from "../ui/icons.js";

export interface Page {
  path: (typeof dashboardPaths)[number];
  title: string;
  Icon: ComponentType<{ className?: string }>;
  /** Part of the navigation it stands in; `settings` is in the menu of the person who is signed in. */
  group: "watch" | "manage" | "person";
  /** Shown to those who may do this, to everybody when absent. */
  needs?: string;
  /** Pressed after `g`. */
  key: string;
}

/** Every page of the dashboard, in the order of the navigation. Routes are in `router.tsx`. */
export const pages: readonly Page[] = [
  { path: "/", title: "Live", Icon: LiveIcon, group: "watch", key: "l" },
  { path: "/events", title: "Events", Icon: EventsIcon, group: "watch", key: "e" },
  { path: "/dead-letters", title: "Dead letters", Icon: DeadLetterIcon, group: "watch", key: "d" },
  { path: "/replays", title: "Replays", Icon: ReplayIcon, group: "watch", key: "r" },
  { path: "/jobs", title: "Jobs", Icon: JobsIcon, group: "watch", key: "j" },
  { path: "/ledger", title: "Ledger", Icon: LedgerIcon, group: "watch", key: "b" },
  { path: "/keys", title: "Keys", Icon: KeyIcon, group: "manage", key: "k", needs: "GET /v1/admin/keys" },
  { path: "/event-types", title: "Event types", Icon: SchemaIcon, group: "manage", key: "y" },
  { path: "/tenants", title: "Tenants", Icon: BuildingIcon, group: "manage", key: "t", needs: "GET /v1/admin/tenants" },
  { path: "/users", title: "Users", Icon: UsersIcon, group: "manage", key: "u", needs: "GET /v1/admin/users" },
  { path: "/audit", title: "Audit", Icon: AuditIcon, group: "manage", key: "a", needs: "GET /v1/admin/audit" },
  { path: "/settings", title: "Settings", Icon: SettingsIcon, group: "person", key: "s" },
];

/** The page that a path belongs to: `/events/abc` is Events. */
export function pageAt(pathname: string): Page | undefined {
  return pages.find(({ path }) => (path === "/" ? pathname === "/" : pathname === path || pathname.startsWith(`${path}/`)));
}

/** What to show in navigation and palette to somebody with these permissions. */
export const pagesFor = (may: (operation: string) => boolean) => pages.filter(({ needs }) => !needs || may(needs));
