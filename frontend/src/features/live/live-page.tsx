import { useTenant } from "../../app/tenant.js";
import { useLive } from "../../live/use-live.js";
import { Page } from "../../ui/page.js";
import { BacklogCard } from "./backlog-card.js";
import { DeadLettersCard } from "./dead-letters-card.js";
import { DependencyStrip } from "./dependency-strip.js";
import { EmptyCard } from "./empty-card.js";
import { EpsCard } from "./eps-card.js";
import { LatencyCard } from "./latency-card.js";
import { PartitionsCard } from "./partitions-card.js";
import { RateTiles } from "./rate-tiles.js";
import { SourcesCard } from "./sources-card.js";
import { VerdictBanner } from "./verdict-banner.js";
import { Warnings } from "./warnings.js";
import { isEmpty } from "./words.js";
import { WorkersCard } from "./workers-card.js";

/** What is happening now, and whether anything was lost: the first page anybody sees. */
export function LivePage() {
  const live = useLive();
  const { stats } = live;
  const tenant = useTenant();
  const stale = live.freshness.kind === "stale";
  return (
    <Page>
      <div data-stale={stale} className="flex flex-col gap-3">
        <h1 className="sr-only">Live</h1>
        <VerdictBanner live={live} />
        {tenant && (
          <p data-testid="tenant-note" className="px-1 text-[13px] text-ink-2">
            Verdict, warnings, rates, backlog and chart are of all tenants; dead letters by cause are of {tenant}.
          </p>
        )}
        <Warnings warnings={stats?.warnings ?? []} />
        <RateTiles stats={stats} />
        <div className="grid gap-3 lg:grid-cols-12">
          <div className="min-h-[clamp(340px,40vh,640px)] min-w-0 lg:col-span-8">
            {stats && isEmpty(stats) ? <EmptyCard /> : <EpsCard live={live} />}
          </div>
          <div className="grid min-w-0 gap-3 sm:grid-cols-2 lg:col-span-4 lg:grid-cols-1">
            <BacklogCard stats={stats} />
            <LatencyCard stats={stats} />
          </div>
        </div>
        <div className="grid gap-3 lg:grid-cols-2">
          <DeadLettersCard open={stats?.deadLetters.open ?? null} tenant={tenant} stale={stale} />
          <div className="flex min-w-0 flex-col gap-3">
            <WorkersCard stats={stats} />
            <SourcesCard stats={stats} />
            <PartitionsCard stats={stats} />
          </div>
        </div>
        <DependencyStrip stats={stats} />
      </div>
    </Page>
  );
}
