import { Link, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { formatShort } from "../lib/format.js";
import { keep, readKept } from "../lib/kept.js";
import { freshness } from "../live/freshness.js";
import { useLiveValue } from "../live/use-live.js";
import { Button } from "../ui/button.js";
import { cn } from "../ui/cn.js";
import { Logo, MenuIcon, SidebarIcon } from "../ui/icons.js";
import { type Page, pageAt, pagesFor } from "./pages.js";
import { useMay } from "./permissions.js";

const MorePages = lazy(() => import("./more-pages.js"));

function usePages(): { watch: Page[]; manage: Page[]; current: Page | undefined } {
  const shown = pagesFor(useMay());
  const current = useLocation({ select: ({ pathname }) => pageAt(pathname) });
  return { watch: shown.filter(({ group }) => group === "watch"), manage: shown.filter(({ group }) => group === "manage"), current };
}

/** The pages, at the left: icons and words, or icons alone. */
export function SideNavigation() {
  const [small, setSmall] = useState(() => readKept("sidebar") === "small");
  const { watch, manage, current } = usePages();
  const toggle = () => {
    keep("sidebar", small ? "large" : "small");
    setSmall(!small);
  };
  return (
    <div className={cn("hidden flex-col border-r border-line bg-surface md:flex", small ? "w-14" : "w-52")}>
      <div className="flex h-13 shrink-0 items-center gap-2.5 px-3.5 font-semibold tracking-tight">
        <Logo className="size-7 shrink-0" />
        {!small && <span>StreamForge</span>}
      </div>
      <nav aria-label="Pages" className="flex min-h-0 flex-1 flex-col gap-0.5 overflow-y-auto px-2 py-2">
        {watch.map((page) => (
          <SideLink key={page.path} page={page} small={small} current={page === current} />
        ))}
        {manage.length > 0 && <p className={cn("mt-4 mb-1 px-2.5 text-xs text-ink-3", small && "sr-only")}>Manage</p>}
        {manage.map((page) => (
          <SideLink key={page.path} page={page} small={small} current={page === current} />
        ))}
      </nav>
      <div className="p-2">
        <Button
          variant="ghost"
          size="sm"
          aria-label={small ? "Widen the navigation" : "Narrow the navigation"}
          aria-pressed={small}
          onClick={toggle}
          className={cn("w-full text-ink-3", small ? "px-0" : "justify-start")}
        >
          <SidebarIcon />
          {!small && "Narrow"}
        </Button>
      </div>
    </div>
  );
}

function SideLink({ page: { path, title, Icon }, small, current }: { page: Page; small: boolean; current: boolean }) {
  return (
    <Link
      to={path}
      aria-label={small ? title : undefined}
      title={small ? title : undefined}
      aria-current={current ? "page" : undefined}
      className={cn(
        "flex h-9 items-center gap-2.5 rounded-md px-2.5 text-[13px] font-medium",
        current ? "bg-brand-soft text-ink" : "text-ink-2 hover:bg-raised hover:text-ink",
      )}
    >
      <Icon className={cn("size-4 shrink-0", current && "text-brand")} />
      {!small && <span className="flex-1 truncate">{title}</span>}
      {!small && path === "/dead-letters" && <OpenLetters />}
    </Link>
  );
}

/** How many dead letters are open, as the stream tells it; grey while it tells nothing. */
function OpenLetters() {
  const open = useLiveValue((state) => state.stats?.deadLetters.open ?? 0);
  const stale = useLiveValue((state, nowMs) => freshness(state.freshAtMs, nowMs).kind === "stale");
  if (open === 0) return null;
  return (
    <span
      data-testid="open-letters"
      data-state={stale ? "stale" : "live"}
      title={`Open dead letters of all tenants${stale ? ", as last known" : ""}`}
      className={cn("rounded-full px-1.5 text-[11px] font-medium", stale ? "bg-raised text-ink-3" : "bg-warn-soft text-warn")}
    >
      {formatShort(open)}
      <span className="sr-only"> open{stale && ", as last known"}</span>
    </span>
  );
}

/** The same on a phone: the first pages at the thumb, the others behind "More". */
export function BottomNavigation() {
  const { watch, manage, current } = usePages();
  const [more, setMore] = useState(false);
  const first = watch.slice(0, 4);
  const rest = [...watch.slice(4), ...manage];
  const link = "flex flex-1 flex-col items-center justify-center gap-0.5 rounded-md text-[11px] font-medium";
  return (
    <nav aria-label="Pages" className="flex h-14 border-t border-line bg-surface px-1 md:hidden">
      {first.map((page) => (
        <Link
          key={page.path}
          to={page.path}
          aria-current={page === current ? "page" : undefined}
          className={cn(link, page === current ? "text-brand" : "text-ink-2")}
        >
          <page.Icon className="size-4.5" />
          {page.title}
        </Link>
      ))}
      {rest.length > 0 && (
        <button
          type="button"
          onClick={() => setMore(true)}
          aria-haspopup="dialog"
          className={cn(link, "cursor-pointer", current && rest.includes(current) ? "text-brand" : "text-ink-2")}
        >
          <MenuIcon className="size-4.5" />
          More
        </button>
      )}
      <Suspense>{more && <MorePages pages={rest} current={current} onClose={() => setMore(false)} />}</Suspense>
    </nav>
  );
}
