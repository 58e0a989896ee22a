import { Menu as Base } from "@base-ui/react/menu";
import type { ReactNode, RefObject } from "react";
import { cn } from "./cn.js";

interface MenuPopupProps {
  anchor: RefObject<HTMLElement | null>;
  align: "start" | "end";
  onClose: () => void;
  children: ReactNode;
}

/** The open part of a `Menu`; fetched when the first one is opened. */
export default function MenuPopup({ anchor, align, onClose, children }: MenuPopupProps) {
  return (
    <Base.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Positioner anchor={anchor} align={align} sideOffset={6} className="z-50">
          <Base.Popup
            finalFocus={anchor}
            className="max-h-(--available-height) min-w-48 overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-lg outline-none"
          >
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

const item =
  "flex min-h-8 w-full cursor-pointer items-center gap-2.5 rounded-md px-2.5 py-1 text-left text-[13px] text-ink outline-none select-none data-highlighted:bg-raised";

export function MenuItem({ onClick, danger, children }: { onClick: () => void; danger?: boolean; children: ReactNode }) {
  return (
    <Base.Item onClick={onClick} className={cn(item, danger && "text-bad")}>
      {children}
    </Base.Item>
  );
}

/** One of several, of which one is chosen. */
export function MenuChoice({ chosen, onClick, children }: { chosen: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Base.Item onClick={onClick} className={cn(item, chosen && "font-medium")}>
      <span aria-hidden="true" className={cn("size-1.5 shrink-0 rounded-full", chosen && "bg-brand")} />
      {children}
      {chosen && <span className="sr-only">(chosen)</span>}
    </Base.Item>
  );
}

export const MenuSeparator = () => <Base.Separator className="my-1 h-px bg-line" />;
export const MenuLabel = ({ children }: { children: ReactNode }) => <div className="px-2.5 py-1.5 text-xs text-ink-3">{children}</div>;
