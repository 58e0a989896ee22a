import type { ReactNode } from "react";
import { cn } from "./cn.js";

/**
 * The frame of a page. With `fill` it is as high as the window and its list scrolls by itself, so that headings, filters and a
 * panel beside the list stay where they are; without, the page scrolls as a whole.
 */
export function Page({ fill = false, children }: { fill?: boolean; children: ReactNode }) {
  return (
    <div className={cn("mx-auto flex w-full max-w-[2400px] flex-col gap-3 px-3 py-3 sm:px-5 sm:py-4", fill && "h-full min-h-0")}>
      {children}
    </div>
  );
}
