import { Link } from "@tanstack/react-router";
import { cn } from "../ui/cn.js";
import { Dialog } from "../ui/dialog.js";
import type { Page } from "./pages.js";

/** The pages that find no room at the bottom of a phone. */
export default function MorePages({ pages, current, onClose }: { pages: Page[]; current?: Page; onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title="Pages">
      <div className="flex flex-col gap-1">
        {pages.map((page) => (
          <Link
            key={page.path}
            to={page.path}
            onClick={onClose}
            aria-current={page === current ? "page" : undefined}
            className={cn("flex h-11 items-center gap-3 rounded-md px-2.5", page === current ? "bg-brand-soft" : "hover:bg-raised")}
          >
            <page.Icon className="size-4.5 text-ink-2" />
            {page.title}
          </Link>
        ))}
      </div>
    </Dialog>
  );
}
