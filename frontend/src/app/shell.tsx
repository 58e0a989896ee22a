import type { Session } from "@streamforge/shared";
import { Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { LiveProvider } from "../live/use-live.js";
import { Button } from "../ui/button.js";
import { Logo, SearchIcon } from "../ui/icons.js";
import { commandKey, Kbd } from "../ui/kbd.js";
import { Toaster } from "../ui/toaster.js";
import { ConnectionState } from "./connection.js";
import { BottomNavigation, SideNavigation } from "./navigation.js";
import { pageAt } from "./pages.js";
import { useApplySettings } from "./settings.js";
import { type Overlay, useShortcuts } from "./shortcuts.js";
import { TenantPicker } from "./tenant-picker.js";
import { ThemeToggle } from "./theme-toggle.js";
import { UserMenu } from "./user-menu.js";

// Neither is needed for the first sight of a page.
const CommandPalette = lazy(() => import("./command-palette.js"));
const KeyboardHelp = lazy(() => import("./keyboard-help.js"));

/** What surrounds every page: navigation, tenant, whether the figures are live, who is signed in. */
export function Shell({ session }: { session: Session }) {
  const [overlay, setOverlay] = useState<Overlay>(null);
  useShortcuts(setOverlay);
  useApplySettings();
  useTitle();
  return (
    <LiveProvider>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <div className="flex h-dvh overflow-hidden">
        <SideNavigation />
        <div className="flex min-w-0 flex-1 flex-col">
          <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line bg-surface px-3 sm:px-4">
            <Logo className="size-7 shrink-0 md:hidden" />
            <TenantPicker />
            <div className="hidden lg:block">
              <Button size="sm" onClick={() => setOverlay("palette")} className="min-w-56 justify-start font-normal text-ink-3">
                <SearchIcon className="size-3.5" />
                Go to a page or an event
                <span className="ml-auto flex gap-1">
                  <Kbd>{commandKey}</Kbd>
                  <Kbd>K</Kbd>
                </span>
              </Button>
            </div>
            <div className="ml-auto flex items-center gap-1">
              <ConnectionState />
              <Button
                variant="ghost"
                size="icon"
                aria-label="Search: go to a page or an event"
                onClick={() => setOverlay("palette")}
                className="lg:hidden"
              >
                <SearchIcon />
              </Button>
              <span className="hidden sm:block">
                <ThemeToggle />
              </span>
              <UserMenu session={session} onHelp={() => setOverlay("help")} />
            </div>
          </header>
          <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
            <Outlet />
          </main>
          <BottomNavigation />
        </div>
      </div>
      <Suspense>
        {overlay === "palette" && <CommandPalette onClose={() => setOverlay(null)} />}
        {overlay === "help" && <KeyboardHelp onClose={() => setOverlay(null)} />}
      </Suspense>
      <Toaster />
    </LiveProvider>
  );
}

function useTitle(): void {
  const title = useLocation({ select: ({ pathname }) => pageAt(pathname)?.title ?? "No such page" });
  useEffect(() => {
    document.title = `${title} · StreamForge`;
  }, [title]);
}
