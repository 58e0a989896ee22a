import { Buffer } from "node:buffer";
import type { FoundFirst, SecondLookDeps, WantedFirst } from "../ingest/second-look.js";
import { readContents } from "../store/contents.js";
import type { Store } from "../store/mongo.js";
import type { AcceptedRecords } from "../stream/accepted-records.js";

/** Where the second look reads what was accepted first: in MongoDB, and in Redis as long as it is on its way. */
export function readFirstEvents(store: Store, accepted: AcceptedRecords): Pick<SecondLookDeps, "decided" | "underway"> {
  return {
    decided: (firsts, timeoutMs) => decided(store, firsts, timeoutMs),
    underway: (firsts, deadlineMs) => underway(accepted, firsts, deadlineMs),
  };
}

async function* decided(store: Store, firsts: WantedFirst[], timeoutMs: number): AsyncGenerator<FoundFirst> {
  const wanted = firsts.map((first) => {
    const id = Buffer.from(first.id, "latin1");
    return first.accepted ? { first, id, hash: first.accepted.hash } : { first, id };
  });
  for await (const { wanted: found, content, bytes } of readContents(store, wanted, timeoutMs))
    yield { wanted: found.first, content, bytes };
}

async function* underway(accepted: AcceptedRecords, firsts: WantedFirst[], deadlineMs: number): AsyncGenerator<FoundFirst> {
  for (const [partition, ofPartition] of Map.groupBy(firsts, (first) => first.partition)) {
    const byReceipt = new Map(ofPartition.flatMap((wanted) => (wanted.accepted ? [[hexOf(wanted.accepted.receipt), wanted]] : [])));
    const wanted = [...byReceipt.values()].flatMap((first) => first.accepted ?? []);
    for await (const { receipt, text, context, receivedAtMs, size } of accepted(partition, wanted, deadlineMs)) {
      const { format, keyName, defaultType } = context;
      const first = byReceipt.get(hexOf(receipt));
      if (first) yield { wanted: first, content: { sent: { text, format, keyName, defaultType, receivedAtMs } }, bytes: size };
    }
  }
}

function hexOf(bytes: Buffer): string {
  return bytes.toString("hex");
}
