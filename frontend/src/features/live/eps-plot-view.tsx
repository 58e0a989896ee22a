import { useEffect, useRef } from "react";
import type { ChartColumns } from "./chart-window.js";
import { createEpsPlot, type EpsPlot } from "./eps-plot.js";
import "uplot/dist/uPlot.min.css";

interface PlotProps {
  columns: ChartColumns;
  toSeconds: number;
  spanSeconds: number;
  label: string;
  onCursor: (index: number | null) => void;
}

/** The chart of events a second, drawn by uPlot. */
export default function EpsPlotView({ columns, toSeconds, spanSeconds, label, onCursor }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<EpsPlot | null>(null);
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const made = createEpsPlot(element, onCursor);
    plot.current = made;
    const resized = new ResizeObserver(() => made.resize(element.clientWidth, element.clientHeight));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [onCursor]);
  useEffect(() => plot.current?.draw(columns, toSeconds - spanSeconds, toSeconds), [columns, toSeconds, spanSeconds]);
  return <div ref={host} role="img" aria-label={label} className="absolute inset-0 overflow-hidden" />;
}
