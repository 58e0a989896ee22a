import type { LedgerSums } from "./ledger-view.js";

/** Identities are written `tenant/eventId`. */
export interface Verdict {
  /** Identities of which at least one body was acknowledged. */
  acknowledged: number;
  /** Identities that never got past "unknown": StreamForge may have them or not. */
  unknown: number;
  /** Documents in `events`, of the journal's tenants. */
  stored: number;
  /** Dead letters in any state. */
  dead: number;
  /** Events in streams and retry sets. */
  inFlight: number;
  /** Acknowledged, yet neither stored, nor a dead letter, nor in flight (each acknowledged body for itself). */
  lost: string[];
  /** Stored more than once. */
  twice: string[];
  /** Stored with other content than the body that was acknowledged first. */
  overwritten: string[];
  /** Stored or dead, but never sent. */
  phantom: string[];
  /** Every answer said that it was refused, and still it is stored. */
  refusedYetStored: string[];
  /** The same body is stored and an open dead letter. */
  storedAndDead: string[];
  pendingEntries: number;
  streamLength: number;
  retrying: number;
  ledger: LedgerSums & { missing: number; problems: string[] };
  /** Nothing of the above is wrong. Says nothing about what is still in flight. */
  ok: boolean;
  /** The verdict for people, with examples of what is wrong. */
  text: string;
}

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
