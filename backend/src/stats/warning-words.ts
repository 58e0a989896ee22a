import type { Warning } from "./situation.js";

export function warning(code: string, message: string, action: string): Warning {
  return { code, severity: "warning", message, action };
}

export function critical(code: string, message: string, action: string): Warning {
  return { code, severity: "critical", message, action };
}

/** A duration in words, rounded. */
export function seconds(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 120) return `${s} s`;
  return s < 7_200 ? `${Math.round(s / 60)} min` : `${Math.round(s / 3_600)} h`;
}

/** Date and time with their zone, in the one form that the dashboard finds in sentences and says in the reader's zone. */
export function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
