import type { Session } from "@streamforge/shared";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  retainSearchParams,
} from "@tanstack/react-router";
import { parseSearch, stringifySearch } from "../lib/search.js";
import { Empty, Failed } from "../ui/states.js";
import { Shell } from "./shell.js";

/** Every page has the tenant; what else a page has in its URL is its own, and passes through here as it is (`useFilters`). */
interface Search {
  tenant?: string;
}

const root = createRootRouteWithContext<{ session: Session }>()({
  validateSearch: (search): Search => search as Search,
  search: { middlewares: [retainSearchParams<Search>(["tenant"])] },
  component: function Root() {
    return <Shell session={root.useRouteContext().session} />;
  },
  notFoundComponent: () => (
    <Empty
      title="There is no such page"
      action={
        <Link to="/" className="font-medium text-brand underline-offset-4 hover:underline">
          Go to the live page
        </Link>
      }
    >
      The address may be cut off, or from another version.
    </Empty>
  ),
});

const page = <Path extends string>(path: Path, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => root, path, component });

const live = page(
  "/",
  lazyRouteComponent(() => import("../features/live/live-page.js"), "LivePage"),
);

const events = createRoute({
  getParentRoute: () => root,
  path: "/events",
  component: lazyRouteComponent(() => import("../features/events/events-page.js"), "EventsPage"),
});
const event = createRoute({
  getParentRoute: () => events,
  path: "$eventId",
  component: lazyRouteComponent(() => import("../features/events/event-panel.js"), "EventPanel"),
});

const ledger = createRoute({
  getParentRoute: () => root,
  path: "/ledger",
  component: lazyRouteComponent(() => import("../features/ledger/ledger-page.js"), "LedgerPage"),
});
const keys = page(
  "/keys",
  lazyRouteComponent(() => import("../features/keys/keys-page.js"), "KeysPage"),
);
const tenants = page(
  "/tenants",
  lazyRouteComponent(() => import("../features/tenants/tenants-page.js"), "TenantsPage"),
);

const deadLetters = createRoute({
  getParentRoute: () => root,
  path: "/dead-letters",
  component: lazyRouteComponent(() => import("../features/dead-letters/dead-letters-page.js"), "DeadLettersPage"),
});
const deadLetter = createRoute({
  getParentRoute: () => deadLetters,
  path: "$letterId",
  component: lazyRouteComponent(() => import("../features/dead-letters/letter-panel.js"), "LetterPanel"),
});
const replays = createRoute({
  getParentRoute: () => root,
  path: "/replays",
  component: lazyRouteComponent(() => import("../features/replays/replays-page.js"), "ReplaysPage"),
});
const replay = createRoute({
  getParentRoute: () => replays,
  path: "$replayId",
  component: lazyRouteComponent(() => import("../features/replays/replay-panel.js"), "ReplayPanel"),
});
const jobs = createRoute({
  getParentRoute: () => root,
  path: "/jobs",
  component: lazyRouteComponent(() => import("../features/jobs/jobs-page.js"), "JobsPage"),
});
const job = createRoute({
  getParentRoute: () => jobs,
  path: "$jobId",
  component: lazyRouteComponent(() => import("../features/jobs/job-panel.js"), "JobPanel"),
});
const eventTypes = page(
  "/event-types",
  lazyRouteComponent(() => import("../features/event-types/event-types-page.js"), "EventTypesPage"),
);
const users = page(
  "/users",
  lazyRouteComponent(() => import("../features/users/users-page.js"), "UsersPage"),
);
const audit = page(
  "/audit",
  lazyRouteComponent(() => import("../features/audit/audit-page.js"), "AuditPage"),
);
const settings = page(
  "/settings",
  lazyRouteComponent(() => import("../features/settings/settings-page.js"), "SettingsPage"),
);

/** Addresses and what is loaded for them; each page is a file of its own that is fetched when somebody goes there, or is about to. */
export const router = createRouter({
  routeTree: root.addChildren([
    live,
    events.addChildren([event]),
    deadLetters.addChildren([deadLetter]),
    replays.addChildren([replay]),
    jobs.addChildren([job]),
    ledger,
    keys,
    eventTypes,
    users,
    tenants,
    audit,
    settings,
  ]),
  // Filled in by App, which shows pages only to somebody who is signed in.
  context: { session: undefined as unknown as Session },
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} onRetry={reset} />,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
