import { cloneElement, type ReactElement, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";

/** Before it shows, in ms: a pointer that only passes by opens nothing. */
const DELAY_MS = 250;
const GAP_PX = 6;

/**
 * Explains its trigger on hover and keyboard focus; Esc closes. The trigger needs a name of its own: touch screens show no tooltip. Written
 * by hand, since it is part of every first load and a general positioning library is 25 kB of it.
 */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactElement<{ "aria-describedby"?: string }> }) {
  const [at, setAt] = useState<DOMRect | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();
  const hide = () => {
    clearTimeout(timer.current);
    setAt(null);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it listens for its child and does nothing by itself
    <span
      className="contents"
      onPointerOver={({ target, pointerType }) => {
        if (pointerType === "touch") return;
        clearTimeout(timer.current);
        timer.current = setTimeout(
          () => setAt((target as Element).closest("button, a, [tabindex]")?.getBoundingClientRect() ?? null),
          DELAY_MS,
        );
      }}
      onPointerOut={hide}
      onPointerDown={hide}
      onFocus={({ target }) => target.matches(":focus-visible") && setAt(target.getBoundingClientRect())}
      onBlur={hide}
      onKeyDown={({ key }) => key === "Escape" && hide()}
    >
      {cloneElement(children, at ? { "aria-describedby": id } : {})}
      {at && <Popup id={id} at={at} text={text} />}
    </span>
  );
}

function Popup({ id, at, text }: { id: string; at: DOMRect; text: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  // Placed when its size is known, before it is painted.
  const place = (element: HTMLDivElement | null) => {
    box.current = element;
    if (!element) return;
    const { width, height } = element.getBoundingClientRect();
    const left = Math.min(Math.max(GAP_PX, at.left + at.width / 2 - width / 2), innerWidth - width - GAP_PX);
    const below = at.bottom + GAP_PX + height <= innerHeight;
    element.style.translate = `${left}px ${below ? at.bottom + GAP_PX : at.top - GAP_PX - height}px`;
  };
  return createPortal(
    <div
      ref={place}
      id={id}
      role="tooltip"
      className="pointer-events-none fixed top-0 left-0 z-50 w-max max-w-72 rounded-md bg-ink px-2.5 py-1.5 text-xs text-page shadow-lg"
    >
      {text}
    </div>,
    document.body,
  );
}
