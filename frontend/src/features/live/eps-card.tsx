import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { getHistory } from "../../api/stats.js";
import { useTheme } from "../../app/theme.js";
import { formatRate, NO_FIGURE } from "../../lib/format.js";
import { formatClock, formatDayMinute, useZone } from "../../lib/zone.js";
import type { Live } from "../../live/use-live.js";
import { Card } from "../../ui/card.js";
import { Segmented } from "../../ui/segmented.js";
import { type ChartColumns, chartColumns, series } from "./chart-window.js";
import { chartWords } from "./words.js";

// The figures are there before the library that draws them (20 kB).
const EpsPlotView = lazy(() => import("./eps-plot-view.js"));

const ranges = [
  { value: "5", label: "5 min" },
  { value: "60", label: "1 h" },
  { value: "1440", label: "24 h" },
] as const;
type Range = (typeof ranges)[number]["value"];

/** Events a second as a moving chart: history for its beginning, the live stream for its end. */
export function EpsCard({ live }: { live: Live }) {
  const [range, setRange] = useState<Range>("5");
  const [cursor, setCursor] = useState<number | null>(null);
  const theme = useTheme();
  const zone = useZone();
  const minutes = Number(range);
  const history = useHistory(minutes, live.comebacks);
  const toSeconds = Math.floor(live.serverNowMs / 1000);
  const columns = useMemo(() => chartColumns(history, live.points, toSeconds, minutes * 60), [history, live.points, toSeconds, minutes]);
  return (
    <Card
      title="Events per second"
      className="h-full"
      aside={<Segmented label="Time shown" value={range} options={ranges} onChange={setRange} />}
    >
      <div className="flex h-full flex-col gap-1">
        <Legend columns={columns} cursor={cursor} long={minutes > 60} />
        <div className="relative -mb-2 min-h-56 flex-1 stale:opacity-55 stale:grayscale">
          <Suspense>
            {/* Made anew when the colours or the zone change: a canvas does not follow the style sheet. */}
            <EpsPlotView
              key={`${theme} ${zone}`}
              columns={columns}
              toSeconds={toSeconds}
              spanSeconds={minutes * 60}
              label={chartWords(live.stats)}
              onCursor={setCursor}
            />
          </Suspense>
        </div>
      </div>
    </Card>
  );
}

/** History anew after every break of the stream, and for the longer spans every 20 s, whose end is otherwise drawn from live points. */
function useHistory(minutes: number, comebacks: number) {
  return useQuery({
    queryKey: ["history", minutes, comebacks],
    queryFn: () => getHistory(minutes),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchInterval: (query) => (query.state.status === "error" ? 3000 : minutes > 5 ? 20_000 : false),
    refetchOnWindowFocus: false,
  }).data;
}

/** Names the lines; under the pointer it shows the figures of that moment, otherwise the last ones. */
function Legend({ columns, cursor, long }: { columns: ChartColumns; cursor: number | null; long: boolean }) {
  const last = columns.at.length - 1;
  const index = cursor !== null && cursor <= last ? cursor : last;
  const at = columns.at[index];
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-ink-2">
      {series.map(({ key, label }) => (
        <span key={key} className="inline-flex items-center gap-1.5">
          <span aria-hidden="true" className={`h-0.5 w-3 rounded-full ${swatches[key]}`} />
          {label}
          <span className="min-w-10 font-medium text-ink stale:text-ink-3">{figure(columns[key][index])}</span>
        </span>
      ))}
      <span className="ml-auto text-ink-3">{at === undefined ? NO_FIGURE : (long ? formatDayMinute : formatClock)(at * 1000)}</span>
    </div>
  );
}

const swatches = { accepted: "bg-accepted", stored: "bg-stored", duplicates: "bg-duplicates", dead: "bg-dead" } as const;
const figure = (value: number | null | undefined) => (value === null || value === undefined ? NO_FIGURE : formatRate(value));
