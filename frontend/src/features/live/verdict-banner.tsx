import type { Live } from "../../live/use-live.js";
import { Verdict } from "../../ui/verdict.js";
import { verdictOf } from "./words.js";

/** The headline: is anything missing? */
export function VerdictBanner({ live }: { live: Live }) {
  const verdict = live.stats && verdictOf(live.stats, live.freshness);
  return <Verdict loading={!verdict} tone={verdict?.tone} headline={verdict?.headline} detail={verdict?.sentence} />;
}
