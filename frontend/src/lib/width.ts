import { type RefObject, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";

/** How wide an element is, in rem, so that it follows the reader's font size; undefined before it is on the page. */
export function useWidthRem(element: RefObject<HTMLElement | null>): number | undefined {
  const [width, setWidth] = useState<number>();
  useLayoutEffect(() => {
    const node = element.current;
    if (!node) return;
    const measure = () => setWidth(node.offsetWidth / Number.parseFloat(getComputedStyle(document.documentElement).fontSize));
    measure();
    // At once: what depends on the width must not be painted in its old shape first.
    const observer = new ResizeObserver(() => flushSync(measure));
    observer.observe(node);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
