import type { Stats } from "@streamforge/shared";
import { Gauge, type Registry } from "prom-client";

const CIRCUIT = { closed: 0, "half-open": 1, open: 2 } as const;

/** The metrics that only a view of the whole can give, read from the snapshot when they are scraped. */
export function registerStatsGauges(registry: Registry, current: () => Stats, mostHours: () => number): void {
  const gauge = (name: string, help: string, read: (stats: Stats) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(current()));
      },
    });
  };
  gauge("streamforge_stream_backlog_events", "Events accepted and not yet settled", ({ backlog }) => backlog.events);
  gauge("streamforge_outbox_backlog", "Events accepted and not yet settled (older name)", ({ backlog }) => backlog.events);
  gauge(
    "streamforge_oldest_event_age_seconds",
    "Age of the oldest unsettled event; 0 when there is none",
    ({ backlog }) => backlog.oldestAgeSeconds ?? 0,
  );
  gauge("streamforge_dlq_size", "Open dead letters", ({ deadLetters }) => deadLetters.open);
  gauge(
    "streamforge_ledger_missing_events",
    "Events of closed minutes that are neither stored, duplicate nor dead, and not acknowledged",
    ({ ledger }) => ledger.missing,
  );
  gauge(
    "streamforge_ledger_unacknowledged_alarms",
    "Losses that nobody has acknowledged; above 0 nothing is called complete",
    ({ ledger }) => ledger.alarms.length,
  );
  gauge("streamforge_ledger_lost_events_bound", "Most accepted events that unacknowledged losses of Redis can have cost", ({ ledger }) =>
    ledger.alarms.filter(({ kind }) => kind !== "events-missing").reduce((sum, { upTo }) => sum + upTo, 0),
  );
  gauge("streamforge_circuit_state", "0 closed, 1 half-open, 2 open; the worst of all workers", ({ workers }) =>
    Math.max(0, ...workers.filter(({ alive }) => alive).map(({ circuit }) => CIRCUIT[circuit])),
  );
  gauge("streamforge_event_hours_max", "Hours in which the events of the tenant with the most of them lie", () => mostHours());
}
