import type { Verdict } from "./audit.js";

const EXAMPLES = 5;

/** A verdict in lines for people: the numbers, then what is wrong with a few examples each. */
export function describe(verdict: Verdict): string {
  const { ledger } = verdict;
  const lines = [
    `${verdict.ok ? "OK" : "NOT OK"}: ${verdict.acknowledged} acknowledged, ${verdict.stored} stored, ${verdict.dead} dead letters, ${verdict.inFlight} in flight, ${verdict.unknown} unknown`,
    `lost ${verdict.lost.length}, twice ${verdict.twice.length}, overwritten ${verdict.overwritten.length}, phantom ${verdict.phantom.length}`,
    `ledger: accepted ${ledger.accepted} = stored ${ledger.stored} + duplicate ${ledger.duplicate} + dead ${ledger.dead} + in flight ${verdict.inFlight}, missing ${ledger.missing}`,
    `streams hold ${verdict.streamLength} entries (${verdict.pendingEntries} pending), ${verdict.retrying} events wait for a retry`,
  ];
  const named: [string, string[]][] = [
    ["lost", verdict.lost],
    ["twice", verdict.twice],
    ["overwritten", verdict.overwritten],
    ["stored but never sent", verdict.phantom],
    ["refused yet stored", verdict.refusedYetStored],
    ["stored and an open dead letter", verdict.storedAndDead],
    ["ledger", ledger.problems],
  ];
  for (const [what, list] of named) {
    if (list.length === 0) continue;
    const more = list.length > EXAMPLES ? ` … and ${list.length - EXAMPLES} more` : "";
    lines.push(`  ${what}: ${list.slice(0, EXAMPLES).join(", ")}${more}`);
  }
  return lines.join("\n");
}
