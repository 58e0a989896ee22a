import { cloneElement, lazy, type MouseEvent, type ReactElement, type ReactNode, type Ref, Suspense, useRef, useState } from "react";

const load = () => import("./menu-popup.js");

// Not part of the first load: base-ui's menu is 28 kB, and is there before a pointer that comes near has been pressed.
const MenuPopup = lazy(load);

/** What stands in a menu; each is part of the file that is fetched with it. */
export const MenuItem = lazy(() => load().then(({ MenuItem: item }) => ({ default: item })));
export const MenuChoice = lazy(() => load().then(({ MenuChoice: choice }) => ({ default: choice })));
export const MenuSeparator = lazy(() => load().then(({ MenuSeparator: separator }) => ({ default: separator })));
export const MenuLabel = lazy(() => load().then(({ MenuLabel: label }) => ({ default: label })));

interface TriggerProps {
  ref?: Ref<HTMLElement>;
  onClick?: (event: MouseEvent) => void;
  onPointerEnter?: () => void;
  onFocus?: () => void;
  "aria-haspopup"?: "menu";
  "aria-expanded"?: boolean;
}

interface MenuProps {
  /** The button that opens it; needs a name of its own. */
  trigger: ReactElement<TriggerProps>;
  align?: "start" | "end";
  children: ReactNode;
}

const SAME_PRESS_MS = 250;

/** A list of actions behind a button: arrows move, letters jump, Esc closes and gives the focus back. */
export function Menu({ trigger, align = "end", children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLElement>(null);
  // A press on the button of an open menu closes it as a press beside it; the click that follows must not open it again.
  const closedAtMs = useRef(0);
  const close = () => {
    closedAtMs.current = performance.now();
    setOpen(false);
  };
  return (
    <>
      {cloneElement(trigger, {
        ref: anchor,
        "aria-haspopup": "menu",
        "aria-expanded": open,
        onPointerEnter: () => void load(),
        onFocus: () => void load(),
        onClick: (event) => {
          // A row under the button must not open with it.
          event.stopPropagation();
          if (event.timeStamp - closedAtMs.current > SAME_PRESS_MS) setOpen(true);
        },
      })}
      <Suspense>
        {open && (
          <MenuPopup anchor={anchor} align={align} onClose={close}>
            {children}
          </MenuPopup>
        )}
      </Suspense>
    </>
  );
}
