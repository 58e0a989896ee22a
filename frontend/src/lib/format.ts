/** Numbers, ages and sizes in words. English, because the page is; "–" where there is no figure. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const NO_FIGURE = "–";

/** 1234567 → "1,234,567". */
export const formatCount = (count: number) => whole.format(count);

/** Events a second: "0", "0.5", "12", "1,234". One decimal below 10, where it is the difference between some and none. */
export function formatRate(perSecond: number): string {
  if (perSecond <= 0) return "0";
  if (perSecond < 0.05) return "<0.1";
  return perSecond < 9.95 ? oneDecimal.format(perSecond) : whole.format(perSecond);
}

/** A count in little room: "950", "1.2k", "39k", "1.5M". */
export function formatShort(count: number): string {
  if (count < 1000) return whole.format(count);
  const [value, unit] = count < 999_500 ? [count / 1000, "k"] : [count / 1e6, "M"];
  return `${value < 9.95 ? Number(value.toFixed(1)) : Math.round(value)}${unit}`;
}

/** A part of a whole: "12 %", "<1 %"; of nothing "–". */
export function formatShare(part: number, all: number): string {
  if (all <= 0) return NO_FIGURE;
  const percent = (part / all) * 100;
  return percent > 0 && percent < 1 ? "<1 %" : `${whole.format(percent)} %`;
}

/** Axis labels: "0.5", "950", "1.2k", "3M". */
export function formatAxis(value: number): string {
  const scaled = value >= 1e6 ? [value / 1e6, "M"] : value >= 1000 ? [value / 1000, "k"] : [value, ""];
  return `${Number((scaled[0] as number).toFixed(2))}${scaled[1]}`;
}

/** "0.4 s", "12 s", "3 min 20 s", "2 h 5 min", "4 d 3 h"; null → "–". */
export function formatDuration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return NO_FIGURE;
  if (seconds < 0.05) return "0 s";
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${oneDecimal.format(seconds)} s`;
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return pair(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86_400) return pair(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return pair(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Latency: "0.8 ms", "12 ms", "1.4 s"; null (no samples) → "–". */
export function formatLatency(ms: number | null): string {
  if (ms === null) return NO_FIGURE;
  if (ms < 9.95) return `${oneDecimal.format(ms)} ms`;
  return ms < 999.5 ? `${whole.format(ms)} ms` : formatDuration(ms / 1000);
}

/** Bytes in binary units: "512 B", "12.5 MiB", "1.2 GiB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 99.95 ? whole.format(value) : oneDecimal.format(value)} ${units[power]}`;
}

/** Time since, for lists: "just now", "12 s ago", "5 min ago", "3 h ago", "2 d ago"; what is to come: "in 5 min", "in 1 h 59 min". A minute ahead is clocks that differ. */
export function formatAgo(at: string, nowMs: number): string {
  const s = Math.floor((nowMs - Date.parse(at)) / 1000);
  if (Number.isNaN(s)) return NO_FIGURE;
  if (s < -60) return `in ${untilThen(-s)}`;
  if (s < 2) return "just now";
  return `${largestUnit(s)} ago`;
}

/** To the nearest minute, or hour where it is days: what ends in 1 h 59 min does not end in "1 h". */
function untilThen(s: number): string {
  const unit = s >= 86_400 ? 3_600 : 60;
  return formatDuration(Math.round(s / unit) * unit);
}

function largestUnit(s: number): string {
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  return s < 86_400 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86_400)} d`;
}

/** "1 event", "2 events". */
export const plural = (count: number, one: string, many = `${one}s`) => `${formatCount(count)} ${count === 1 ? one : many}`;
