import { cn } from "./cn.js";

/** Holds the place of what is still on its way, in its size, so that nothing jumps when it comes. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cn("block motion-safe:animate-pulse rounded bg-raised", className)} />;
}
