import type { Session } from "@streamforge/shared";
import type { ReactNode } from "react";
import { Button } from "../ui/button.js";
import { cn } from "../ui/cn.js";
import { Logo, SignOutIcon } from "../ui/icons.js";
import { Tooltip } from "../ui/tooltip.js";
import { type Page, pages } from "./pages.js";
import { useSignOut } from "./session.js";
import { ThemeToggle } from "./theme-toggle.js";

/** What surrounds every page: name, navigation, colours, who is signed in. */
export function Shell({ session, page, children }: { session: Session; page: Page; children: ReactNode }) {
  const signOut = useSignOut();
  return (
    <div className="flex min-h-dvh flex-col">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-20 border-b border-line bg-surface">
        <div className="mx-auto flex h-13 max-w-[2400px] items-center gap-2 px-3 sm:gap-4 sm:px-6">
          <div className="flex items-center gap-2.5 font-semibold tracking-tight">
            <Logo />
            <span>StreamForge</span>
          </div>
          <nav aria-label="Pages" className="flex items-stretch self-stretch">
            {pages.map(({ path, title, Icon }) => (
              <a
                key={path}
                href={path}
                aria-current={path === page.path ? "page" : undefined}
                className={cn(
                  "relative flex items-center gap-1.5 px-3 text-[13px] font-medium text-ink-2 hover:text-ink",
                  path === page.path &&
                    "text-ink after:absolute after:inset-x-2 after:-bottom-px after:h-0.5 after:rounded-full after:bg-brand",
                )}
              >
                <Icon className="hidden size-4 sm:block" />
                {title}
              </a>
            ))}
          </nav>
          <div className="ml-auto flex items-center gap-1">
            <span className="mr-2 hidden text-[13px] text-ink-3 md:inline">
              {session.user.email} <span className="text-ink-3">({session.user.role})</span>
            </span>
            <ThemeToggle />
            <Tooltip text={`Sign out ${session.user.email}`}>
              <Button variant="ghost" size="icon" aria-label="Sign out" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
                <SignOutIcon />
              </Button>
            </Tooltip>
          </div>
        </div>
      </header>
      <main id="content" className="mx-auto w-full max-w-[2400px] flex-1 px-3 py-3 sm:px-6 sm:py-5">
        {children}
      </main>
    </div>
  );
}
